import type { BothWays } from './chart.ts'

/** The vertical axis: in upwards from zero, out downwards. */
export interface RateAxis {
  /** How far it reaches each way, per second. */
  readonly reach: BothWays<number>
  /** Out is negative here, but not on its labels. */
  readonly ticks: readonly { readonly value: number; readonly label: string }[]
  /** Of the labels: `Mb/s`. */
  readonly unit: string
}

/** Neither way gets less than this part of the axis: its name needs the room, and an idle way is news too. */
const LEAST_SHARE = 0.13
/** Above the greatest value. */
const HEADROOM = 1.03
/** Pixels from tick to tick. */
const TICK_ROOM = 34
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E']

/** An axis that holds these greatest rates (per second), `height` pixels tall. */
export function rateAxis(greatest: BothWays<number>, unit: string, height: number): RateAxis {
  const most = Math.max(greatest.in, greatest.out) || 1
  const least = (most * LEAST_SHARE) / (1 - LEAST_SHARE)
  const reach = {
    in: Math.max(greatest.in, least) * HEADROOM,
    out: Math.max(greatest.out, least) * HEADROOM,
  }
  const step = niceStep(((reach.in + reach.out) * TICK_ROOM) / height)
  const prefix = Math.max(0, Math.min(PREFIXES.length - 1, Math.floor(Math.log10(most) / 3)))
  const ticks = Array.from({ length: Math.floor(reach.in / step) + Math.floor(reach.out / step) + 1 }, (_, index) => {
    const value = (index - Math.floor(reach.out / step)) * step
    return { value, label: String(Number((Math.abs(value) / 1000 ** prefix).toPrecision(6))) }
  })
  return { reach, ticks, unit: PREFIXES[prefix] + unit }
}

/** The smallest of 1, 2, 5, 10, 20 … that is not less. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return ([1, 2, 5].find((digit) => digit * power >= least) ?? 10) * power
}
