import { createHash } from 'node:crypto'
import type { StackedChart } from './chart.ts'

/** Names what a chart shows: the same chart has the same, another one another. */
export function chartId(chart: StackedChart): string {
  const known = ids.get(chart) ?? hashOf(chart)
  ids.set(chart, known)
  return known
}
const ids = new WeakMap<StackedChart, string>()

/** Rates as their bytes: to write ten thousand of them down takes much longer. */
function hashOf({ layers, total, peak, before, ...head }: StackedChart): string {
  const ways = [...layers, total, peak, before].filter((each) => each !== undefined)
  const names = layers.map(({ in: _in, out: _out, ...layer }) => layer)
  const hash = createHash('sha256').update(JSON.stringify([head, names, peak === undefined, before === undefined]))
  for (const { in: inward, out } of ways) hash.update(inward).update(out)
  return hash.digest('hex').slice(0, 10)
}
