import type { BothWays } from './chart.ts'

/** The vertical axis: in upwards from zero, out downwards. */
export interface RateAxis {
  /** Out is negative here, but not on its labels. */
  readonly ticks: readonly { readonly value: number; readonly label: string }[]
  /** Of the labels: `Mb/s`. */
  readonly unit: string
}

/** Pixels from tick to tick. */
const TICK_ROOM = 30
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E']

/** The ticks of an axis that reaches so far each way (per second) and is `height` pixels tall. */
export function rateAxis(reach: BothWays<number>, unit: string, height: number): RateAxis {
  const step = niceStep(((reach.in + reach.out) * TICK_ROOM) / height)
  const [above, below] = [Math.floor(reach.in / step), Math.floor(reach.out / step)]
  const prefix = prefixOf(Math.max(above, below) * step)
  const ticks = Array.from({ length: below + 1 + above }, (_, index) => {
    const value = (index - below) * step
    return { value, label: String(Number((Math.abs(value) / 1000 ** prefix).toPrecision(6))) }
  })
  return { ticks, unit: PREFIXES[prefix] + unit }
}

/** The smallest of 1, 2, 2.5, 5, 10, 20 … that is not less. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return ([1, 2, 2.5, 5].find((digit) => digit * power >= least) ?? 10) * power
}

/** How often a thousand goes into the rate. */
function prefixOf(rate: number): number {
  return Math.max(0, Math.min(PREFIXES.length - 1, Math.floor(Math.log10(rate * 1.000001) / 3)))
}
