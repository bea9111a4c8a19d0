import { DIRECTIONS } from '../model/direction.ts'
import type { CellSeries, DirectionSeries, Series } from '../model/series.ts'
import { STEPS, type StepName } from '../model/time.ts'
import { readTable } from './derive.ts'
import { type CellChoice, createTable, replaceStretch, type SeriesTable } from './series-table.ts'
import { windowsBetween } from './windows.ts'

/**
 * What is stored from `from` up to `to` (unix seconds; widened to whole points). Where nothing is stored, `known` is 0:
 * nobody measured.
 */
export function readSeries(
  data: string,
  step: StepName,
  { from, to }: { from: number; to: number },
  choice: CellChoice = {},
): Series {
  const width = STEPS[step]
  const start = Math.floor(from / width) * width
  const table = createTable(step, start, Math.max(0, Math.ceil((to - start) / width)))
  for (const window of windowsBetween(step, start, to)) {
    const stored = readTable(data, step, window.name, choice)
    if (stored !== null) replaceStretch(table, cut(stored.table, start, start + table.length * width))
  }
  return table as SeriesTable & Series
}

/** The points of a table between two moments. */
function cut(table: SeriesTable, from: number, to: number): SeriesTable {
  const width = STEPS[table.step]
  const first = Math.max(0, (from - table.from) / width)
  const end = Math.min(table.length, (to - table.from) / width)
  if (first === 0 && end === table.length) return table
  const cells = new Map([...table.cells].map(([name, cell]) => [name, cutCell(cell as CellSeries, first, end)]))
  return {
    step: table.step,
    from: table.from + first * width,
    length: end - first,
    known: table.known.slice(first, end),
    counted: new Map([...table.counted].map(([key, seconds]) => [key, seconds.slice(first, end)])),
    quality: new Map([...table.quality].map(([flaw, flows]) => [flaw, flows.slice(first, end)])),
    cells: cells as SeriesTable['cells'],
  }
}

function cutCell(cell: CellSeries, first: number, end: number): CellSeries {
  const columns = ({ octets, packets, flows }: DirectionSeries['sum']) => ({
    octets: octets.slice(first, end),
    packets: packets.slice(first, end),
    flows: flows.slice(first, end),
  })
  return Object.fromEntries(
    DIRECTIONS.flatMap((direction) => {
      const series = cell[direction]
      return series === undefined ? [] : [[direction, { sum: columns(series.sum), max: columns(series.max) }]]
    }),
  )
}
