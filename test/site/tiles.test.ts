import { expect, test } from 'vitest'
import { newestSlot } from '../../ingest/store/part.ts'
import { tilesOf } from '../../site/pages/tiles.ts'
import { createTrafficReader, type RangeName } from '../../site/traffic.ts'
import { configOf, part, store } from './stored.ts'

function tiles(range: RangeName, cell?: string) {
  const config = configOf()
  store(config, ...Array.from({ length: 6 }, (_, at) => part(at, { http: [3000, 300], dns: [1000, 0] })))
  const traffic = createTrafficReader(config.data, newestSlot(config.data)).read(range)
  return tilesOf(traffic, cell).map(({ label, ways }) => ({
    label,
    more: ways.map(({ more }) => more.replace(/\s/g, ' ')),
  }))
}

test('the total of a member has its share of all that moved the same way, that of all traffic has none', () => {
  expect(tiles('day', 'service/http').at(-1)).toEqual({ label: 'Total, share of all', more: ['75.0 %', '100 %'] })
  expect(tiles('day').at(-1)).toEqual({ label: 'Total', more: ['', ''] })
})

test('a percentile of longer points is not called that of five minutes', () => {
  expect(tiles('day')[3]!.label).toBe('95th percentile')
  expect(tiles('week')[3]!.label).toBe('95th of 30 minutes')
})
