import { knownOf } from '../ingest/model/counted.ts'
import { addCounters, type Counter, maxCounter } from '../ingest/model/counter.ts'
import type { Direction } from '../ingest/model/direction.ts'
import type { Measure } from '../ingest/model/measure.ts'
import { SLOT_SECONDS } from '../ingest/model/time.ts'
import { cellOf, type Measured } from './cells.ts'
import { createColumn } from './charts/column.ts'
import { knownOnly, type Rates } from './charts/rates.ts'
import { SHOWN } from './units.ts'

/** What a table tells of one cell and direction over a range. Rates per second; `null`: nothing was measured in it. */
export interface Figures {
  /** The last point that is known. */
  readonly now: number | null
  readonly min: number | null
  /** All that was counted, over the seconds that were measured. */
  readonly average: number | null
  /** The greatest five minutes, whatever the width of a point. */
  readonly max: number | null
  /** Nearest rank over the points that are known. */
  readonly percentile95: number | null
  /** Octets, packets or flows counted in the points that are known. */
  readonly total: Counter | null
}

/** The rates of a cell: whole bits; packets and flows to a thousandth. A point of which only some slots were measured shows the rate of these. */
export function ratesOf(measured: Measured, cell: string, direction: Direction, measure: Measure): Rates {
  const sums = cellOf(measured, cell)[direction]?.sum[measure]
  return ratesBy(knownOf(measured, cell), (seconds, point) => rate(sums?.[point] ?? 0, seconds, measure))
}

/** The greatest five-minute rate within each point. */
export function peaksOf(measured: Measured, cell: string, direction: Direction, measure: Measure): Rates {
  const peaks = cellOf(measured, cell)[direction]?.max[measure]
  return ratesBy(knownOf(measured, cell), (_, point) => rate(peaks?.[point] ?? 0, SLOT_SECONDS, measure))
}

/** `known`: seconds of each point; where it is 0, nothing was measured. */
function ratesBy(known: readonly number[], rateOf: (seconds: number, point: number) => number): Rates {
  const rates = createColumn(known.length)
  for (let point = 0; point < known.length; point++)
    rates[point] = known[point] === 0 ? Number.NaN : rateOf(known[point]!, point)
  return rates
}

function rate(count: Counter, seconds: number, measure: Measure): number {
  return roundRate((Number(count) * SHOWN[measure].perCount) / seconds, measure)
}

function roundRate(perSecond: number, measure: Measure): number {
  return measure === 'octets' ? Math.round(perSecond) : Math.round(perSecond * 1000) / 1000
}

export function figuresOf(measured: Measured, cell: string, direction: Direction, measure: Measure): Figures {
  const known = figured.get(measured) ?? new Map<string, Figures>()
  figured.set(measured, known)
  const key = `${cell} ${direction} ${measure}`
  const figures = known.get(key) ?? computeFigures(measured, cell, direction, measure)
  known.set(key, figures)
  return figures
}

/** Pages ask for the same figures again and again: a member's stand on its own page, its dimension's and the overview. */
const figured = new WeakMap<Measured, Map<string, Figures>>()

function computeFigures(measured: Measured, cell: string, direction: Direction, measure: Measure): Figures {
  const rates = knownOnly(ratesOf(measured, cell, direction, measure))
  if (rates.length === 0) return { now: null, min: null, average: null, max: null, percentile95: null, total: null }
  const total = totalOf(measured, cell, direction, measure)
  return {
    now: rates.at(-1)!,
    min: rates.reduce((least, each) => Math.min(least, each)),
    average: rate(total, knownSeconds(measured, cell), measure),
    max: rate(greatest(measured, cell, direction, measure), SLOT_SECONDS, measure),
    percentile95: percentile95Of(rates),
    total,
  }
}

/** Nearest rank over the points that are known; `null` when none is. */
export function percentile95Of(rates: Rates): number | null {
  const sorted = knownOnly(rates).sort()
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? null
}

function totalOf(measured: Measured, cell: string, direction: Direction, measure: Measure): Counter {
  return overKnown(measured, cell, cellOf(measured, cell)[direction]?.sum[measure], addCounters)
}

function greatest(measured: Measured, cell: string, direction: Direction, measure: Measure): Counter {
  return overKnown(measured, cell, cellOf(measured, cell)[direction]?.max[measure], maxCounter)
}

/** The counts of the points that are known, taken together. */
function overKnown(
  measured: Measured,
  cell: string,
  counts: ArrayLike<Counter> = [],
  both: (a: Counter, b: Counter) => Counter,
): Counter {
  const known = knownOf(measured, cell)
  let all: Counter = 0
  for (let point = 0; point < counts.length; point++) if (known[point] !== 0) all = both(all, counts[point]!)
  return all
}

/** For how long a cell is known. */
export function knownSeconds(measured: Pick<Measured, 'known' | 'counted'>, cell: string): number {
  return knownOf(measured, cell).reduce((sum, seconds) => sum + seconds, 0)
}

/** A part of a whole, 0 to 1; `null` when there is no whole. */
export function shareOf(part: Counter, whole: Counter): number | null {
  return Number(whole) === 0 ? null : Number(part) / Number(whole)
}

/** In and out together. */
export function totalBothWays(measured: Measured, cell: string, measure: Measure): Counter {
  const total = (direction: Direction) => figuresOf(measured, cell, direction, measure).total ?? 0
  return addCounters(total('in'), total('out'))
}

/** In and out together, in octets. */
export function volumeOf(measured: Measured, cell: string): Counter {
  return totalBothWays(measured, cell, 'octets')
}
