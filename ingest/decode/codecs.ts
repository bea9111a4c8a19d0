import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import { decompressLzo } from './lzo.ts'
import { loadBzip2 } from './wasm-bzip2.ts'
import { readZstdFrame } from './zstd-frame.ts'

/** A way in which a block of an nfcapd file may be compressed. */
export interface Codec {
  readonly name: string
  /** At most so many bytes come of one. */
  readonly mostGrowth: number
  /** Loads what unpacking takes, once per file that needs it. Fails where the installation lacks it. */
  open(): Promise<Decompress>
}

/**
 * Unpacks the block that fills `bytes` from byte 4 on; the first 4 bytes are there to be written over. `size` is how long the
 * block is unpacked, where the file says so. What it returns is good until the next call. Throws when the block is damaged
 * or larger than `MOST_UNPACKED`.
 */
export type Decompress = (bytes: Uint8Array, size: number | null) => Uint8Array

/** The reference reader's buffer is 5 MiB; nothing writes blocks beyond 2. */
export const MOST_UNPACKED = 16 * 1024 * 1024
/** Flows in LZ4 grow by 3 to 6. */
const USUAL_GROWTH = 8

export const NONE: Codec = {
  name: 'none',
  mostGrowth: 1,
  open: async () => (bytes) => bytes.subarray(4),
}

export const LZO: Codec = {
  name: 'LZO',
  mostGrowth: 255,
  async open() {
    const output = new Uint8Array(MOST_UNPACKED)
    return (bytes, size) =>
      output.subarray(0, decompressLzo(bytes.subarray(4), output.subarray(0, size ?? MOST_UNPACKED)))
  },
}

export const LZ4: Codec = {
  name: 'LZ4',
  mostGrowth: 255,
  /**
   * lz4-napi wants the unpacked size in 4 bytes before the block and takes it as the room there is: what flows usually take, then
   * more. Its asynchronous form would use another core, but V8 does not see what that allocates: hundreds of MB stay.
   */
  async open() {
    const { uncompressSync } = createRequire(import.meta.url)('lz4-napi') as typeof import('lz4-napi')
    let growth = USUAL_GROWTH
    return (bytes, size) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (;;) {
        const room = size ?? Math.min(bytes.length * growth, MOST_UNPACKED)
        view.setUint32(0, room, true)
        try {
          return uncompressSync(bytes)
        } catch (error) {
          if (size !== null || room === MOST_UNPACKED || !/too small/i.test((error as Error).message)) throw error
          growth *= 2
        }
      }
    }
  },
}

export const BZ2: Codec = {
  name: 'BZ2',
  mostGrowth: Number.POSITIVE_INFINITY,
  async open() {
    const unpack = await loadBzip2()
    return (bytes, size) => unpack(bytes.subarray(4), size ?? MOST_UNPACKED)
  },
}

export const ZSTD: Codec = {
  name: 'ZSTD',
  mostGrowth: Number.POSITIVE_INFINITY,
  async open() {
    const decompress = await openZstd()
    return (bytes) => {
      const frame = bytes.subarray(4)
      const { contentSize } = readZstdFrame(frame)
      if (contentSize !== null && contentSize > MOST_UNPACKED)
        throw new RangeError(`it says it holds ${contentSize} bytes; expected at most ${MOST_UNPACKED}`)
      return decompress(frame, contentSize ?? MOST_UNPACKED)
    }
  },
}

/** Node has zstd of its own from 22.15 on. */
interface ZlibOfLaterNode {
  readonly zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array
}

async function openZstd(): Promise<(frame: Uint8Array, room: number) => Uint8Array> {
  const { zstdDecompressSync } = zlib as ZlibOfLaterNode
  if (zstdDecompressSync !== undefined) {
    return (frame, room) => zstdDecompressSync(frame, { maxOutputLength: Math.max(1, room) })
  }
  const { ZSTDDecoder } = await import('zstddec')
  const decoder = new ZSTDDecoder()
  await decoder.init()
  return (frame, room) => {
    if (room === 0) return new Uint8Array(0)
    const unpacked = decoder.decode(frame, room)
    if (unpacked.length === 0) throw new RangeError(`the frame is damaged, or more than ${room} bytes come out of it`)
    return unpacked
  }
}
