import { DecodeError } from '../model/errors.ts'
import type { FlowFileSummary } from '../model/flow-batch.ts'
import { ByteReader } from './bytes.ts'
import type { Decoder, EmitBatch } from './decoder.ts'
import { flowTools } from './flow-tools.ts'
import { nfcapdV1 } from './nfcapd-v1.ts'
import { nfcapdV2 } from './nfcapd-v2.ts'
import { nfcapdV3 } from './nfcapd-v3.ts'

/** Every file format there is. A new one needs its file, its name here, and a fixture pair. */
export const decoders: readonly Decoder[] = [flowTools, nfcapdV1, nfcapdV2, nfcapdV3]

const HEAD_LENGTH = 64

/**
 * Reads a flow file of any known format, recognised by its first bytes, and hands on its flows batch by batch (see
 * `Decoder.decode`). Throws a DecodeError when it is of no known format or holds nothing that can be trusted.
 */
export async function decodeFlowFile(chunks: AsyncIterable<Uint8Array>, emit: EmitBatch): Promise<FlowFileSummary> {
  const bytes = new ByteReader(chunks)
  const head = (await bytes.peek(HEAD_LENGTH)).slice()
  const decoder = decoders.find(({ recognizes }) => recognizes(head))
  if (decoder === undefined) throw unknownFormat(head)
  return await decoder.decode(bytes, emit)
}

/** What else an administrator may have put there, by its first bytes, and what to do about it. */
const STRANGERS: readonly { readonly starts: readonly number[]; readonly is: string; readonly mend: string }[] = [
  { starts: [0x1f, 0x8b], is: 'gzip', mend: 'unpack it with gunzip' },
  { starts: [0x42, 0x5a, 0x68], is: 'bzip2', mend: 'unpack it with bunzip2' },
  { starts: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], is: 'xz', mend: 'unpack it with unxz' },
  { starts: [0x28, 0xb5, 0x2f, 0xfd], is: 'zstd', mend: 'unpack it with unzstd' },
  { starts: [0x04, 0x22, 0x4d, 0x18], is: 'an LZ4 frame', mend: 'unpack it with unlz4' },
  {
    starts: [0x0c, 0xa5],
    is: 'nfcapd of an unknown layout',
    mend: 'flowscan reads layouts 1 to 3 (nfdump 1.6 to 1.8)',
  },
  {
    starts: [0xa5, 0x0c],
    is: 'nfcapd written on a big-endian machine',
    mend: 'read it there with nfdump and write it here',
  },
  { starts: [0x00, 0x0a], is: 'an IPFIX file', mend: 'collect with nfcapd' },
]

function unknownFormat(head: Uint8Array): DecodeError {
  if (head.length === 0) return new DecodeError(0, 'the file is empty; was the collector killed, or the disk full?')
  const known = `flowscan reads ${[...new Set(decoders.map(({ name }) => name))].join(' and ')} files`
  const stranger = STRANGERS.find(({ starts }) => starts.every((byte, at) => head[at] === byte))
  if (stranger !== undefined) return new DecodeError(0, `this is ${stranger.is}; ${known}: ${stranger.mend}`)
  const found = Buffer.from(head.subarray(0, 8)).toString('hex').replace(/../g, '$& ').trim()
  return new DecodeError(0, `not a flow file: it begins with ${found}; ${known}`)
}
