import { OTHER } from '../ingest/model/cell.ts'
import type { Measure } from '../ingest/model/measure.ts'
import type { Measured } from './cells.ts'
import { createColumn } from './charts/column.ts'
import { type Rates, sumOf } from './charts/rates.ts'
import { OTHER_COLOR } from './charts/theme.ts'
import { totalBothWays } from './figures.ts'

/**
 * More layers than this are hard to tell apart, and make a page heavy: the smallest go into one. Packets and flows are
 * looked at for their shape; their tables hold everybody.
 */
export const MOST_LAYERS = { octets: 8, packets: 4, flows: 4 } as const
/** Ids hold no `_`. */
export const REST = '_rest'

/** A member as it is drawn. */
export interface DrawnLayer {
  readonly id: string
  readonly label: string
  readonly color: string
  readonly in: Rates
  readonly out: Rates
}

/** The busiest first, at the bottom of the stack; `other` always last. */
export function sortByVolume<L extends { readonly id: string; readonly cell: string }>(
  measured: Measured,
  measure: Measure,
  layers: readonly L[],
): L[] {
  const volumes = new Map(layers.map(({ cell }) => [cell, Number(totalBothWays(measured, cell, measure))]))
  return [...layers].sort(
    (a, b) => Number(a.id === OTHER) - Number(b.id === OTHER) || volumes.get(b.cell)! - volumes.get(a.cell)!,
  )
}

/** What the layers leave of the total; `null` when they leave nothing worth a mention. */
export function restOf(total: Pick<DrawnLayer, 'in' | 'out'>, layers: readonly DrawnLayer[]): DrawnLayer | null {
  const left = (way: 'in' | 'out') =>
    leftOf(
      total[way],
      layers.map((layer) => layer[way]),
    )
  const rest = { id: REST, label: 'everything else', color: OTHER_COLOR, in: left('in'), out: left('out') }
  return sumOf(rest.in) + sumOf(rest.out) > (sumOf(total.in) + sumOf(total.out)) / 1000 ? rest : null
}

/** Rates have no more than three decimals; what is left of them has none of its own. */
function toThousandth(rate: number): number {
  return Number.isInteger(rate) ? rate : Math.round(rate * 1000) / 1000
}

/** Unknown where the whole is; where a part is, it takes nothing. */
function leftOf(whole: Rates, parts: readonly Rates[]): Rates {
  const left = createColumn(whole.length)
  for (let point = 0; point < left.length; point++) {
    let rest = whole[point]!
    for (const part of parts) rest -= part[point] || 0
    left[point] = Math.max(0, toThousandth(rest))
  }
  return left
}
