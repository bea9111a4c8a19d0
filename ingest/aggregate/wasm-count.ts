import { createHash } from 'node:crypto'
import { heapMemory, openRoom, type Room } from '../model/heap.ts'
import { startWasm } from '../model/wasm.ts'
import { CODE } from './count.wasm.ts'
import { addCounts, addTo, type Sums } from './sums.ts'

/** See `../assembly/hosts.ts`, `kinds.ts` and `sort.ts`: what is no number of flows, rows or bytes is a place in the heap. */
interface Functions {
  addHosts(
    table: number,
    addresses: number,
    list: number,
    from: number,
    length: number,
    first: number,
    octets: number,
    packets: number,
    flows: number,
    found: number,
  ): number
  enterHosts(table: number, capacity: number): void
  hashAddress(table: number, address: number): number
  addKinds(
    table: number,
    length: number,
    slotWord: number,
    codeWord0: number,
    codeWord1: number,
    octets: number,
    packets: number,
    flows: number,
    found: number,
  ): void
  enterKinds(table: number, capacity: number): void
  sortFlows(
    sorting: number,
    length: number,
    exporter: number,
    octets: number,
    packets: number,
    flows: number,
    startMs: number,
    endMs: number,
  ): void
}

/** What counting does in WebAssembly. */
interface Counting extends Functions {
  /** Room for what one loop finds and the next reads. */
  readonly found: number
}

/** How many flows WebAssembly adds in one go. */
export const STRETCH = 512

let made: Counting | undefined
let carryTo: Sums | undefined

/** One for all files of a thread. `sums`: the counters that are added to; what one call cannot add by itself goes there. */
export function counting(sums?: Sums): Counting {
  if (sums !== undefined) carryTo = sums
  made ??= {
    ...startWasm<Functions>(CODE, heapMemory(), { table: { addAndCarry }, sort: { addOneAndCarry } }),
    found: openRoom().allocate(STRETCH * 4)[1],
  }
  return made
}

function addAndCarry(at = 0, octets = 0, packets = 0, flows = 0): void {
  const sums = carryTo!
  addCounts(sums, (at - sums.sums.byteOffset) / 8, octets, packets, flows)
}

function addOneAndCarry(at = 0, value = 0): void {
  const sums = carryTo!
  addTo(sums, (at - sums.sums.byteOffset) / 8, value)
}

/** A table of `../assembly/table.ts`, as it is seen from here. */
export interface Table {
  /** In the heap. */
  readonly at: number
  readonly words: Uint32Array
  /** The same memory as words and as doubles: the rows, back to back. */
  readonly rowWords: Uint32Array
  readonly rowDoubles: Float64Array
}

/** Places in the words of a table. */
export const [SIZE, CAPACITY, LIMIT, OTHERS] = [13, 14, 15, 16]
const [BUCKETS, BEFORE] = [10, 12]
const WORDS = 18
const KEY_BYTES = 40
const BUCKET_BYTES = 64
const ROWS_PER_BUCKET = 4
const START_CAPACITY = 1024

/** A table without rows that may grow to `most` of them and be added to up to `limit`. `seed` makes chosen collisions useless. */
export function createTable(
  room: Room,
  seed: number,
  { rowBytes, most, limit }: { readonly rowBytes: number; readonly most: number; readonly limit: number },
): Table {
  const capacity = capacityFor(most)
  const [, at] = room.allocate(WORDS * 4)
  const [, buckets] = room.allocate((capacity / ROWS_PER_BUCKET) * BUCKET_BYTES)
  const [buffer, rows] = room.allocate(capacity * rowBytes)
  const words = new Uint32Array(buffer, at, WORDS)
  const key = createHash('shake256', { outputLength: KEY_BYTES }).update(String(seed)).digest()
  words.set(new Uint32Array(Uint8Array.from(key).buffer))
  words[BUCKETS] = buckets
  words[BEFORE] = rows - rowBytes
  words[SIZE] = 0
  words[LIMIT] = limit
  words[OTHERS] = 0
  return {
    at,
    words,
    rowWords: new Uint32Array(buffer, rows, (capacity * rowBytes) / 4),
    rowDoubles: new Float64Array(buffer, rows, (capacity * rowBytes) / 8),
  }
}

/** The least capacity of a table with so many rows. */
export function capacityFor(rows: number): number {
  return Math.max(START_CAPACITY, 2 ** Math.ceil(Math.log2(rows)))
}
