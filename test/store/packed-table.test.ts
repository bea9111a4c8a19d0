import { expect, test } from 'vitest'
import {
  addPacked,
  cellFromBytes,
  chooseCells,
  joinCells,
  packedTable,
  textOf,
} from '../../ingest/store/packed-table.ts'
import { createTable, denseSeries, type TableJson } from '../../ingest/store/series-table.ts'

const HUGE = '9007199254740993'
const FROM = Date.parse('2026-11-23T00:00:00Z') / 1000
const series = (at: number, ...octets: (number | string)[]) => ({ at, octets, packets: octets, flows: octets })
const COARSE = { ...series(0, 5), max: { octets: [3], packets: [3], flows: [3] } }
const CELLS = {
  'network/a': { in: series(1, 10, 20) },
  'network/a,service/b': { in: COARSE, internal: COARSE },
  'network/old': { in: series(2, 1), out: series(0, HUGE) },
  total: { in: series(1, 10, 20), out: series(3, 7) },
}
const TABLE = {
  step: '5m',
  from: '2026-11-23T00:00:00Z',
  points: 288,
  known: [300, 300, 300, 300, ...new Array(284).fill(0)],
  counted: [{ of: ['network/a', 'network/old'] }],
  cells: CELLS,
} satisfies TableJson

const pack = (cells: object = CELLS) => packedTable(Buffer.from(JSON.stringify({ ...TABLE, cells })))

test('a table is read but for its cells, and each cell by itself, to the byte', () => {
  const { cells, ...rest } = pack()
  expect({ ...rest, cells: Object.fromEntries([...cells].map(([name, each]) => [name, cellFromBytes(each)])) }).toEqual(
    TABLE,
  )
  for (const [name, bytes] of cells) expect(textOf(bytes)).toBe(JSON.stringify(CELLS[name as 'total']))
  expect(pack({}).cells.size).toBe(0)
})

test('only the points that lie within a table are put there', () => {
  const table = createTable('5m', FROM + 600, 2)
  addPacked(table, pack(), { wants: (cell) => cell === 'total' })
  expect(table.known).toEqual([300, 300])
  expect([...table.counted]).toEqual([['["network/a","network/old"]', [300, 300]]])
  expect([...table.cells.keys()]).toEqual(['total'])
  expect(denseSeries(table).cells.get('total')!.in!.sum.octets).toEqual([20, 0])
  expect(denseSeries(table).cells.get('total')!.out!.sum.octets).toEqual([0, 7])
  const wide = createTable('5m', FROM - 600, 5)
  addPacked(wide, pack())
  expect(wide.known).toEqual([0, 0, 300, 300, 300])
  expect(denseSeries(wide).cells.get('network/old')!.out!.sum.octets).toEqual([0, 0, BigInt(HUGE), 0, 0])
})

test('cells that have one name today are added up', () => {
  const packed = pack()
  const rename = (cell: string) => cell.replace('network/old', 'network/a')
  const chosen = chooseCells(packed, { rename, wants: (cell) => cell !== 'total' })
  expect(chosen.map(([name, stored]) => [name, stored.length])).toEqual([
    ['network/a', 2],
    ['network/a,service/b', 1],
  ])
  expect(joinCells(packed, chosen[0]![1])).toEqual({ in: series(1, 10, 21), out: series(0, HUGE) })
})

test('what a newer flowscan wrote is told by its schema, however its cells look', () => {
  expect(packedTable(Buffer.from('{"schema":9,"rows":[]}'))).toHaveProperty('schema', 9)
  expect(packedTable(Buffer.from('{"schema":9,"cells":{"total":[1]}}'))).toHaveProperty('schema', 9)
})
