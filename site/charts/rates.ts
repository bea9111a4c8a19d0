import { createColumn } from './column.ts'

/**
 * Per second, one a point; NaN: nobody measured. That is a gap, neither a zero nor a line across, and what is reckoned with it
 * is unknown as well. A column of bytes, for a build draws tens of millions of points, and nothing in it has to be
 * looked through for garbage.
 */
export type Rates = Float64Array

/** A point's rate; `null`: nobody measured, or there is no such point. */
export function rateAt(rates: Rates, point: number): number | null {
  const rate = rates[point]
  return rate === undefined || Number.isNaN(rate) ? null : rate
}

export function ratesFrom(rates: Iterable<number | null>): Rates {
  return Float64Array.from(rates, (rate) => rate ?? Number.NaN)
}

export function unknownRates(points: number): Rates {
  return createColumn(points).fill(Number.NaN)
}

/** The rates of the points that are known. */
export function knownOnly(rates: Rates): Rates {
  const known = createColumn(rates.length)
  let count = 0
  for (let point = 0; point < rates.length; point++) if (!Number.isNaN(rates[point])) known[count++] = rates[point]!
  return known.subarray(0, count)
}

/** Of the points that are known. */
export function sumOf(rates: Rates): number {
  let sum = 0
  for (let point = 0; point < rates.length; point++) sum += rates[point] || 0
  return sum
}

/** Of the points that are known; 0 when none is. */
export function greatestOf(rates: Rates): number {
  let most = 0
  for (let point = 0; point < rates.length; point++) if (rates[point]! > most) most = rates[point]!
  return most
}
