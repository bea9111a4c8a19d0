/* AssemblyScript, part of `count.ts`: flows added up by kind. See `../aggregate/kinds.ts`. */
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

/** A row: three words of the key, their hash, then octets, packets and flows (`../aggregate/kinds.ts`). */
const ROW_BYTES: usize = 40
const COUNTERS_AT: usize = 16
/** Few enough that what one loop has found is in the nearest cache for the next. */
const STRETCH: u32 = 512

/** Hot: adds rows of columns to their kinds, in the same loops as in `hosts.ts`. */
export function addKinds(
  table: Table,
  length: u32,
  slotWord: usize,
  codeWord0: usize,
  codeWord1: usize,
  octets: usize,
  packets: usize,
  flows: usize,
  found: usize,
): void {
  for (let from: u32 = 0; from < length; from += STRETCH) {
    const stop = min(from + STRETCH, length)
    findStretch(table, from, stop, slotWord, codeWord0, codeWord1, found)
    const before = table.before
    for (let i = <usize>from; i < stop; i++) {
      const a = load<u32>(slotWord + (i << 2))
      const b = load<u32>(codeWord0 + (i << 2))
      const c = load<u32>(codeWord1 + (i << 2))
      let row = load<u32>(found + ((i - from) << 2))
      if (row === 0 || !isKey(before + <usize>row * ROW_BYTES, a, b, c)) row = rowOf(table, a, b, c)
      const to = before + <usize>row * ROW_BYTES + COUNTERS_AT
      const o = load<f64>(octets + (i << 3))
      const p = load<f64>(packets + (i << 3))
      const f = load<f64>(flows + (i << 3))
      if (!addCounts(to, o, p, f)) addAndCarry(to, o, p, f)
    }
  }
}

/** Hot: see `findStretch` of `hosts.ts`. */
function findStretch(
  table: Table,
  from: u32,
  stop: u32,
  slotWord: usize,
  codeWord0: usize,
  codeWord1: usize,
  found: usize,
): void {
  const buckets = table.buckets
  const mask = table.mask
  const before = table.before
  const end = found + ((<usize>(stop - from)) << 2)
  let at = (<usize>from) << 2
  for (let to = found; to < end; to += 4, at += 4)
    store<u32>(to, hashKey(table, load<u32>(slotWord + at), load<u32>(codeWord0 + at), load<u32>(codeWord1 + at)))
  let fetched: u32 = 0
  for (let to = found; to < end; to += 4) fetched |= load<u32>(bucketOf(buckets, mask, load<u32>(to)))
  for (let to = found; to < end; to += 4) store<u32>(to, find(buckets, mask, load<u32>(to)))
  for (let to = found; to < end; to += 4) fetched |= load<u32>(before + <usize>load<u32>(to) * ROW_BYTES)
  table.fetched = fetched
}

function hashKey(table: Table, a: u32, b: u32, c: u32): u32 {
  return finish(table.key0 + <u64>a * table.key1 + <u64>b * table.key2 + <u64>c * table.key3)
}

function isKey(row: usize, a: u32, b: u32, c: u32): bool {
  return load<u32>(row) === a && load<u32>(row, 4) === b && load<u32>(row, 8) === c
}

/** Row + 1 of a key, made when it is new. */
function rowOf(table: Table, a: u32, b: u32, c: u32): u32 {
  const hash = hashKey(table, a, b, c)
  let n = firstEntry(table, hash)
  while (true) {
    const entry = entryOf(table, n++)
    const row = rowAt(entry)
    if (row === 0) return insert(table, entry, hash, a, b, c)
    if (load<u32>(entry) === hash && isKey(table.before + <usize>row * ROW_BYTES, a, b, c)) return row
  }
}

function insert(table: Table, entry: usize, hash: u32, a: u32, b: u32, c: u32): u32 {
  const row = ++table.size
  const at = table.before + <usize>row * ROW_BYTES
  store<u32>(at, a)
  store<u32>(at, b, 4)
  store<u32>(at, c, 8)
  store<u32>(at, hash, 12)
  v128.store(at, i64x2.splat(0), 16)
  store<u64>(at, 0, 32)
  if (row > table.capacity) enterKinds(table, table.capacity * 2)
  else enterAt(entry, hash, row)
  return row
}

/** Makes a table anew for the rows that there are, with room for `capacity`. */
export function enterKinds(table: Table, capacity: u32): void {
  clear(table, capacity)
  for (let row: u32 = 1; row <= table.size; row++)
    enter(table, load<u32>(table.before + <usize>row * ROW_BYTES, 12), row)
}
