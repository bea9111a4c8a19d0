/**
 * Per second, one a point; NaN: nobody measured. That is a gap, neither a zero nor a line across, and what is reckoned with it
 * is unknown as well. Columns of bytes, since a large site has a hundred million of them: nothing in them has to be looked through for garbage.
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
  return new Float64Array(points).fill(Number.NaN)
}

/** The rates of the points that are known. */
export function knownOnly(rates: Rates): Rates {
  const known = new Float64Array(rates.length)
  let count = 0
  for (const rate of rates) if (!Number.isNaN(rate)) known[count++] = rate
  return known.subarray(0, count)
}
