/** A whole number of any size: a plain number as long as that is exact, else a bigint. In JSON: a decimal string beyond 2^53 - 1. */
export type Counter = number | bigint

/** Exact sum. */
export function addCounters(a: Counter, b: Counter): Counter {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (sum <= Number.MAX_SAFE_INTEGER) return sum
  }
  return narrow(BigInt(a) + BigInt(b))
}

export function maxCounter(a: Counter, b: Counter): Counter {
  return b > a ? b : a
}

/** What JSON holds for a counter, and back. */
export function counterToJson(counter: Counter): number | string {
  return typeof counter === 'number' ? counter : counter.toString()
}

export function counterFromJson(json: number | string): Counter {
  return typeof json === 'number' ? json : narrow(BigInt(json))
}

function narrow(value: bigint): Counter {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}
