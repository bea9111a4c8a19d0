import type { Series } from '../model/series.ts'
import { STEPS, type StepName } from '../model/time.ts'
import { readPackedTable } from './derive.ts'
import { addPacked } from './packed-table.ts'
import { type CellChoice, createTable, denseSeries } from './series-table.ts'
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
    const stored = readPackedTable(data, step, window.name)
    if (stored !== null) addPacked(table, stored, choice)
  }
  return denseSeries(table)
}
