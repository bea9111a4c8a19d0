import type { Series, SeriesCells } from '../model/series.ts'
import { STEPS, type StepName } from '../model/time.ts'
import { createCompactCells } from './compact-cells.ts'
import { readPackedTable } from './derive.ts'
import { addPacked, cellFromBytes, type PackedTable } from './packed-table.ts'
import { addHead, type CellChoice, createTable, denseSeries } from './series-table.ts'
import { windowsBetween } from './windows.ts'

/**
 * What is stored from `from` up to `to` (unix seconds; widened to whole points). Where nothing is stored, `known` is 0:
 * nobody measured.
 */
export function readSeries(data: string, step: StepName, stretch: Stretch, choice: CellChoice = {}): Series {
  const table = emptyTable(step, stretch)
  for (const { stored } of storedWithin(data, step, stretch)) addPacked(table, stored, choice)
  return denseSeries(table)
}

/** The same of every cell, for whoever looks at them one after the other: cells take little room, and are put together when they are asked for. */
export function readCompactSeries(
  data: string,
  step: StepName,
  stretch: Stretch,
  rename?: (cell: string) => string,
): Omit<Series, 'cells'> & { readonly cells: SeriesCells } {
  const table = emptyTable(step, stretch)
  const cells = createCompactCells(step, table.length)
  for (const { stored, from } of storedWithin(data, step, stretch)) {
    const offset = (from - table.from) / STEPS[step]
    addHead(table, stored, rename, offset)
    for (const [name, bytes] of stored.cells)
      cells.add(rename === undefined ? name : rename(name), cellFromBytes(bytes), offset)
  }
  return { ...table, cells }
}

interface Stretch {
  readonly from: number
  readonly to: number
}

function emptyTable(step: StepName, { from, to }: Stretch): ReturnType<typeof createTable> {
  const start = startOf(step, from)
  return createTable(step, start, Math.max(0, Math.ceil((to - start) / STEPS[step])))
}

function startOf(step: StepName, from: number): number {
  return Math.floor(from / STEPS[step]) * STEPS[step]
}

/** One window after the other; `from`: where it begins, unix seconds. */
function* storedWithin(
  data: string,
  step: StepName,
  { from, to }: Stretch,
): Generator<{ stored: PackedTable; from: number }> {
  for (const window of windowsBetween(step, startOf(step, from), to)) {
    const stored = readPackedTable(data, step, window.name)
    if (stored !== null) yield { stored, from: window.from }
  }
}
