import { ByteReader } from './bytes.ts'
import { createGrowth, type UnpackEnd } from './unpacking.ts'
import { openZstdStream } from './wasm-zstd.ts'
import { readZstdFrame } from './zstd-frame.ts'

/** Longest header of a frame. */
const HEADER_BYTES = 18
/** A frame that holds nothing (RFC 8878, 3.1.2): to read it, the decoder must first hand out all of the frame before. */
const LAST_FRAME = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0)
/** A decoder that gives nothing and takes nothing more often than this has met damage: it does not say so. */
const MOST_IDLE = 2

/** Unpacks a zstd file of any number of frames; tells how it ended by what the generator returns. */
export async function* unzstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, UnpackEnd> {
  const growth = createGrowth()
  const bytes = new ByteReader(source)
  const header = await bytes.peek(HEADER_BYTES)
  const input = handOver(bytes.rest())
  const unpackMore = await openZstdStream(input.chunks)
  let idle = 0
  try {
    readZstdFrame(header)
    for (;;) {
      const read = await input.fetch()
      const taken = input.taken()
      const unpacked = unpackMore()
      if (unpacked.done === true) return { kind: 'end', trailing: 0 }
      const bomb = growth.add(read.length, [unpacked.value])
      if (bomb !== null) return bomb
      idle = unpacked.value.length === 0 && input.taken() === taken ? idle + 1 : 0
      if (idle > MOST_IDLE)
        return input.isDone() ? { kind: 'truncated' } : { kind: 'damaged', read: growth.read, message: 'no zstd data' }
      yield unpacked.value
    }
  } catch (error) {
    const { message } = error as Error
    return /^Incomplete stream/.test(message) ? { kind: 'truncated' } : { kind: 'damaged', read: growth.read, message }
  }
}

const NOTHING = new Uint8Array(0)

/** Chunks that come with waiting, for a decoder that takes them without: `fetch` before it can ask for the next. */
function handOver(source: AsyncIterable<Uint8Array>) {
  const iterator = source[Symbol.asyncIterator]()
  let inHand: Uint8Array | null = null
  let taken = 0
  let isDone = false
  return {
    /** The chunk that was fetched; nothing when the last is still there, or was the last. */
    async fetch(): Promise<Uint8Array> {
      if (inHand !== null || isDone) return NOTHING
      const step = await iterator.next()
      isDone = step.done === true
      inHand = step.done === true ? LAST_FRAME : step.value.slice()
      return isDone ? NOTHING : inHand
    },
    taken: () => taken,
    /** Is the last frame taken? */
    isDone: () => isDone && inHand === null,
    chunks: (function* () {
      while (inHand !== null) {
        const chunk = inHand
        inHand = null
        taken++
        yield chunk
      }
    })(),
  }
}
