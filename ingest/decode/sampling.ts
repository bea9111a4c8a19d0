import type { Warnings } from './warnings.ts'

/** What the config allows too. */
const MOST = 1_000_000

/** The sampling rate that a file tells, as far as it is believed. */
export function believedRate(rate: number, warnings: Warnings): number {
  if (rate <= MOST) return rate
  warnings.add('sampling', `a sampling rate of ${rate} is not believed; ${MOST} counts in its place`)
  return MOST
}
