/* AssemblyScript, part of `count.ts`: counters by address. See `../aggregate/hosts.ts`. */
import { addAndCarry, addCounts, clear, enter, enterAt, entryOf, find, finish, firstEntry, rowAt, Table } from './table'

/** A row is one line of the processor's cache: the address, then six counters (`../aggregate/host-rows.ts`). */
const ROW_SHIFT: usize = 6
const COUNTERS_AT: usize = 16
/** Flows added in one go: few enough that their rows stay in the cache from the first loop to the last. */
const STRETCH: u32 = 512

/**
 * Hot: adds flows, by their numbers in `list`, to the rows of their addresses; `first` is where a row's counters of this way lie, in bytes.
 * Returns at which place of the list it stopped: before its end when the table is beyond its limit. `found` has room for a stretch.
 *
 * Most of the time goes into waiting for memory. In each of the two loops no flow depends on another, so the processor waits for
 * several at once; what is new or collides comes in the second.
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
  const counters = COUNTERS_AT + first
  for (let at = from; at < length; at += STRETCH) {
    if (table.size > table.limit) return at
    const places = list + ((<usize>at) << 2)
    const behind = list + ((<usize>min(at + STRETCH, length)) << 2)
    findStretch(table, addresses, places, behind, found)
    const before = table.before
    for (let place = places; place < behind; place += 4) {
      const i = <usize>load<u32>(place)
      const address = addresses + (i << 4)
      let row = load<u32>(found + (place - places))
      if (row === 0 || !isAddress(before + ((<usize>row) << ROW_SHIFT), address)) row = rowOf(table, address)
      const to = before + ((<usize>row) << ROW_SHIFT) + counters
      const o = load<f64>(octets + (i << 3))
      const p = load<f64>(packets + (i << 3))
      const f = load<f64>(flows + (i << 3))
      if (!addCounts(to, o, p, f)) addAndCarry(to, o, p, f)
    }
  }
  return length
}

/** Hot: for each flow the row + 1 whose hash is that of its address, or 0; whether it has that address is seen where it is added to. */
function findStretch(table: Table, addresses: usize, places: usize, behind: usize, found: usize): void {
  const buckets = table.buckets
  const mask = table.mask
  for (let place = places; place < behind; place += 4)
    store<u32>(
      found + (place - places),
      find(buckets, mask, hashAddress(table, addresses + ((<usize>load<u32>(place)) << 4))),
    )
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
