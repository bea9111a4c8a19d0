import { bunzip2 } from './bzip2.ts'
import { gunzip } from './inflate.ts'
import type { UnpackEnd } from './unpacking.ts'
import { unxz } from './xz.ts'
import { unzstd } from './zstd.ts'

/** A way in which somebody may have compressed a flow file as a whole; the collectors themselves never do. */
export interface WholeFileCompression {
  readonly name: string
  /** The first bytes of every such file. */
  readonly starts: readonly number[]
  /** Unpacks; everything before damage is handed on. How it ended is what the generator returns. */
  unpack(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, UnpackEnd>
}

export const wholeFileCompressions: readonly WholeFileCompression[] = [
  { name: 'gzip', starts: [0x1f, 0x8b], unpack: gunzip },
  { name: 'bzip2', starts: [0x42, 0x5a, 0x68], unpack: bunzip2 },
  { name: 'xz', starts: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], unpack: unxz },
  { name: 'zstd', starts: [0x28, 0xb5, 0x2f, 0xfd], unpack: unzstd },
]
