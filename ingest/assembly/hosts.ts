/* AssemblyScript, part of `count.ts`: counters by address. See `../aggregate/hosts.ts`. */
import {
  addAndCarry,
  addCounts,
  bucketOf,
  clear,
  enter,
  enterAt,
  entryOf,
  find,
  finish,
  firstEntry,
  rowAt,
  Table,
} from './table'

/** A row is one line of the processor's cache: the address, then six counters (`../aggregate/host-rows.ts`). */
const ROW_SHIFT: usize = 6
const COUNTERS_AT: usize = 16
/** Flows added in one go: few enough that their rows stay in the cache from the first loop to the last. */
const STRETCH: u32 = 512

/**
 * Hot: adds flows, by their numbers in `list`, to the rows of their addresses; `first` is where a row's counters of this way lie, in bytes.
 * Returns at which place of the list it stopped: before its end when the table is beyond its limit. `found` has room for a stretch.
 */
export function addHosts(
  table: Table,
  addresses: usize,
  list: usize,
  from: u32,
  length: u32,
  first: usize,
  octets: usize,
  packets: usize,
  flows: usize,
  found: usize,
): u32 {
  for (let at = from; at < length; at += STRETCH) {
    if (table.size > table.limit) return at
    const places = list + ((<usize>at) << 2)
    const behind = list + ((<usize>min(at + STRETCH, length)) << 2)
    findStretch(table, addresses, places, behind, found)
    addStretch(table, addresses, places, behind, COUNTERS_AT + first, octets, packets, flows, found)
  }
  return length
}

/**
 * Hot: for each flow the row + 1 whose hash is that of its address, or 0; whether it has that address is seen where it is added to.
 *
 * Most of the time goes into waiting for memory. So there is a short loop that does nothing but fetch the lines of cache which the next
 * one wants: the processor waits for as many of them at once as it can.
 */
function findStretch(table: Table, addresses: usize, places: usize, behind: usize, found: usize): void {
  const buckets = table.buckets
  const mask = table.mask
  const before = table.before
  const end = found + (behind - places)
  for (let place = places, to = found; place < behind; place += 4, to += 4)
    store<u32>(to, hashAddress(table, addresses + ((<usize>load<u32>(place)) << 4)))
  let fetched: u32 = 0
  for (let to = found; to < end; to += 4) fetched |= load<u32>(bucketOf(buckets, mask, load<u32>(to)))
  for (let to = found; to < end; to += 4) store<u32>(to, find(buckets, mask, load<u32>(to)))
  for (let to = found; to < end; to += 4) fetched |= load<u32>(before + ((<usize>load<u32>(to)) << ROW_SHIFT))
  // Nobody needs it, but without it nothing would be fetched.
  table.fetched = fetched
}

/** Hot: adds flows to the rows that were found; those that were not are looked for, or made. */
function addStretch(
  table: Table,
  addresses: usize,
  places: usize,
  behind: usize,
  countersAt: usize,
  octets: usize,
  packets: usize,
  flows: usize,
  found: usize,
): void {
  const before = table.before
  for (let place = places, at = found; place < behind; place += 4, at += 4) {
    const i = <usize>load<u32>(place)
    const address = addresses + (i << 4)
    let row = load<u32>(at)
    if (row === 0 || !isAddress(before + ((<usize>row) << ROW_SHIFT), address)) row = rowOf(table, address)
    const to = before + ((<usize>row) << ROW_SHIFT) + countersAt
    const o = load<f64>(octets + (i << 3))
    const p = load<f64>(packets + (i << 3))
    const f = load<f64>(flows + (i << 3))
    if (!addCounts(to, o, p, f)) addAndCarry(to, o, p, f)
  }
}

/** Hot: two different addresses have the same hash with one seed in 2^32, whatever they are. */
export function hashAddress(table: Table, address: usize): u32 {
  const high = load<u64>(address)
  const low = load<u64>(address, 8)
  return finish(
    table.key0 +
      (high & 0xffff_ffff) * table.key1 +
      (high >>> 32) * table.key2 +
      (low & 0xffff_ffff) * table.key3 +
      (low >>> 32) * table.key4,
  )
}

function isAddress(row: usize, address: usize): bool {
  return i64x2.all_true(i64x2.eq(v128.load(row), v128.load(address)))
}

/** Row + 1 of an address, made when it is new. */
function rowOf(table: Table, address: usize): u32 {
  const hash = hashAddress(table, address)
  let n = firstEntry(table, hash)
  while (true) {
    const entry = entryOf(table, n++)
    const row = rowAt(entry)
    if (row === 0) return table.others > 0 ? table.others : insert(table, entry, hash, address)
    if (load<u32>(entry) === hash && isAddress(table.before + ((<usize>row) << ROW_SHIFT), address)) return row
  }
}

function insert(table: Table, entry: usize, hash: u32, address: usize): u32 {
  const row = ++table.size
  const at = table.before + ((<usize>row) << ROW_SHIFT)
  v128.store(at, v128.load(address))
  const nothing = i64x2.splat(0)
  v128.store(at, nothing, 16)
  v128.store(at, nothing, 32)
  v128.store(at, nothing, 48)
  if (row > table.capacity) enterHosts(table, table.capacity * 2)
  else enterAt(entry, hash, row)
  return row
}

/** Makes a table anew for the rows that there are, with room for `capacity`. */
export function enterHosts(table: Table, capacity: u32): void {
  clear(table, capacity)
  for (let row: u32 = 1; row <= table.size; row++)
    enter(table, hashAddress(table, table.before + ((<usize>row) << ROW_SHIFT)), row)
}
