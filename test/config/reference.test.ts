import { expect, test } from 'vitest'
import { describeConfig } from '../../ingest/config/reference.ts'

const text = describeConfig()
/** The cells of each row of the table under a heading. */
const rows = (heading: string) =>
  text
    .split(/^## /m)
    .find((section) => section.startsWith(heading))!
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) => line.slice(2, -2).split(' | '))

test('README.md beside the schema is what the schema says', async () => {
  await expect(text).toMatchFileSnapshot('../../ingest/config/README.md')
})

test('every key has a meaning', () => {
  expect(rows('Keys').length).toBeGreaterThanOrEqual(30)
  for (const [key, written, , meaning] of rows('Keys')) expect([key, written, meaning].every(Boolean), key).toBe(true)
})

test('every directive of CUFlow is there, with keys that exist', () => {
  const directives =
    'Subnet Network Router SampleRate Service Protocol TOS ASNumber Multicast OutputDir Scoreboard AggregateScore'
  expect(rows('From CUFlow').map(([directive]) => directive)).toEqual(directives.split(' '))
  const keys = rows('Keys').map(([key]) => key)
  for (const [, key] of rows('From CUFlow'))
    for (const [named] of key!.matchAll(/`[^`.]+(\.\w+)?`/g)) expect(keys).toContain(named)
})
