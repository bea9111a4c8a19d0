/*
 * AssemblyScript, compiled by `npm run wasm`: unpacks LZ4 blocks from one place of memory to another
 * (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md).
 */

/** So many bytes may be copied at once, however few of them are wanted. */
const SLACK: usize = 64
const DAMAGED: i32 = -1
/** Longer than any memory. */
const NEVER: usize = 0x7fff_ffff

/** Where `unpackCarefully` has stopped. */
let nextAt: usize = 0
let nextOut: usize = 0

/**
 * Hot: runs once per sequence, some nine a flow. The block lies from `from` to `end`; what it unpacks to goes from `start` on, up to
 * `limit`; both begin behind the first `SLACK` bytes of memory. Returns the length, or -1: the block is damaged, or needs more room.
 *
 * Conditions that nearly never hold are asked together, as the sign of differences: `&&` and `||` become more instructions than that.
 */
export function unpack(from: usize, end: usize, start: usize, limit: usize): i32 {
  const roomyEnd = end - SLACK
  const roomyLimit = limit - SLACK
  let at = from
  let out = start
  while (at < end) {
    while (<i32>((roomyEnd - at) | (roomyLimit - out)) >= 0) {
      const token: usize = load<u8>(at)
      const literals = token >>> 4
      if (literals === 15) break
      copy16(out, at + 1)
      const to = out + literals
      const behind = at + literals + 3
      const offset: usize = load<u16>(behind - 2)
      const match = to - offset
      if (<i32>((offset - 8) | (match - start)) < 0) break
      const length = token & 15
      if (length < 15) {
        copy16(to, match)
        store<u16>(to + 16, load<u16>(match + 16))
        at = behind
        out = to + length + 4
      } else {
        const more: usize = load<u8>(behind)
        out = to + more + 19
        if (more === 255 || out >= roomyLimit) {
          out = to - literals
          break
        }
        repeatWords(to, out, match)
        at = behind + 1
      }
    }
    const more = unpackCarefully(at, end, out, start, limit)
    if (more <= 0) return more < 0 ? DAMAGED : <i32>(nextOut - start)
    at = nextAt
    out = nextOut
  }
  return DAMAGED
}

/** The sequence at `at`, wherever it lies and whatever is wrong with it. Returns 1: others follow; 0: it was the last; -1: damaged. */
export function unpackCarefully(at: usize, end: usize, out: usize, start: usize, limit: usize): i32 {
  const token: usize = load<u8>(at++)
  let length = token >>> 4
  if (length === 15) {
    const more = moreLength(at, end)
    length += more
    at += more / 255 + 1
  }
  if (length > limit - out || length > end - at) return DAMAGED
  memory.copy(out, at, length)
  at += length
  out += length
  nextOut = out
  if (at === end) return 0
  if (end - at < 2) return DAMAGED
  const offset: usize = load<u16>(at)
  at += 2
  // 0 is none, and too great here as well.
  if (offset - 1 >= out - start) return DAMAGED
  length = (token & 15) + 4
  if (length === 19) {
    const more = moreLength(at, end)
    length += more
    at += more / 255 + 1
  }
  if (length > limit - out) return DAMAGED
  nextAt = at
  nextOut = out + length
  if (offset >= 8 && nextOut < limit - SLACK) repeatWords(out, nextOut, out - offset)
  else for (; out < nextOut; out++) store<u8>(out, load<u8>(out - offset))
  return 1
}

/** What the bytes at `at` add to a length: all up to the first that is not 255. */
function moreLength(at: usize, end: usize): usize {
  for (let more: usize = 0; at < end; at++) {
    const byte: usize = load<u8>(at)
    more += byte
    if (byte !== 255) return more
  }
  return NEVER
}

/** Fills memory from `out` up to `behind`, and some bytes more, with those from `from` on, which lie at least 8 bytes before. */
function repeatWords(out: usize, behind: usize, from: usize): void {
  for (; out < behind; out += 32, from += 32) {
    copy16(out, from)
    copy16(out + 16, from + 16)
  }
}

function copy16(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from))
  store<u64>(to + 8, load<u64>(from + 8))
}
