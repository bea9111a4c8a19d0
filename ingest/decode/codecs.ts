import * as zlib from 'node:zlib'
import { decompressLzo } from './lzo.ts'
import { MOST_UNPACKED } from './unpacking.ts'
import { loadBzip2 } from './wasm-bzip2.ts'
import { nfcapdMemory } from './wasm-nfcapd.ts'
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
 * Unpacks a block. `size` is how long it is unpacked, where the file says so. What it returns is good until the next call, for
 * whatever file. Throws when the block is damaged or larger than `MOST_UNPACKED`.
 */
export type Decompress = (block: Uint8Array, size: number | null) => Uint8Array

export const NONE: Codec = {
  name: 'none',
  mostGrowth: 1,
  open: async () => (block) => block,
}

export const LZO: Codec = {
  name: 'LZO',
  mostGrowth: 255,
  async open() {
    const output = new Uint8Array(MOST_UNPACKED)
    return (block, size) => output.subarray(0, decompressLzo(block, output.subarray(0, size ?? MOST_UNPACKED)))
  },
}

export const LZ4: Codec = {
  name: 'LZ4',
  mostGrowth: 255,
  async open() {
    const { unpack } = nfcapdMemory()
    return (block, size) => unpack(block, size ?? MOST_UNPACKED)
  },
}

export const BZ2: Codec = {
  name: 'BZ2',
  mostGrowth: Number.POSITIVE_INFINITY,
  async open() {
    const unpack = await loadBzip2()
    return (block, size) => unpack(block, size ?? MOST_UNPACKED)
  },
}

export const ZSTD: Codec = {
  name: 'ZSTD',
  mostGrowth: Number.POSITIVE_INFINITY,
  async open() {
    const decompress = await openZstd()
    return (frame) => {
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
