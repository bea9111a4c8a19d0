import { expect, test } from 'vitest'
import type { SeriesCells } from '../../ingest/model/series.ts'
import { createCompactCells } from '../../ingest/store/compact-cells.ts'
import { addCell, type CellJson, createTable, denseSeries } from '../../ingest/store/series-table.ts'

const LENGTH = 6
const counts = (...octets: (number | string)[]) => ({
  octets,
  packets: octets.map((_, at) => at + 1),
  flows: octets.map(() => 1),
})

test.each([
  { name: 'small counts', given: [{ at: 1, cell: counts(5, 0, 7) }] },
  {
    name: 'counts beyond 32 bits',
    given: [{ at: 0, cell: counts(4_294_967_295, 4_294_967_296, 9_007_199_254_740_991) }],
  },
  { name: 'counts beyond 2^53', given: [{ at: 2, cell: counts(3, '9007199254740993', 4) }] },
  {
    name: 'windows that overlap it',
    given: [
      { at: -2, cell: counts(1, 2, 3, 4) },
      { at: 4, cell: counts(5, 6, 7) },
    ],
  },
  {
    name: 'cells of one name, which add up',
    given: [
      { at: 1, cell: counts(4_000_000_000) },
      { at: 1, cell: counts(4_000_000_000) },
    ],
  },
])('$name are the same in little room', ({ given }) => {
  for (const step of ['5m', '30m'] as const) {
    const table = createTable(step, 0, LENGTH)
    const compact = createCompactCells(step, LENGTH)
    for (const { at, cell } of given) {
      const json: CellJson = { in: { at: 0, ...cell, ...(step === '30m' && { max: cell }) } }
      addCell(table, 'total', json, at)
      compact.add('total', json, at)
    }
    expect([...compact.keys()]).toEqual(['total'])
    expect(asArrays(compact, 'total')).toEqual(asArrays(denseSeries(table).cells, 'total'))
  }
})

test('of a cell that is not there nothing is told', () => {
  expect(createCompactCells('5m', LENGTH).get('total')).toBeUndefined()
})

function asArrays(cells: SeriesCells, name: string) {
  const { sum, max } = cells.get(name)!.in!
  return [sum, max].map(({ octets, packets, flows }) => [octets, packets, flows].map((column) => Array.from(column)))
}
