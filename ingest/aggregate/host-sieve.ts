import { addCounters, type Counter, compareCounters, divideCounter, subtractCounters } from '../model/counter.ts'
import { FIRST_COUNTER, HOST_COUNTERS, type HostRows, hostCounter, ROW_DOUBLES, ROW_WORDS } from './host-rows.ts'
import { CARRY } from './sums.ts'

/*
 * The busiest of more hosts than there are rows: Misra and Gries's "Finding repeated elements" (1982), many flows at a time and
 * six counters at once. When the rows are full, each counter of every row loses as much as the `parts`-th largest has,
 * and rows with nothing left are given up: fewer than six times `parts` stay.
 *
 * What is sure: what one host lost in all, E, was taken from at least `parts` hosts each time, so E * parts <= N, all there was
 * of this counter. Of them at most j were among the j busiest, so (parts - j) * E <= N - (what the j busiest had), for every j.
 * A host given up had at most E.
 *
 * Here doubles go on beyond 2^53 and are rounded there. Of hosts with less than that nothing is rounded, and j may be the number of the
 * others: a bound below 2^53 is sure. One above is raised by more than all rounding comes to.
 */

/** Makes room: gives up the rows that are small by every counter. Others move up, in their order; returns how many stay. */
export function sieve({ words, counters: { sums: counters, carries } }: HostRows, size: number, parts: number): number {
  for (const [place, times] of carries) counters[place]! += times * CARRY
  carries.clear()
  const losses = new Float64Array(HOST_COUNTERS)
  const values = new Float64Array(size)
  for (let counter = 0; counter < HOST_COUNTERS; counter++) {
    const length = positiveValues(counters, counter, size, values)
    losses[counter] = length < parts ? 0 : largest(values, length, parts)
  }
  let kept = 0
  for (let row = 0; row < size; row++) {
    if (!lose(counters, row, losses)) continue
    if (kept < row) words.copyWithin(kept * ROW_WORDS, row * ROW_WORDS, (row + 1) * ROW_WORDS)
    kept++
  }
  words.fill(0, kept * ROW_WORDS, size * ROW_WORDS)
  return kept
}

/**
 * For each counter, the most that a host may have and yet not be among the rows. They hold, counted anew, what `sieve` left;
 * row `size` holds what all others had. It is the least bound that is sure, and depends on the hosts alone.
 */
export function completeAbove(rows: HostRows, size: number, parts: number): Counter[] {
  return Array.from({ length: HOST_COUNTERS }, (_, counter) => {
    const known = sortedCounters(rows, counter, size)
    let rest = known.reduce(addCounters, hostCounter(rows, size, counter))
    let j = 0
    for (; j < known.length; j++) {
      const value = known[known.length - 1 - j]!
      if (value <= divideCounter(rest, parts - j)) break
      rest = subtractCounters(rest, value)
    }
    const bound = divideCounter(rest, parts - j)
    return bound < 2 ** 53 ? bound : addCounters(bound, divideCounter(bound, 2 ** 20))
  })
}

/** A counter of every row that has any, ascending. */
function sortedCounters(rows: HostRows, counter: number, size: number): Counter[] {
  if (rows.counters.carries.size === 0) {
    const values = new Float64Array(size)
    return Array.from(values.subarray(0, positiveValues(rows.counters.sums, counter, size, values)).sort())
  }
  return Array.from({ length: size }, (_, row) => hostCounter(rows, row, counter))
    .filter((value) => value > 0)
    .sort(compareCounters)
}

/** Of the first `size` rows; their addresses stay. */
export function clearCounters({ counters: { sums: counters, carries } }: HostRows, size: number): void {
  carries.clear()
  for (let row = 0; row < size; row++) counters.fill(0, row * ROW_DOUBLES + FIRST_COUNTER, (row + 1) * ROW_DOUBLES)
}

/** Copies the values of a counter that are not zero to the start of `values`; returns how many. */
function positiveValues(counters: Float64Array, counter: number, size: number, values: Float64Array): number {
  let length = 0
  for (let row = 0, at = FIRST_COUNTER + counter; row < size; row++, at += ROW_DOUBLES) {
    const value = counters[at]!
    values[length] = value
    if (value > 0) length++
  }
  return length
}

/** Lowers a row's counters, to zero at least. Returns whether anything is left. */
function lose(counters: Float64Array, row: number, losses: Float64Array): boolean {
  let isLeft = false
  for (let counter = 0, at = row * ROW_DOUBLES + FIRST_COUNTER; counter < HOST_COUNTERS; counter++, at++) {
    const left = counters[at]! - losses[counter]!
    counters[at] = Math.max(left, 0)
    if (left > 0) isLeft = true
  }
  return isLeft
}

/** The `rank`-th largest of the first `length` values, which are put in another order (Hoare's "Find", 1961). */
function largest(values: Float64Array, length: number, rank: number): number {
  const place = rank - 1
  for (let first = 0, last = length - 1; first < last; ) {
    // By chance, so that nobody can choose values that make it slow.
    const pivot = values[first + Math.floor(Math.random() * (last - first + 1))]!
    let left = first
    let right = last
    while (left <= right) {
      while (values[left]! > pivot) left++
      while (values[right]! < pivot) right--
      if (left > right) break
      const value = values[left]!
      values[left++] = values[right]!
      values[right--] = value
    }
    if (place <= right) last = right
    else if (place >= left) first = left
    else break
  }
  return values[place]!
}
