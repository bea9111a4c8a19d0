/*
 * AssemblyScript, part of `count.ts`: tables that find rows by what they are about. The rows lie dense, in the order in which they were
 * made, so that a table can grow in its place: it is cleared, and all rows are entered again.
 */

/** What `../aggregate/wasm-count.ts` knows too. */
@unmanaged
export class Table {
  /** What hashes are mixed with: nobody who does not know it can choose flows whose hashes meet. */
  key0: u64
  key1: u64
  key2: u64
  key3: u64
  key4: u64
  /** Buckets of one line of the processor's cache: eight hashes, then the eight rows + 1 that they belong to (0: free). */
  buckets: usize
  /** How many buckets there are, less one. */
  mask: u32
  /** Where the row would lie that is before the first. */
  before: usize
  size: u32
  /** So many rows there may be before the table grows. */
  capacity: u32
  /** More rows than that, and nothing is added before somebody makes room. */
  limit: u32
  /** Row + 1 of all that find none of their own; 0: each gets one. */
  others: u32
  /** Nothing that is of use. */
  fetched: u32
}

const BUCKET_SHIFT: usize = 6
const PLACES: u32 = 8
const ROWS_AT: usize = 32
/** Rows a bucket, at most: half of its places, so that few are full. */
const ROWS: u32 = 4

/** The last steps of a hash: mixes its high half (Lemire and Kaser's "Strongly universal string hashing", 2014) so that any bits of it will do. */
export function finish(sum: u64): u32 {
  const high = <u32>(sum >>> 32)
  const folded = (high ^ (high >>> 13)) * 0xc2b2ae35
  return folded ^ (folded >>> 16)
}

/** Where the bucket begins that a hash points to. */
export function bucketOf(buckets: usize, mask: u32, hash: u32): usize {
  return buckets + ((<usize>(hash & mask)) << BUCKET_SHIFT)
}

/** Hot: row + 1 of the first with this hash in the bucket that the hash points to, or 0. */
export function find(buckets: usize, mask: u32, hash: u32): u32 {
  const bucket = bucketOf(buckets, mask, hash)
  const wanted = i32x4.splat(hash)
  const first = i32x4.bitmask(i32x4.eq(v128.load(bucket), wanted))
  const second = i32x4.bitmask(i32x4.eq(v128.load(bucket, 16), wanted))
  const places = first | (second << 4)
  return places === 0 ? 0 : load<u32>(bucket + ((<usize>ctz(places)) << 2), ROWS_AT)
}

/** Where an entry lies, and behind the entries of a row that are passed, where its next one may. */
export function entryOf(table: Table, n: u32): usize {
  return table.buckets + ((<usize>((n >>> 3) & table.mask)) << BUCKET_SHIFT) + ((<usize>(n & (PLACES - 1))) << 2)
}

/** The first entry of the bucket that a hash points to; the others follow by number, those of the next bucket behind them. */
export function firstEntry(table: Table, hash: u32): u32 {
  return (hash & table.mask) << 3
}

export function rowAt(entry: usize): u32 {
  return load<u32>(entry, ROWS_AT)
}

export function enterAt(entry: usize, hash: u32, row: u32): void {
  store<u32>(entry, hash)
  store<u32>(entry, row, ROWS_AT)
}

/** Enters a row + 1 into the first entry that is free. */
export function enter(table: Table, hash: u32, row: u32): void {
  let n = firstEntry(table, hash)
  while (rowAt(entryOf(table, n)) !== 0) n++
  enterAt(entryOf(table, n), hash, row)
}

/** Makes a table empty, with room for `capacity` rows, a power of two. */
export function clear(table: Table, capacity: u32): void {
  const buckets = capacity / ROWS
  table.capacity = capacity
  table.mask = buckets - 1
  memory.fill(table.buckets, 0, (<usize>buckets) << BUCKET_SHIFT)
}

const CARRY: f64 = 4503599627370496

/** Adds where sums would grow beyond `CARRY`: see `../aggregate/wasm-count.ts`. */
export declare function addAndCarry(at: usize, octets: f64, packets: f64, flows: f64): void

/** Hot: adds octets, packets and flows to three places in a row; false: nothing was added, for the sums would grow beyond `CARRY`. */
export function addCounts(at: usize, octets: f64, packets: f64, flows: f64): bool {
  const o = load<f64>(at) + octets
  const p = load<f64>(at, 8) + packets
  const f = load<f64>(at, 16) + flows
  if (o + p + f >= CARRY) return false
  store<f64>(at, o)
  store<f64>(at, p, 8)
  store<f64>(at, f, 16)
  return true
}
