import { ByteReader } from './bytes.ts'
import { createGrowth, type UnpackEnd } from './unpacking.ts'
import { loadBzip2 } from './wasm-bzip2.ts'

/*
 * A bzip2 stream is `BZh` and a digit, then blocks of bits without alignment, each behind a mark, then a last mark with a
 * checksum over those of the blocks, and bits up to a whole byte. Blocks stand alone: each is cut out, made a stream
 * of its own and unpacked, so that no more than one is ever held.
 */
const BLOCK = [0x31_4159, 0x26_5359] as const
const END = [0x17_7245, 0x38_5090] as const
const MARK_BITS = 48
/** The mark and the checksum behind it. */
const HEAD_BITS = 80
const HEADER_BYTES = 4
/** A block of the largest size (900 kB), packed as badly as can be, and what is behind it. */
const MOST_BLOCK = 2 * 1024 * 1024
/** What a block unpacks to mostly, and at most: it may hold runs, but 46 MB of one octet are no flows. */
const USUAL_UNPACKED = 4 * 1024 * 1024
const MOST_UNPACKED = 16 * 1024 * 1024
const IS_FULL = /BZ_OUTBUFF_FULL/

/** Unpacks a bzip2 file of any number of streams, block by block; tells how it ended by what the generator returns. */
export async function* bunzip2(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, UnpackEnd> {
  const unpack = await openBlocks()
  const bytes = new ByteReader(source)
  const growth = createGrowth()
  for (;;) {
    const header = (await bytes.peek(HEADER_BYTES)).slice()
    if (header.length === 0) return { kind: 'end', trailing: 0 }
    if (!isHeader(header)) return { kind: 'end', trailing: await countRest(bytes) }
    await bytes.take(HEADER_BYTES)
    let checksum = 0
    let bit = 0
    for (;;) {
      const ahead = await bytes.peek(MOST_BLOCK)
      const isAll = ahead.length < MOST_BLOCK
      if (isAll && ahead.length * 8 < bit + HEAD_BITS) return { kind: 'truncated' }
      const ownChecksum = read32(ahead, bit + MARK_BITS)
      if (isMark(ahead, bit, END)) {
        if (ownChecksum !== checksum) return damaged('the checksum of the stream is wrong')
        await bytes.take(Math.ceil((bit + HEAD_BITS) / 8))
        break
      }
      if (!isMark(ahead, bit, BLOCK)) return damaged('no block where one should begin')
      const next = findMark(ahead, bit + HEAD_BITS)
      if (next === -1) return isAll ? { kind: 'truncated' } : damaged('a block has no end')
      checksum = (((checksum << 1) | (checksum >>> 31)) ^ ownChecksum) >>> 0
      let unpacked: Uint8Array
      try {
        unpacked = unpack(streamOf(header, ahead, bit, next, ownChecksum))
      } catch (error) {
        const { message } = error as Error
        return IS_FULL.test(message)
          ? { kind: 'bomb', read: Math.ceil((next - bit) / 8), written: MOST_UNPACKED }
          : damaged(message)
      }
      const bomb = growth.add((next - bit) / 8, [unpacked])
      if (bomb !== null) return bomb
      await bytes.take(Math.floor(next / 8))
      bit = next % 8
      yield unpacked
    }
  }

  function damaged(message: string): UnpackEnd {
    return { kind: 'damaged', read: bytes.offset, message }
  }
}

function isHeader(bytes: Uint8Array): boolean {
  const [b, z, h, level] = bytes
  return b === 0x42 && z === 0x5a && h === 0x68 && level! >= 0x31 && level! <= 0x39
}

async function countRest(bytes: ByteReader): Promise<number> {
  let count = 0
  for await (const { length } of bytes.rest()) count += length
  return count
}

/** The number that begins at a bit. */
function read32(bytes: Uint8Array, bit: number): number {
  let value = 0
  for (let at = bit; at < bit + 32; at++) value = (value << 1) | ((bytes[at >>> 3]! >>> (7 - (at & 7))) & 1)
  return value >>> 0
}

function isMark(bytes: Uint8Array, bit: number, [high, low]: readonly [number, number]): boolean {
  return read32(bytes, bit) >>> 8 === high && (read32(bytes, bit + 16) & 0xff_ffff) === low
}

/** The bit at which the next mark of either kind begins, or -1. Hot: looks at every bit. */
function findMark(bytes: Uint8Array, from: number): number {
  let high = 0
  let low = 0
  for (let byte = from >>> 3; byte < bytes.length; byte++) {
    const value = bytes[byte]!
    for (let shift = 7; shift >= 0; shift--) {
      high = ((high << 1) | (low >>> 23)) & 0xff_ffff
      low = ((low << 1) | ((value >>> shift) & 1)) & 0xff_ffff
      if ((high === BLOCK[0] && low === BLOCK[1]) || (high === END[0] && low === END[1])) {
        const at = byte * 8 + 8 - shift - MARK_BITS
        if (at >= from) return at
      }
    }
  }
  return -1
}

/** A stream of one block: its bits moved to a whole byte, then the last mark, with the block's checksum as that of the stream. */
function streamOf(header: Uint8Array, bytes: Uint8Array, from: number, to: number, checksum: number): Uint8Array {
  const length = to - from
  const stream = new Uint8Array(HEADER_BYTES + Math.ceil((length + HEAD_BITS) / 8))
  stream.set(header)
  const shift = from & 7
  const whole = Math.ceil(length / 8)
  for (let at = 0, byte = from >>> 3; at < whole; at++, byte++)
    stream[HEADER_BYTES + at] = (bytes[byte]! << shift) | ((bytes[byte + 1] ?? 0) >>> (8 - shift))
  const end = HEADER_BYTES * 8 + length
  writeBits(stream, end, END[0], 24)
  writeBits(stream, end + 24, END[1], 24)
  writeBits(stream, end + MARK_BITS, checksum, 32)
  return stream
}

function writeBits(bytes: Uint8Array, bit: number, value: number, count: number): void {
  for (let n = 0; n < count; n++) {
    const at = bit + n
    const mask = 0x80 >>> (at & 7)
    if (((value >>> (count - 1 - n)) & 1) === 1) bytes[at >>> 3]! |= mask
    else bytes[at >>> 3]! &= ~mask
  }
}

async function openBlocks(): Promise<(stream: Uint8Array) => Uint8Array> {
  const unpack = await loadBzip2()
  return (stream) => {
    try {
      return unpack(stream, USUAL_UNPACKED)
    } catch {
      return unpack(stream, MOST_UNPACKED)
    }
  }
}
