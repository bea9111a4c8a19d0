import { formatAddress } from '../model/address.ts'
import { BATCH_SIZE, type FlowBatch } from '../model/flow-batch.ts'
import type { HostList, HostRow } from '../model/part.ts'
import { hashWord, mix3 } from './hash.ts'

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
/** Flows added in one go: few enough that their rows stay in the cache from the first loop to the last. */
const STRETCH = 512

/** Some flows of a batch, by their places in it. */
export interface FlowList {
  length: number
  readonly flows: Int32Array
}

export function createFlowList(): FlowList {
  return { length: 0, flows: new Int32Array(BATCH_SIZE) }
}

/** The counters of a batch. */
type Counters = Pick<FlowBatch, 'octets' | 'packets' | 'flows'>

/** Counters by address, exact for any number of addresses (about 100 bytes each). */
export interface Hosts {
  /** Hot: adds the flows of the list to the addresses they have in the column; `first` is 0 for in, 3 for out. */
  add(addresses: Uint32Array, list: FlowList, first: 0 | 3, counters: Counters): void
  /** For every address, in the order of rows, what `of` makes of its words. */
  column(of: (words: Uint32Array, at: number) => number): Uint32Array
  /** The busiest: every host among the first `keep` by any counter; of `rows`, or of all. */
  busiest(keep: number, rows?: Uint32Array): HostList
}

/**
 * Open addressing: a table over dense rows, so that growing moves only the table. An entry is the hash of an address and
 * its row + 1, negative for IPv6 (0: free): where the hash tells IPv4 addresses apart, a row need not be looked at to know it.
 * `seed` makes chosen collisions useless.
 */
export function createHosts(seed: number): Hosts {
  let capacity = START_CAPACITY
  let mask = capacity * 2 - 1
  let table = createTable(capacity)
  let words = new Uint32Array(capacity * ROW_WORDS)
  let counters = new Float64Array(words.buffer)
  let size = 0

  const mixedIPv4 = mix3(0, 0, 0xffff, seed)
  // Hot. For IPv4 it gives every address a value of its own (each step of the mixing can be undone).
  function hashOf(a: number, b: number, c: number, d: number): number {
    return hashWord(d, isMapped(a, b, c) ? mixedIPv4 : mix3(a, b, c, seed))
  }

  // Hot: the row of an address, made when it is new.
  function rowOf(a: number, b: number, c: number, d: number): number {
    const hash = hashOf(a, b, c, d)
    for (let place = (hash & mask) * 2; ; place = (place + 2) & (mask * 2 + 1)) {
      const entry = table[place + 1]!
      if (entry === 0) return insert(place, hash, a, b, c, d)
      if (table[place] === hash && isRowOf(Math.abs(entry) - 1, a, b, c, d)) return Math.abs(entry) - 1
    }
  }

  function isRowOf(row: number, a: number, b: number, c: number, d: number): boolean {
    const at = row * ROW_WORDS
    return words[at + 3] === d && words[at] === a && words[at + 1] === b && words[at + 2] === c
  }

  function insert(place: number, hash: number, a: number, b: number, c: number, d: number): number {
    if (size === capacity) {
      grow()
      return rowOf(a, b, c, d)
    }
    const at = size * ROW_WORDS
    words[at] = a
    words[at + 1] = b
    words[at + 2] = c
    words[at + 3] = d
    enter(place, hash, size, a, b, c)
    return size++
  }

  function enter(place: number, hash: number, row: number, a: number, b: number, c: number): void {
    table[place] = hash
    table[place + 1] = isMapped(a, b, c) ? row + 1 : -row - 1
  }

  function grow(): void {
    capacity *= 2
    mask = capacity * 2 - 1
    const before = words
    words = new Uint32Array(capacity * ROW_WORDS)
    words.set(before)
    counters = new Float64Array(words.buffer)
    table = createTable(capacity)
    for (let row = 0, at = 0; row < size; row++, at += ROW_WORDS) {
      const hash = hashOf(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!)
      let place = (hash & mask) * 2
      while (table[place + 1] !== 0) place = (place + 2) & (mask * 2 + 1)
      enter(place, hash, row, words[at]!, words[at + 1]!, words[at + 2]!)
    }
  }

  const rowOfFlow = new Int32Array(STRETCH)

  /*
   * Most of the time goes into waiting for memory. In the first and the last of these loops no flow depends on another, so
   * the processor waits for several at once; between them comes what is new, what collides, and IPv6.
   */
  function addStretch(
    addresses: Uint32Array,
    list: Int32Array,
    from: number,
    to: number,
    first: number,
    batch: Counters,
  ): void {
    findRows(table, mask, mixedIPv4, addresses, list, from, to, rowOfFlow)
    for (let place = from; place < to; place++) {
      if (rowOfFlow[place - from]! > 0) continue
      const at = list[place]! * 4
      const row = rowOf(addresses[at]!, addresses[at + 1]!, addresses[at + 2]!, addresses[at + 3]!)
      rowOfFlow[place - from] = row + 1
    }
    addToRows(counters, rowOfFlow, list, from, to, first, batch)
  }

  return {
    add(addresses, { flows, length }, first, batch) {
      for (let from = 0; from < length; from += STRETCH)
        addStretch(addresses, flows, from, Math.min(from + STRETCH, length), first, batch)
    },
    column: (of) => Uint32Array.from({ length: size }, (_, row) => of(words, row * ROW_WORDS)),
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

/** Two places of two words for every row; one more at the end lets a look at the next place stay within. */
function createTable(capacity: number): Int32Array {
  return new Int32Array(capacity * 4 + 2)
}

/** Hot: row + 1 of each IPv4 address that the table holds where its hash points, or next to it; else 0. */
function findRows(
  table: Int32Array,
  mask: number,
  mixedIPv4: number,
  addresses: Uint32Array,
  list: Int32Array,
  from: number,
  to: number,
  rows: Int32Array,
): void {
  for (let place = from; place < to; place++) {
    const at = list[place]! * 4
    let row = 0
    if (isMapped(addresses[at]!, addresses[at + 1]!, addresses[at + 2]!)) {
      const hash = hashWord(addresses[at + 3]!, mixedIPv4)
      const entry = (hash & mask) * 2
      if (table[entry] === hash) row = table[entry + 1]!
      else if (table[entry + 2] === hash) row = table[entry + 3]!
    }
    rows[place - from] = row
  }
}

/** Hot: adds the flows of the list to their rows (each is row + 1). */
function addToRows(
  sums: Float64Array,
  rows: Int32Array,
  list: Int32Array,
  from: number,
  to: number,
  first: number,
  { octets, packets, flows }: Counters,
): void {
  for (let place = from; place < to; place++) {
    const i = list[place]!
    const at = (rows[place - from]! - 1) * ROW_DOUBLES + FIRST_COUNTER + first
    sums[at]! += octets[i]!
    sums[at + 1]! += packets[i]!
    sums[at + 2]! += flows[i]!
  }
}

function isMapped(a: number, b: number, c: number): boolean {
  return a === 0 && b === 0 && c === 0xffff
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
