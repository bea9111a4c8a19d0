import type { BothWays } from '../../site/charts/chart.ts'
import { type Rates, ratesFrom } from '../../site/charts/rates.ts'

/** Rates in and out as a test writes them down: `null` where nobody measured. */
export function bothWays(inward: Iterable<number | null>, out: Iterable<number | null>): BothWays<Rates> {
  return { in: ratesFrom(inward), out: ratesFrom(out) }
}
