import { createRequire } from 'node:module'

/** A way in which a block of an nfcapd file may be compressed. The unpacked size is stored nowhere. */
export interface Codec {
  readonly name: string
  /**
   * Unpacks the block that fills `bytes` from byte 4 on; the first 4 bytes are there to be written over. Throws when the block
   * is damaged or larger than `MOST_UNPACKED`. `null`: this installation cannot.
   */
  readonly decompress: ((bytes: Uint8Array) => Uint8Array) | null
}

/** The reference reader's buffer is 5 MiB; nothing writes blocks beyond 2. */
export const MOST_UNPACKED = 16 * 1024 * 1024
const USUAL_UNPACKED = 2 * 1024 * 1024

/** By the code that layout 2 uses (README, "nfcapd layout 2"). */
export const CODECS: { readonly [code: number]: Codec } = {
  0: { name: 'none', decompress: (bytes) => bytes.subarray(4) },
  1: { name: 'LZO', decompress: null },
  2: { name: 'BZ2', decompress: null },
  3: { name: 'LZ4', decompress: decompressLz4 },
  4: { name: 'ZSTD', decompress: null },
}

/** lz4-napi wants the unpacked size in 4 bytes before the block and takes it as the room there is: usual first, then more. */
function decompressLz4(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let room = USUAL_UNPACKED; ; room *= 2) {
    view.setUint32(0, room, true)
    try {
      return lz4().uncompressSync(bytes)
    } catch (error) {
      if (room >= MOST_UNPACKED || !/too small/i.test((error as Error).message)) throw error
    }
  }
}

let loaded: typeof import('lz4-napi') | undefined

/** Loaded when the first block asks for it: a file without LZ4 does not pay for it. */
function lz4(): typeof import('lz4-napi') {
  loaded ??= createRequire(import.meta.url)('lz4-napi') as typeof import('lz4-napi')
  return loaded
}
