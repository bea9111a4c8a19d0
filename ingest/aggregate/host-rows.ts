import type { Counter } from '../model/counter.ts'
import { type Sums, sumAt } from './sums.ts'

/*
 * Where hosts are counted: rows of one line of the processor's cache, the address (4 words of 4 bytes), then the six
 * counters (8 bytes each). The same memory is seen as words and as doubles.
 */
export interface HostRows {
  readonly words: Uint32Array
  readonly counters: Sums
}

/** In octets, packets, flows; out octets, packets, flows. */
export const HOST_COUNTERS = 6
export const ROW_BYTES = 64
export const ROW_WORDS = ROW_BYTES / 4
export const ROW_DOUBLES = ROW_BYTES / 8
export const FIRST_COUNTER = 2

/** One of a row's six counters. */
export function hostCounter({ counters }: HostRows, row: number, counter: number): Counter {
  return sumAt(counters, row * ROW_DOUBLES + FIRST_COUNTER + counter)
}

/** Less than 0 when the address of row `a` comes first. */
export function compareAddresses(words: Uint32Array, a: number, b: number): number {
  for (let word = 0; word < 4; word++) {
    const difference = words[a * ROW_WORDS + word]! - words[b * ROW_WORDS + word]!
    if (difference !== 0) return difference
  }
  return 0
}
