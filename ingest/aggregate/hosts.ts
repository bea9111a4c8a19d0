import { formatAddress } from '../model/address.ts'
import { addCounters, type Counter, compareCounters } from '../model/counter.ts'
import { BATCH_SIZE, type FlowBatch } from '../model/flow-batch.ts'
import type { Room } from '../model/heap.ts'
import type { HostBound, HostList, HostRow } from '../model/part.ts'
import { firstBy } from './host-ranking.ts'
import { compareAddresses, HOST_COUNTERS, type HostRows, hostCounter, ROW_BYTES, ROW_WORDS } from './host-rows.ts'
import { clearCounters, completeAbove, sieve } from './host-sieve.ts'
import { CAPACITY, capacityFor, counting, createTable, OTHERS, SIZE, STRETCH } from './wasm-count.ts'

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

export function createFlowList(room: Room): FlowList {
  return { length: 0, flows: new Int32Array(...room.allocate(BATCH_SIZE * 4), BATCH_SIZE) }
}

/** The counters of a batch. */
type Counters = Pick<FlowBatch, 'octets' | 'packets' | 'flows'>

/** Counters by address. Up to `HostLimits.exact` addresses they are complete; if there were more, a second count makes the busiest exact. */
export interface Hosts {
  /** Hot: adds the flows of the list to the addresses they have in the column, all in the heap; `first` is 0 for in, 3 for out. */
  add(addresses: Uint32Array, list: FlowList, first: 0 | 3, counters: Counters): void
  /**
   * Ends the first count. `true`: there were too many addresses, and all that was added must be added once more, whereupon
   * those that can be among the busiest are exact. `false`: all are, and nothing may be added any more.
   */
  recount(): boolean
  /** The addresses, in the order of rows: how many, and where in the heap they lie, one every `step` words. */
  addresses(): { readonly count: number; readonly words: Uint32Array; readonly step: number }
  /**
   * The busiest: every host among the first `keep` by any counter; of `rows`, or of all. What it lists depends neither on the seed nor
   * on the order of flows.
   */
  busiest(keep: number, rows?: Uint32Array): HostList
}

/**
 * A table of rows by address (`../assembly/hosts.ts`), in a room that belongs to the caller. `seed` makes chosen collisions useless. When
 * there are more addresses than `limits` allow, the rows are sieved again and again.
 */
export function createHosts(room: Room, seed: number, limits: HostLimits = HOST_LIMITS): Hosts {
  const { at, words, rowWords, rowDoubles } = createTable(room, seed, {
    rowBytes: ROW_BYTES,
    most: limits.exact + STRETCH,
    limit: limits.exact,
  })
  const rows: HostRows = { words: rowWords, counters: { sums: rowDoubles, carries: new Map() } }
  let isSieved = false

  enterRows(capacityFor(0))

  /** Makes the table anew for the rows that there are. */
  function enterRows(capacity: number): void {
    counting().enterHosts(at, capacity)
  }

  function makeRoom(): void {
    words[SIZE] = sieve(rows, words[SIZE]!, limits.parts)
    isSieved = true
    enterRows(words[CAPACITY]!)
  }

  let bounds: readonly Counter[] | undefined

  /** What a host may have of each counter and not be listed, however few there are. */
  function unlisted(): readonly Counter[] {
    const [size, others] = [words[SIZE]!, words[OTHERS]!]
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
    add(addresses, { flows: list, length }, first, { octets, packets, flows }) {
      const { addHosts, found } = counting(rows.counters)
      const columns = [octets.byteOffset, packets.byteOffset, flows.byteOffset] as const
      const add = (from: number) =>
        addHosts(at, addresses.byteOffset, list.byteOffset, from, length, first * 8, ...columns, found)
      for (let reached = add(0); reached < length; reached = add(reached)) makeRoom()
    },
    recount() {
      if (!isSieved && words[SIZE]! <= limits.exact) return false
      const size = sieve(rows, words[SIZE]!, limits.parts)
      clearCounters(rows, size + 1)
      words[SIZE] = size
      words[OTHERS] = size + 1
      enterRows(capacityFor(size + 1))
      return true
    },
    addresses: () => ({ count: words[SIZE]!, words: rows.words, step: ROW_WORDS }),
    busiest(keep, given) {
      const among = given ?? words[SIZE]!
      const above = unlisted()
      const listed = new Set(above.flatMap((most, counter) => firstBy(counter, among, keep, most, rows)))
      const ordered = [...listed].sort(
        (a, b) => compareCounters(octetsOf(b), octetsOf(a)) || compareAddresses(rows.words, a, b),
      )
      const known =
        words[OTHERS]! > 0
          ? { distinct: null, completeAbove: above as HostBound }
          : { distinct: given?.length ?? words[SIZE]! }
      return { ...known, kept: keep, rows: ordered.map(toHostRow) }
    },
  }
}

const NOTHING: readonly Counter[] = [0, 0, 0, 0, 0, 0]
