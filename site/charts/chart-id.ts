import { createHash } from 'node:crypto'
import type { StackedChart } from './chart.ts'

/** Names what a chart shows: the same chart has the same, another one another. */
export function chartId(chart: StackedChart): string {
  const known = ids.get(chart) ?? createHash('sha256').update(JSON.stringify(chart)).digest('hex').slice(0, 10)
  ids.set(chart, known)
  return known
}
const ids = new WeakMap<StackedChart, string>()
