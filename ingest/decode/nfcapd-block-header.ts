import { type Codec, NONE } from './codecs.ts'

/** What the header of a block says. */
export interface BlockHeader {
  readonly type: number
  /** Bytes behind the header. */
  readonly size: number
  /** Bytes once unpacked; `null` where the layout does not say. */
  readonly unpackedSize: number | null
  /** How many records it says it holds; `null` where the layout says it elsewhere. */
  readonly records: number | null
  readonly codec: Codec
  /** Why it cannot be read; `null` as a rule. */
  readonly obstacle: string | null
}

const FLAG_UNCOMPRESSED = 1

/** The 12 bytes before each block of layouts 1 and 2; the file says how those are compressed that are. */
export const SHORT_HEADER_LENGTH = 12

export function readShortHeader(header: DataView, codec: Codec): BlockHeader {
  const isPlain = (header.getUint16(10, true) & FLAG_UNCOMPRESSED) !== 0
  return {
    type: header.getUint16(8, true),
    size: header.getUint32(4, true),
    unpackedSize: null,
    records: header.getUint32(0, true),
    codec: isPlain ? NONE : codec,
    obstacle: null,
  }
}
