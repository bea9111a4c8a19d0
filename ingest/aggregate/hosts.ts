import { formatAddress } from '../model/address.ts'
import type { HostList, HostRow } from '../model/part.ts'
import { hash4 } from './hash.ts'

/** In octets, packets, flows; out octets, packets, flows. */
export const HOST_COUNTERS = 6
/*
 * A row is one line of the processor's cache: the address (4 words of 4 bytes), then the six counters (8 bytes each).
 * The same memory is seen as words and as doubles.
 */
const ROW_BYTES = 64
const ROW_WORDS = ROW_BYTES / 4
const ROW_DOUBLES = ROW_BYTES / 8
const FIRST_COUNTER = 2
const START_CAPACITY = 1024

/** Counters by address, exact for any number of addresses (about 100 bytes each). */
export interface Hosts {
  /** For every address, in the order of rows, what `of` makes of its words. */
  column(of: (words: Uint32Array, at: number) => number): Uint32Array
  /** Hot: adds to the address whose four words start at `words[at]`; `first` is 0 for in, 3 for out. */
  add(words: Uint32Array, at: number, first: 0 | 3, octets: number, packets: number, flows: number): void
  /** The busiest: every host among the first `keep` by any counter; of `rows`, or of all. */
  busiest(keep: number, rows?: Uint32Array): HostList
}

/** Open addressing: a table of row numbers over dense rows, so that growing moves only numbers. `seed` makes chosen collisions useless. */
export function createHosts(seed: number): Hosts {
  let capacity = START_CAPACITY
  let mask = capacity * 2 - 1
  let table = new Int32Array(capacity * 2).fill(-1)
  let words = new Uint32Array(capacity * ROW_WORDS)
  let counters = new Float64Array(words.buffer)
  let size = 0

  // Hot: the row of an address, made when it is new.
  function rowOf(a: number, b: number, c: number, d: number): number {
    let place = hash4(a, b, c, d, seed) & mask
    for (;;) {
      const row = table[place]!
      if (row === -1) return insert(place, a, b, c, d)
      const at = row * ROW_WORDS
      if (words[at + 3] === d && words[at] === a && words[at + 1] === b && words[at + 2] === c) return row
      place = (place + 1) & mask
    }
  }

  function insert(place: number, a: number, b: number, c: number, d: number): number {
    if (size === capacity) {
      grow()
      return rowOf(a, b, c, d)
    }
    table[place] = size
    const at = size * ROW_WORDS
    words[at] = a
    words[at + 1] = b
    words[at + 2] = c
    words[at + 3] = d
    return size++
  }

  function grow(): void {
    capacity *= 2
    mask = capacity * 2 - 1
    const before = words
    words = new Uint32Array(capacity * ROW_WORDS)
    words.set(before)
    counters = new Float64Array(words.buffer)
    table = new Int32Array(capacity * 2).fill(-1)
    for (let row = 0, at = 0; row < size; row++, at += ROW_WORDS) {
      let place = hash4(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!, seed) & mask
      while (table[place] !== -1) place = (place + 1) & mask
      table[place] = row
    }
  }

  return {
    column: (of) => Uint32Array.from({ length: size }, (_, row) => of(words, row * ROW_WORDS)),
    add(from, at, first, octets, packets, flows) {
      const row = rowOf(from[at]!, from[at + 1]!, from[at + 2]!, from[at + 3]!)
      const to = row * ROW_DOUBLES + FIRST_COUNTER + first
      counters[to]! += octets
      counters[to + 1]! += packets
      counters[to + 2]! += flows
    },
    busiest(keep, rows = Uint32Array.from({ length: size }, (_, row) => row)) {
      const listed = new Set<number>()
      for (let counter = 0; counter < HOST_COUNTERS; counter++) {
        for (const row of firstBy(counter, rows, keep, counters, words)) listed.add(row)
      }
      const octets = (row: number) =>
        counters[row * ROW_DOUBLES + FIRST_COUNTER]! + counters[row * ROW_DOUBLES + FIRST_COUNTER + 3]!
      const ordered = [...listed].sort((a, b) => octets(b) - octets(a) || compareWords(words, a, b))
      return { distinct: rows.length, kept: keep, rows: ordered.map(toHostRow) }
    },
  }

  function toHostRow(row: number): HostRow {
    const at = row * ROW_DOUBLES + FIRST_COUNTER
    return [formatAddress(words, row * ROW_WORDS), ...counters.subarray(at, at + HOST_COUNTERS)] as unknown as HostRow
  }
}

function compareWords(words: Uint32Array, a: number, b: number): number {
  for (let word = 0; word < 4; word++) {
    const difference = words[a * ROW_WORDS + word]! - words[b * ROW_WORDS + word]!
    if (difference !== 0) return difference
  }
  return 0
}

/**
 * The first `keep` rows by one counter, equal ones by address, rows of zero left out. A heap whose root is the last of
 * them: most rows cost one look at the counter.
 */
function firstBy(
  counter: number,
  rows: Uint32Array,
  keep: number,
  counters: Float64Array,
  words: Uint32Array,
): number[] {
  const heap: number[] = []
  const column = FIRST_COUNTER + counter
  const compare = (a: number, b: number) =>
    counters[b * ROW_DOUBLES + column]! - counters[a * ROW_DOUBLES + column]! || compareWords(words, a, b)
  let least = 0
  // Hot: runs once per host and counter.
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!
    const value = counters[row * ROW_DOUBLES + column]!
    if (value === 0 || value < least) continue
    if (heap.length < keep) siftUp(heap, heap.push(row) - 1, compare)
    else if (compare(row, heap[0]!) < 0) {
      heap[0] = row
      siftDown(heap, compare)
    }
    if (heap.length === keep) least = counters[heap[0]! * ROW_DOUBLES + column]!
  }
  return heap
}

function siftUp(heap: number[], from: number, compare: (a: number, b: number) => number): void {
  for (let at = from; at > 0; ) {
    const parent = (at - 1) >> 1
    if (compare(heap[at]!, heap[parent]!) <= 0) return
    ;[heap[at], heap[parent]] = [heap[parent]!, heap[at]!]
    at = parent
  }
}

function siftDown(heap: number[], compare: (a: number, b: number) => number): void {
  for (let at = 0; ; ) {
    let last = at
    for (const child of [2 * at + 1, 2 * at + 2])
      if (child < heap.length && compare(heap[child]!, heap[last]!) > 0) last = child
    if (last === at) return
    ;[heap[at], heap[last]] = [heap[last]!, heap[at]!]
    at = last
  }
}
