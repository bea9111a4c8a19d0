import { formatAddress } from '../model/address.ts'
import { addCounters, type Counter, compareCounters } from '../model/counter.ts'
import { BATCH_SIZE, type FlowBatch } from '../model/flow-batch.ts'
import type { HostBound, HostList, HostRow } from '../model/part.ts'
import { type AddressKey, createAddressKey, hashWord, mix3 } from './hash.ts'
import { firstBy } from './host-ranking.ts'
import {
  compareAddresses,
  createHostRows,
  FIRST_COUNTER,
  HOST_COUNTERS,
  hostCounter,
  ROW_DOUBLES,
  ROW_WORDS,
} from './host-rows.ts'
import { clearCounters, completeAbove, sieve } from './host-sieve.ts'
import { addCounts, type Sums } from './sums.ts'

const START_CAPACITY = 1024
/** Flows added in one go: few enough that their rows stay in the cache from the first loop to the last. */
const STRETCH = 512

/** How much memory hosts may take, and what is sure in spite of that. */
export interface HostLimits {
  /** Up to so many addresses every one is counted exactly; 80 bytes each. At least six times `parts`. */
  readonly exact: number
  /** Beyond, a host is sure to be found that has more than one part in so many of all that the hosts had by some counter. */
  readonly parts: number
}

/** With what a stretch may add, the rows fill their 2^20 places: 84 MB. */
export const HOST_LIMITS: HostLimits = { exact: 2 ** 20 - STRETCH, parts: 2 ** 16 }

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

/** Counters by address. Up to `HostLimits.exact` addresses they are complete; if there were more, a second count makes the busiest exact. */
export interface Hosts {
  /** Hot: adds the flows of the list to the addresses they have in the column; `first` is 0 for in, 3 for out. */
  add(addresses: Uint32Array, list: FlowList, first: 0 | 3, counters: Counters): void
  /**
   * Ends the first count. `true`: there were too many addresses, and all that was added must be added once more, whereupon
   * those that can be among the busiest are exact. `false`: all are, and nothing may be added any more.
   */
  recount(): boolean
  /** For every address, in the order of rows, what `of` makes of its words. */
  column(of: (words: Uint32Array, at: number) => number): Uint32Array
  /**
   * The busiest: every host among the first `keep` by any counter; of `rows`, or of all. What it lists depends neither on the seed nor
   * on the order of flows.
   */
  busiest(keep: number, rows?: Uint32Array): HostList
}

/**
 * Open addressing: a table over dense rows, so that growing moves only the table. An entry is the hash of an address and
 * its row + 1, negative for IPv6 (0: free): where the hash tells IPv4 addresses apart, a row need not be looked at to know it.
 * `seed` makes chosen collisions useless. When there are more addresses than `limits` allow, the rows are sieved again and again.
 */
export function createHosts(seed: number, limits: HostLimits = HOST_LIMITS): Hosts {
  let capacity = START_CAPACITY
  let mask = capacity * 2 - 1
  let table = createTable(capacity)
  let rows = createHostRows(capacity)
  let size = 0
  let isSieved = false
  /** In the second count, row + 1 of all that are no candidates: the row behind the last. */
  let others = 0

  const key = createAddressKey(seed)
  const mixedIPv4 = mix3(0, 0, 0xffff, key)
  const { factor } = key

  // Hot. For IPv4 it gives every address a value of its own.
  function hashOf(a: number, b: number, c: number, d: number): number {
    return hashWord(d, isMapped(a, b, c) ? mixedIPv4 : mix3(a, b, c, key), factor)
  }

  // Hot: the row of an address, made when it is new.
  function rowOf(a: number, b: number, c: number, d: number): number {
    const hash = hashOf(a, b, c, d)
    for (let place = (hash & mask) * 2; ; place = (place + 2) & (mask * 2 + 1)) {
      const entry = table[place + 1]!
      if (entry === 0) return others > 0 ? others - 1 : insert(place, hash, a, b, c, d)
      const row = Math.abs(entry) - 1
      if (table[place] === hash && isAddress(rows.words, row * ROW_WORDS, a, b, c, d)) return row
    }
  }

  function insert(place: number, hash: number, a: number, b: number, c: number, d: number): number {
    if (size === capacity) {
      resize(capacity * 2)
      return rowOf(a, b, c, d)
    }
    const { words } = rows
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

  function resize(wanted: number): void {
    capacity = wanted
    mask = capacity * 2 - 1
    const { words, counters } = rows
    rows = createHostRows(capacity, counters.carries)
    rows.words.set(words.subarray(0, size * ROW_WORDS))
    table = createTable(capacity)
    enterRows()
  }

  /** Into a table that is empty. */
  function enterRows(): void {
    const { words } = rows
    for (let row = 0, at = 0; row < size; row++, at += ROW_WORDS) {
      const hash = hashOf(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!)
      let place = (hash & mask) * 2
      while (table[place + 1] !== 0) place = (place + 2) & (mask * 2 + 1)
      enter(place, hash, row, words[at]!, words[at + 1]!, words[at + 2]!)
    }
  }

  function makeRoom(): void {
    size = sieve(rows, size, limits.parts)
    isSieved = true
    table.fill(0)
    enterRows()
  }

  const rowOfFlow = new Int32Array(STRETCH)

  /*
   * Most of the time goes into waiting for memory. In the first and the last of these loops no flow depends on another, so
   * the processor waits for several at once; between them comes what is new and what collides.
   */
  function addStretch(
    addresses: Uint32Array,
    list: Int32Array,
    from: number,
    to: number,
    first: number,
    batch: Counters,
  ): void {
    if (size > limits.exact) makeRoom()
    findRows(table, mask, rows.words, key, mixedIPv4, addresses, list, from, to, rowOfFlow)
    for (let place = from; place < to; place++) {
      if (rowOfFlow[place - from]! > 0) continue
      const at = list[place]! * 4
      const row = rowOf(addresses[at]!, addresses[at + 1]!, addresses[at + 2]!, addresses[at + 3]!)
      rowOfFlow[place - from] = row + 1
    }
    addToRows(rows.counters, rowOfFlow, list, from, to, first, batch)
  }

  let bounds: readonly Counter[] | undefined

  /** What a host may have of each counter and not be listed, however few there are. */
  function unlisted(): readonly Counter[] {
    if (others === 0 && (isSieved || size > limits.exact))
      throw new Error('more hosts than one count can tell apart: call recount first')
    bounds ??= others === 0 ? NOTHING : completeAbove(rows, size, limits.parts)
    return bounds
  }

  function octetsOf(row: number): Counter {
    return addCounters(hostCounter(rows, row, 0), hostCounter(rows, row, 3))
  }

  function toHostRow(row: number): HostRow {
    const counters = Array.from({ length: HOST_COUNTERS }, (_, counter) => hostCounter(rows, row, counter))
    return [formatAddress(rows.words, row * ROW_WORDS), ...counters] as unknown as HostRow
  }

  return {
    add(addresses, { flows, length }, first, batch) {
      for (let from = 0; from < length; from += STRETCH)
        addStretch(addresses, flows, from, Math.min(from + STRETCH, length), first, batch)
    },
    recount() {
      if (!isSieved && size <= limits.exact) return false
      size = sieve(rows, size, limits.parts)
      clearCounters(rows, size)
      resize(capacityFor(size + 1))
      others = size + 1
      return true
    },
    column: (of) => Uint32Array.from({ length: size }, (_, row) => of(rows.words, row * ROW_WORDS)),
    busiest(keep, among = Uint32Array.from({ length: size }, (_, row) => row)) {
      const above = unlisted()
      const listed = new Set(above.flatMap((most, counter) => firstBy(counter, among, keep, most, rows)))
      const ordered = [...listed].sort(
        (a, b) => compareCounters(octetsOf(b), octetsOf(a)) || compareAddresses(rows.words, a, b),
      )
      const known = others > 0 ? { distinct: null, completeAbove: above as HostBound } : { distinct: among.length }
      return { ...known, kept: keep, rows: ordered.map(toHostRow) }
    },
  }
}

const NOTHING: readonly Counter[] = [0, 0, 0, 0, 0, 0]

function capacityFor(rows: number): number {
  return Math.max(START_CAPACITY, 2 ** Math.ceil(Math.log2(rows)))
}

/** Two places of two words for every row; one more at the end lets a look at the next place stay within. */
function createTable(capacity: number): Int32Array {
  return new Int32Array(capacity * 4 + 2)
}

/** Hot: row + 1 of each address that the table holds where its hash points, or (IPv4) next to it; else 0. */
function findRows(
  table: Int32Array,
  mask: number,
  words: Uint32Array,
  key: AddressKey,
  mixedIPv4: number,
  addresses: Uint32Array,
  list: Int32Array,
  from: number,
  to: number,
  rows: Int32Array,
): void {
  const { factor } = key
  for (let place = from; place < to; place++) {
    const at = list[place]! * 4
    const a = addresses[at]!
    const b = addresses[at + 1]!
    const c = addresses[at + 2]!
    const d = addresses[at + 3]!
    let row = 0
    if (isMapped(a, b, c)) {
      const hash = hashWord(d, mixedIPv4, factor)
      const entry = (hash & mask) * 2
      if (table[entry] === hash) row = table[entry + 1]!
      else if (table[entry + 2] === hash) row = table[entry + 3]!
    } else {
      const hash = hashWord(d, mix3(a, b, c, key), factor)
      const entry = (hash & mask) * 2
      const of = (-table[entry + 1]! - 1) * ROW_WORDS
      if (table[entry] === hash && of >= 0 && isAddress(words, of, a, b, c, d)) row = -table[entry + 1]!
    }
    rows[place - from] = row
  }
}

/** Hot: adds the flows of the list to their rows (each is row + 1). */
function addToRows(
  sums: Sums,
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
    addCounts(sums, at, octets[i]!, packets[i]!, flows[i]!)
  }
}

function isAddress(words: Uint32Array, at: number, a: number, b: number, c: number, d: number): boolean {
  return words[at + 3] === d && words[at] === a && words[at + 1] === b && words[at + 2] === c
}

function isMapped(a: number, b: number, c: number): boolean {
  return a === 0 && b === 0 && c === 0xffff
}
