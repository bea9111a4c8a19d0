import { DecodeError } from '../model/errors.ts'
import type { Codec, Decompress } from './codecs.ts'
import type { BlockHeader } from './nfcapd-block-header.ts'
import { MOST_UNPACKED } from './unpacking.ts'

/** What comes out of a block, or why nothing does; `wasted`: how many bytes may have been unpacked to find that out. */
export type Unpacked = { readonly payload: Uint8Array } | { readonly problem: string; readonly wasted: number }

/** Opens each codec when the first block of a file asks for it. Throws a DecodeError that names the codec when this installation lacks it. */
export function createCodecs(): (codec: Codec, byte: number) => Promise<Decompress> {
  const opened = new Map<Codec, Decompress>()
  return async (codec, byte) => {
    const decompress = opened.get(codec) ?? (await open(codec, byte))
    opened.set(codec, decompress)
    return decompress
  }
}

async function open(codec: Codec, byte: number): Promise<Decompress> {
  try {
    return await codec.open()
  } catch (error) {
    throw new DecodeError(
      byte,
      `block compressed with ${codec.name}, which this installation cannot unpack (${(error as Error).message}); install flowscan anew, or let nfcapd compress in another way`,
    )
  }
}

/** Unpacks the payload of a block (see `Decompress`). Never fails. */
export function unpack(
  bytes: Uint8Array,
  { codec, unpackedSize, obstacle }: BlockHeader,
  decompress: Decompress | null,
): Unpacked {
  const block = `block of ${bytes.length} bytes`
  if (decompress === null) return { problem: `${block} is ${obstacle} and is left out`, wasted: 0 }
  if (unpackedSize !== null && !(unpackedSize >= 0 && unpackedSize <= MOST_UNPACKED)) {
    return {
      problem: `${block} says it unpacks to ${unpackedSize} bytes, expected 0 to ${MOST_UNPACKED}, and is left out`,
      wasted: 0,
    }
  }
  try {
    const payload = decompress(bytes, unpackedSize)
    if (unpackedSize === null || unpackedSize === payload.length) return { payload }
    return {
      problem: `${block} unpacks to ${payload.length} bytes, expected ${unpackedSize}, and is left out`,
      wasted: payload.length,
    }
  } catch (error) {
    return {
      problem: `${block} does not unpack as ${codec.name} (${(error as Error).message}) and is left out`,
      wasted: Math.min(bytes.length * codec.mostGrowth, MOST_UNPACKED),
    }
  }
}
