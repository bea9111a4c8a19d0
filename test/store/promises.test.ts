import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/* The table of promises in ingest/store/README.md: each row names the tests that hold it, and they exist. */

const ROOT = new URL('../../', import.meta.url).pathname
const NUMBERS = [...Array.from({ length: 21 }, (_, at) => at + 1), 32, 33, 34, 35]

const rows = readFileSync(join(ROOT, 'ingest/store/README.md'), 'utf8')
  .split('\n## Promises\n')[1]!
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => {
    const [number, , , tests, figure] = line.slice(2, -2).split(' | ') as [string, string, string, string, string]
    return { number: Number(number), tests: tests.split('<br>'), figure }
  })

/** The title of a test as the table writes it: `…` for what is filled in. */
function titlesIn(source: string): string[] {
  const calls = source.matchAll(/\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1\s*,/g)
  return [...calls].map(([, , title]) => title!.replace(/\$\{[^}]*\}|\$\w+(\.\w+)*|%\w/g, '…').replace(/\\(.)/g, '$1'))
}

test('every promise has its row, in order', () => {
  expect(rows.map(({ number }) => number)).toEqual(NUMBERS)
})

test.each(rows)('promise $number is held by tests that exist', ({ tests }) => {
  for (const told of tests) {
    const [, file, title] = /^`(test\/[\w/.-]+)` \*(.+)\*$/.exec(told) ?? [told]
    expect(title, told).toBeDefined()
    expect(existsSync(join(ROOT, file!)), file).toBe(true)
    expect(titlesIn(readFileSync(join(ROOT, file!), 'utf8')), file).toContain(title)
  }
})

test.each(rows)('promise $number has a figure: of each run of the tests, or of a record that exists', ({ figure }) => {
  expect(figure).toMatch(/\S/)
  for (const [, record] of figure.matchAll(/`(test\/\S+\.md)`/g))
    expect(existsSync(join(ROOT, record!)), record).toBe(true)
})
