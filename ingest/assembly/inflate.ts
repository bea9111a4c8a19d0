/*
 * AssemblyScript, compiled by `npm run wasm`: unpacks a DEFLATE stream (RFC 1951) piece by piece, from one place of memory to another, and sums up
 * by Adler-32 (RFC 1950, 9).
 */

/** Where a stream is. All zero: at its start. */
@unmanaged
class Progress {
  /** Bits that were read and are not used yet: fewer than 8 between two calls. */
  bits: u64
  count: u32
  state: u32
  isLast: u32
  /** Bytes to come of a stored block. */
  left: u32
  /** Where the last call stopped reading and writing. */
  at: usize
  out: usize
  /** The tables are those of fixed codes. */
  isFixed: u32
}

const BETWEEN: u32 = 0
const STORED: u32 = 1
const CODED: u32 = 2

/** Why a call stopped, as `../decode/wasm-inflate.ts` knows it. */
const GO_ON: i32 = -1
const MORE: i32 = 0
const FULL: i32 = 1
const ENDED: i32 = 2
const BAD_BLOCK: i32 = 3
const BAD_STORED: i32 = 4
const BAD_COUNTS: i32 = 5
const BAD_LENGTHS: i32 = 6
const BAD_REPEAT: i32 = 7
const NO_END: i32 = 8
const BAD_LITERAL_LENGTHS: i32 = 9
const BAD_DISTANCE_LENGTHS: i32 = 10
const BAD_LITERAL: i32 = 11
const BAD_DISTANCE: i32 = 12
const TOO_FAR: i32 = 13

/** No match is longer; so many bytes more hold the literals before one and what is written behind it. */
const LONGEST: usize = 258
const SLACK: usize = 32
/** From so many bytes on, 8 can be read twice. */
const AHEAD: usize = 16

/*
 * Tables of codes are looked up by the next bits; a longer code by a second look into a table behind. An entry:
 *   bits 0 to 7 how many bits it takes, extra bits included; 8 to 12 how many of them are the code; 13 to 15 what it is, when not a
 *   length or distance (of a second table, bits 0 to 7 are how many its index has); 16 to 30 the literal, the least length or distance, or the place of the second table.
 */
const LITERAL: u32 = 0x8000_0000
const SPECIAL: u32 = 0x8000
const SECOND: u32 = 0x4000
const END_OF_BLOCK: u32 = 0x2000
const INVALID: u32 = SPECIAL

const LITERAL_BITS: u32 = 11
const DISTANCE_BITS: u32 = 8
const LENGTH_BITS: u32 = 7
const LITERAL_TABLE: usize = 64
/** The largest tables that there can be: 2342 and 402 entries. */
const DISTANCE_TABLE: usize = LITERAL_TABLE + 2342 * 4
const LENGTH_TABLE: usize = DISTANCE_TABLE + 402 * 4
const LENGTHS: usize = LENGTH_TABLE + 128 * 4
const COUNTS: usize = LENGTHS + 512
const PLACES: usize = COUNTS + 64
const SORTED: usize = PLACES + 64

const LITERALS: u32 = 0
const DISTANCES: u32 = 1
const CODE_LENGTHS: u32 = 2

/** In this order the lengths of the codes of lengths are written. */
const ORDER = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])

/**
 * Unpacks what lies from `at` to `end` to `out`, up to `limit`, of which up to `SLACK + LONGEST` bytes may stay free; matches go back to `history` at
 * most. Returns why it stopped: `MORE` wants more input, with what was not read (`progress.at`) before it; `FULL` more room.
 */
export function inflate(progress: Progress, at: usize, end: usize, history: usize, out: usize, limit: usize): i32 {
  progress.at = at
  progress.out = out
  let reason = GO_ON
  while (reason === GO_ON) {
    if (progress.state === CODED) reason = decode(progress, end, history, limit)
    else if (progress.state === STORED) reason = copyStored(progress, end, limit)
    else if (progress.isLast !== 0) reason = ENDED
    else reason = startBlock(progress, end)
  }
  return reason
}

/** Reads what a block begins with, all of it or nothing. */
function startBlock(progress: Progress, end: usize): i32 {
  const bits = progress.bits
  const count = progress.count
  const at = progress.at
  const reason = readHead(progress, end)
  if (reason === MORE) {
    progress.bits = bits
    progress.count = count
    progress.at = at
  }
  return reason
}

function readHead(progress: Progress, end: usize): i32 {
  if (!has(progress, end, 3)) return MORE
  const isLast = take(progress, 1)
  const type = take(progress, 2)
  let reason = BAD_BLOCK
  if (type === 0) reason = readStored(progress, end)
  else if (type === 1) reason = setFixed(progress)
  else if (type === 2) reason = readLengths(progress, end)
  if (reason === GO_ON) {
    progress.isLast = isLast
    progress.state = type === 0 ? STORED : CODED
  }
  return reason
}

/** Sees to it that `count` bits are at hand. */
function has(progress: Progress, end: usize, count: u32): boolean {
  for (; progress.count < count; progress.count += 8) {
    if (progress.at === end) return false
    progress.bits |= (<u64>load<u8>(progress.at++)) << progress.count
  }
  return true
}

function take(progress: Progress, count: u32): u32 {
  const value = <u32>progress.bits & ((1 << count) - 1)
  progress.bits >>>= count
  progress.count -= count
  return value
}

function readStored(progress: Progress, end: usize): i32 {
  take(progress, progress.count & 7)
  if (!has(progress, end, 32)) return MORE
  progress.left = take(progress, 16)
  return take(progress, 16) === (progress.left ^ 0xffff) ? GO_ON : BAD_STORED
}

function copyStored(progress: Progress, end: usize, limit: usize): i32 {
  const length = min(min(<usize>progress.left, end - progress.at), limit - progress.out)
  memory.copy(progress.out, progress.at, length)
  progress.at += length
  progress.out += length
  progress.left -= <u32>length
  if (progress.left === 0) progress.state = BETWEEN
  return progress.left === 0 ? GO_ON : progress.out === limit ? FULL : MORE
}

function setFixed(progress: Progress): i32 {
  if (progress.isFixed !== 0) return GO_ON
  progress.isFixed = 1
  const base = changetype<usize>(progress)
  const lengths = base + LENGTHS
  memory.fill(lengths, 8, 144)
  memory.fill(lengths + 144, 9, 112)
  memory.fill(lengths + 256, 7, 24)
  memory.fill(lengths + 280, 8, 8)
  buildTable(base, LITERALS, lengths, 288)
  memory.fill(lengths, 5, 32)
  buildTable(base, DISTANCES, lengths, 32)
  return GO_ON
}

/** Reads the lengths of a block's codes (RFC 1951, 3.2.7). */
function readLengths(progress: Progress, end: usize): i32 {
  if (!has(progress, end, 14)) return MORE
  const base = changetype<usize>(progress)
  const lengths = base + LENGTHS
  const literals = take(progress, 5) + 257
  const all = literals + take(progress, 5) + 1
  const written = take(progress, 4) + 4
  if (literals > 286 || all - literals > 30) return BAD_COUNTS
  memory.fill(lengths, 0, 19)
  for (let i: u32 = 0; i < written; i++) {
    if (!has(progress, end, 3)) return MORE
    store<u8>(lengths + load<u8>(ORDER + i), take(progress, 3))
  }
  if (!buildTable(base, CODE_LENGTHS, lengths, 19)) return BAD_LENGTHS
  for (let i: u32 = 0; i < all; ) {
    let entry = load<u32>(base + LENGTH_TABLE + ((<usize>progress.bits & 127) << 2))
    while ((entry & 255) > progress.count) {
      if (!has(progress, end, progress.count + 1)) return MORE
      entry = load<u32>(base + LENGTH_TABLE + ((<usize>progress.bits & 127) << 2))
    }
    const length = entry >>> 16
    const extra: u32 = length < 16 ? 0 : length === 16 ? 2 : length === 17 ? 3 : 7
    if (!has(progress, end, (entry & 255) + extra)) return MORE
    take(progress, entry & 255)
    if (length < 16) store<u8>(lengths + i++, length)
    else {
      if (length === 16 && i === 0) return BAD_REPEAT
      const times = take(progress, extra) + (length === 18 ? 11 : 3)
      if (i + times > all) return BAD_REPEAT
      memory.fill(lengths + i, length === 16 ? load<u8>(lengths + i - 1) : 0, times)
      i += times
    }
  }
  if (load<u8>(lengths + 256) === 0) return NO_END
  progress.isFixed = 0
  if (!buildTable(base, LITERALS, lengths, literals)) return BAD_LITERAL_LENGTHS
  return buildTable(base, DISTANCES, lengths + literals, all - literals) ? GO_ON : BAD_DISTANCE_LENGTHS
}

/**
 * Makes the table of `symbols` codes of the given lengths. Refuses more codes than there can be, and fewer, but for a single literal or distance
 * of one bit and for none at all, which zlib notices where one is used.
 */
function buildTable(base: usize, kind: u32, lengths: usize, symbols: u32): boolean {
  const counts = base + COUNTS
  const places = base + PLACES
  const sorted = base + SORTED
  memory.fill(counts, 0, 64)
  for (let symbol: u32 = 0; symbol < symbols; symbol++) addTo(counts, load<u8>(lengths + symbol))
  const coded = symbols - load<u32>(counts)
  store<u32>(counts, 0)
  let free: i32 = 1
  let longest: u32 = 0
  store<u32>(places, 0, 4)
  for (let length: u32 = 1; length <= 15; length++) {
    const count = load<u32>(counts + (length << 2))
    free = (free << 1) - <i32>count
    if (free < 0) return false
    if (count !== 0) longest = length
    if (length < 15) store<u32>(places + (length << 2), load<u32>(places + (length << 2)) + count, 4)
  }
  if (free > 0 && coded !== 0 && (kind === CODE_LENGTHS || longest !== 1)) return false
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const length = load<u8>(lengths + symbol)
    if (length !== 0) store<u16>(sorted + (addTo(places, length) << 1), symbol)
  }
  fillTable(base, kind, lengths, coded, longest)
  return true
}

/** Adds 1 to a number of a list; returns what it was. */
function addTo(list: usize, index: u32): usize {
  const at = list + (index << 2)
  const before = load<u32>(at)
  store<u32>(at, before + 1)
  return before
}

function fillTable(base: usize, kind: u32, lengths: usize, coded: u32, longest: u32): void {
  const table = base + (kind === LITERALS ? LITERAL_TABLE : kind === DISTANCES ? DISTANCE_TABLE : LENGTH_TABLE)
  const first: u32 = kind === LITERALS ? LITERAL_BITS : kind === DISTANCES ? DISTANCE_BITS : LENGTH_BITS
  const counts = base + COUNTS
  const sorted = base + SORTED
  const absent: u32 = kind === CODE_LENGTHS ? 1 : INVALID | 1
  if (longest < 2) for (let i: u32 = 0; i < (<u32>1) << first; i++) store<u32>(table + (i << 2), absent)
  let end: u32 = 1 << first
  let part: u32 = 0
  let partBits = first
  let dropped: u32 = 0
  let prefix: u32 = u32.MAX_VALUE
  let code: u32 = 0
  for (let i: u32 = 0; i < coded; i++) {
    const symbol: u32 = load<u16>(sorted + (i << 1))
    const length: u32 = load<u8>(lengths + symbol)
    if (length > first && (code & ((1 << first) - 1)) !== prefix) {
      prefix = code & ((1 << first) - 1)
      part = end
      dropped = first
      partBits = secondBits(counts, length, first, longest)
      end += 1 << partBits
      store<u32>(table + (prefix << 2), (part << 16) | SPECIAL | SECOND | partBits)
    }
    const entry = entryOf(kind, symbol, length)
    for (let at = code >>> dropped; at < (<u32>1) << partBits; at += 1 << (length - dropped))
      store<u32>(table + ((part + at) << 2), entry)
    store<u32>(counts + (length << 2), load<u32>(counts + (length << 2)) - 1)
    code = nextCode(code, length)
  }
}

/** How many bits the second table has that begins with a code of `length`: as many as all codes that share its first bits. */
function secondBits(counts: usize, length: u32, first: u32, longest: u32): u32 {
  let bits = length - first
  let free = (<i32>1) << bits
  for (; bits + first < longest; bits++, free <<= 1) {
    free -= load<i32>(counts + ((bits + first) << 2))
    if (free <= 0) break
  }
  return bits
}

/** The next code of that length. Codes begin with their highest bit, so that they lie here the other way round. */
function nextCode(code: u32, length: u32): u32 {
  let bit: u32 = 1 << (length - 1)
  while ((code & bit) !== 0) bit >>>= 1
  return bit === 0 ? 0 : (code & (bit - 1)) + bit
}

function entryOf(kind: u32, symbol: u32, length: u32): u32 {
  const code = (length << 8) | length
  if (kind === CODE_LENGTHS) return (symbol << 16) | code
  if (kind === DISTANCES) {
    if (symbol >= 30) return INVALID | code
    if (symbol < 4) return ((symbol + 1) << 16) | code
    const extra = (symbol >>> 1) - 1
    return ((((2 + (symbol & 1)) << extra) + 1) << 16) | (code + extra)
  }
  if (symbol < 256) return LITERAL | (symbol << 16) | code
  if (symbol === 256) return SPECIAL | END_OF_BLOCK | code
  if (symbol > 285) return INVALID | code
  if (symbol === 285) return (258 << 16) | code
  if (symbol < 265) return ((symbol - 254) << 16) | code
  const n = symbol - 257
  const extra = (n >>> 2) - 1
  return ((((4 + (n & 3)) << extra) + 3) << 16) | (code + extra)
}

/** Hot: runs once per literal or match, some fifteen a flow. */
function decode(progress: Progress, end: usize, history: usize, limit: usize): i32 {
  const literals = changetype<usize>(progress) + LITERAL_TABLE
  const distances = changetype<usize>(progress) + DISTANCE_TABLE
  const roomyEnd = end - AHEAD
  const roomyLimit = limit - LONGEST - SLACK
  let bits = progress.bits
  let count = progress.count
  let at = progress.at
  let out = progress.out
  let reason = MORE
  for (;;) {
    if (out > roomyLimit) {
      reason = FULL
      break
    }
    if (at <= roomyEnd) {
      bits |= load<u64>(at) << count
      at += (63 - count) >>> 3
      count |= 56
    } else for (; count < 56 && at < end; count += 8) bits |= (<u64>load<u8>(at++)) << count

    let entry = load<u32>(literals + ((<usize>bits & 2047) << 2))
    if ((entry & LITERAL) !== 0) {
      if ((entry & 255) > count) break
      store<u8>(out++, entry >>> 16)
      bits >>>= entry & 255
      count -= entry & 255
      if (at > roomyEnd) continue
      entry = load<u32>(literals + ((<usize>bits & 2047) << 2))
      if ((entry & LITERAL) !== 0) {
        store<u8>(out++, entry >>> 16)
        bits >>>= entry & 255
        count -= entry & 255
        entry = load<u32>(literals + ((<usize>bits & 2047) << 2))
        if ((entry & LITERAL) !== 0) {
          store<u8>(out++, entry >>> 16)
          bits >>>= entry & 255
          count -= entry & 255
          continue
        }
      }
      bits |= load<u64>(at) << count
      at += (63 - count) >>> 3
      count |= 56
    }
    if ((entry & SPECIAL) !== 0) {
      if ((entry & SECOND) !== 0)
        entry = load<u32>(
          literals + (((entry >>> 16) + (<u32>(bits >>> LITERAL_BITS) & ((1 << (entry & 255)) - 1))) << 2),
        )
      if ((entry & (LITERAL | END_OF_BLOCK)) !== 0) {
        if ((entry & 255) > count) break
        bits >>>= entry & 255
        count -= entry & 255
        if ((entry & LITERAL) !== 0) {
          store<u8>(out++, entry >>> 16)
          continue
        }
        progress.state = BETWEEN
        reason = GO_ON
        break
      }
      if ((entry & SPECIAL) !== 0) {
        if ((entry & 255) <= count) reason = BAD_LITERAL
        break
      }
    }
    const lengthBits = entry & 255
    const behindLength = bits >>> lengthBits
    let far = load<u32>(distances + ((<usize>behindLength & 255) << 2))
    if ((far & SPECIAL) !== 0) {
      if ((far & SECOND) !== 0)
        far = load<u32>(
          distances + (((far >>> 16) + (<u32>(behindLength >>> DISTANCE_BITS) & ((1 << (far & 255)) - 1))) << 2),
        )
      if ((far & SPECIAL) !== 0) {
        if (lengthBits + (far & 255) <= count) reason = BAD_DISTANCE
        break
      }
    }
    const farBits = far & 255
    if (lengthBits + farBits > count) break
    const length = (entry >>> 16) + ((<u32>bits & ((1 << lengthBits) - 1)) >>> ((entry >>> 8) & 31))
    const distance = (far >>> 16) + ((<u32>behindLength & ((1 << farBits) - 1)) >>> ((far >>> 8) & 31))
    if (<usize>distance > out - history) {
      reason = TOO_FAR
      break
    }
    bits = behindLength >>> farBits
    count -= lengthBits + farBits
    repeat(out, out + length, distance)
    out += length
  }
  // Whole bytes are given back.
  progress.at = at - (count >>> 3)
  progress.count = count & 7
  progress.bits = bits & ((1 << (count & 7)) - 1)
  progress.out = out
  return reason
}

/** Fills memory up to `behind`, or some bytes more, with the `distance` bytes before `out`, over and over. */
function repeat(out: usize, behind: usize, distance: usize): void {
  let from = out - distance
  if (distance >= 16) {
    for (; out < behind; out += 16, from += 16) v128.store(out, v128.load(from))
  } else if (distance >= 8) {
    for (; out < behind; out += 8, from += 8) store<u64>(out, load<u64>(from))
  } else for (; out < behind; out++, from++) store<u8>(out, load<u8>(from))
}

const MODULUS: u32 = 65_521
/** Sums of so many bytes fit 32 bits. */
const SUMMED: usize = 5536

/** Adler-32 of further bytes, from that of those before (1 at first). */
export function addAdler32(sum: u32, from: usize, behind: usize): u32 {
  let a = sum & 0xffff
  let b = sum >>> 16
  const weightsLow = i16x8(16, 15, 14, 13, 12, 11, 10, 9)
  const weightsHigh = i16x8(8, 7, 6, 5, 4, 3, 2, 1)
  while (from < behind) {
    const stop = min(behind, from + SUMMED)
    for (; from + 16 <= stop; from += 16) {
      const bytes = v128.load(from)
      const low = i16x8.extend_low_i8x16_u(bytes)
      const high = i16x8.extend_high_i8x16_u(bytes)
      b += (a << 4) + total(i32x4.add(i32x4.dot_i16x8_s(low, weightsLow), i32x4.dot_i16x8_s(high, weightsHigh)))
      a += total(i32x4.extadd_pairwise_i16x8_u(i16x8.add(low, high)))
    }
    for (; from < stop; from++) {
      a += load<u8>(from)
      b += a
    }
    a %= MODULUS
    b %= MODULUS
  }
  return (b << 16) | a
}

function total(four: v128): u32 {
  return (
    i32x4.extract_lane(four, 0) +
    i32x4.extract_lane(four, 1) +
    i32x4.extract_lane(four, 2) +
    i32x4.extract_lane(four, 3)
  )
}
