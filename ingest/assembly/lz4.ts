/*
 * AssemblyScript, compiled by `npm run wasm`: unpacks LZ4 blocks from one place of memory to another
 * (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md).
 */

/** So many bytes may be copied at once, however few of them are wanted. */
const SLACK: usize = 64
const DAMAGED: i32 = -1
/** Longer than any memory. */
const NEVER: usize = 0x7fff_ffff

/**
 * Hot: runs once per sequence, some nine a flow. The block lies from `from` to `end`; what it unpacks to goes from `start` on, up to
 * `limit`; both begin behind the first `SLACK` bytes of memory. Returns the length, or -1: the block is damaged, or needs more room.
 */
export function unpack(from: usize, end: usize, start: usize, limit: usize): i32 {
  const roomyEnd = end - SLACK
  const roomyLimit = limit - SLACK
  let at = from
  let out = start
  while (at < end) {
    const token: usize = load<u8>(at++)
    let length = token >>> 4
    if (length < 15 && at < roomyEnd && out < roomyLimit) {
      copy16(out, at)
      at += length
      out += length
    } else {
      if (length === 15) {
        const more = moreLength(at, end)
        length += more
        at += more / 255 + 1
      }
      if (length > limit - out || length > end - at) return DAMAGED
      memory.copy(out, at, length)
      at += length
      out += length
      // The last sequence ends here.
      if (at === end) return <i32>(out - start)
      if (end - at < 2) return DAMAGED
    }
    const offset: usize = load<u16>(at)
    at += 2
    // 0 is none, and too great here as well.
    if (offset - 1 >= out - start) return DAMAGED
    length = (token & 15) + 4
    if (length < 19 && offset >= 8 && out < roomyLimit) {
      copy16(out, out - offset)
      store<u16>(out + 16, load<u16>(out - offset + 16))
    } else {
      if (length === 19) {
        const more = moreLength(at, end)
        length += more
        at += more / 255 + 1
      }
      if (length > limit - out) return DAMAGED
      repeat(out, out + length, offset, roomyLimit)
    }
    out += length
  }
  return DAMAGED
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

/** Fills memory up to `behind` with the `offset` bytes before `out`, over and over. */
function repeat(out: usize, behind: usize, offset: usize, roomyLimit: usize): void {
  let from = out - offset
  if (offset >= 8 && behind < roomyLimit) {
    for (; out < behind; out += 32, from += 32) {
      copy16(out, from)
      copy16(out + 16, from + 16)
    }
  } else for (; out < behind; out++, from++) store<u8>(out, load<u8>(from))
}

function copy16(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from))
  store<u64>(to + 8, load<u64>(from + 8))
}
