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

/** Exact difference; `b` is no greater than `a`. */
export function subtractCounters(a: Counter, b: Counter): Counter {
  return typeof a === 'number' && typeof b === 'number' ? a - b : narrow(BigInt(a) - BigInt(b))
}

/** How many whole times `by`, a whole number, goes into it. */
export function divideCounter(counter: Counter, by: number): Counter {
  return typeof counter === 'number' ? Math.floor(counter / by) : narrow(counter / BigInt(by))
}

export function maxCounter(a: Counter, b: Counter): Counter {
  return b > a ? b : a
}

/** For sorting: the smaller first. */
export function compareCounters(a: Counter, b: Counter): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * JSON text of a value in which there may be counters. Most hold none beyond 2^53 - 1, and asking at each of its values
 * would make writing it more than twice as slow.
 */
export function toJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, null, indent)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? each.toString() : each), indent)
  }
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
