import { DecodeError } from '../model/errors.ts'
import type { FlowFileSummary } from '../model/flow-batch.ts'
import { ByteReader, type ByteSource } from './bytes.ts'
import { csv } from './csv.ts'
import type { Decoder, EmitBatch } from './decoder.ts'
import { flowTools } from './flow-tools.ts'
import { ipfix } from './ipfix.ts'
import { json } from './json.ts'
import { nfcapdV1 } from './nfcapd-v1.ts'
import { nfcapdV2 } from './nfcapd-v2.ts'
import { nfcapdV3 } from './nfcapd-v3.ts'
import type { UnpackEnd } from './unpacking.ts'
import { type WholeFileCompression, wholeFileCompressions } from './whole-file.ts'

/** Every file format there is. A new one needs its file, its name here, and a fixture pair. */
export const decoders: readonly Decoder[] = [flowTools, nfcapdV1, nfcapdV2, nfcapdV3, ipfix, json, csv]

const HEAD_LENGTH = 64

/**
 * Reads a flow file of any known format, recognised by its first bytes, as it is or compressed as a whole, and hands on its
 * flows batch by batch (see `Decoder.decode`). `timeZone`: where the clock hung by which text formats give times without a
 * zone. Throws a DecodeError when it is of no known format or holds nothing that can be trusted.
 */
export async function decodeFlowFile(chunks: ByteSource, emit: EmitBatch, timeZone = 'UTC'): Promise<FlowFileSummary> {
  const bytes = new ByteReader(chunks)
  const head = await headOf(bytes)
  const compression = compressionOf(head)
  return compression === undefined
    ? decodePlain(bytes, head, emit, timeZone)
    : decodeCompressed(bytes, compression, emit, timeZone)
}

async function headOf(bytes: ByteReader): Promise<Uint8Array> {
  return (await bytes.peek(HEAD_LENGTH)).slice()
}

function compressionOf(head: Uint8Array): WholeFileCompression | undefined {
  return wholeFileCompressions.find(({ starts }) => starts.every((byte, at) => head[at] === byte))
}

function decodePlain(bytes: ByteReader, head: Uint8Array, emit: EmitBatch, timeZone: string): Promise<FlowFileSummary> {
  const decoder = decoders.find(({ recognizes }) => recognizes(head))
  if (decoder === undefined) throw unknownFormat(head)
  return decoder.decode(bytes, emit, timeZone)
}

/** What is inside is recognised anew, one level deep. */
async function decodeCompressed(
  bytes: ByteReader,
  { name, unpack }: WholeFileCompression,
  emit: EmitBatch,
  timeZone: string,
): Promise<FlowFileSummary> {
  let end: UnpackEnd | undefined
  const unpacked = new ByteReader(
    (async function* () {
      end = yield* unpack(bytes.rest())
    })(),
  )
  try {
    const head = await headOf(unpacked)
    const again = compressionOf(head)
    if (again !== undefined) throw new DecodeError(0, `this is ${again.name} once more; unpack it once`)
    const summary = await decodePlain(unpacked, head, emit, timeZone)
    refuseDamage(name, end)
    return { ...summary, ...compressedAs(name, summary, end) }
  } catch (error) {
    refuseDamage(name, end)
    if (error instanceof DecodeError) throw new DecodeError(error.byte, `of what ${name} unpacks to: ${error.reason}`)
    throw error
  }
}

/** What is not whole behind its checksum cannot be trusted. */
function refuseDamage(name: string, end: UnpackEnd | undefined): void {
  if (end?.kind === 'damaged') throw new DecodeError(end.read, `the ${name} data are damaged (${end.message})`)
  if (end?.kind === 'bomb')
    throw new DecodeError(
      end.read,
      `${end.read} ${name} bytes unpack to more than ${end.written}; no flow file shrinks like that`,
    )
}

function compressedAs(
  name: string,
  { compression, complete, warnings }: FlowFileSummary,
  end: UnpackEnd | undefined,
): Pick<FlowFileSummary, 'compression' | 'complete' | 'warnings'> {
  const isTruncated = end?.kind === 'truncated'
  const trailing = end?.kind === 'end' ? end.trailing : 0
  return {
    compression: compression === 'none' ? name : `${name}, ${compression}`,
    complete: complete && !isTruncated,
    warnings: [
      ...(isTruncated ? [`the ${name} data end too early; what is whole before counts`] : []),
      ...(trailing > 0 ? [`${trailing} bytes behind the end of the ${name} data are ignored`] : []),
      ...warnings,
    ],
  }
}

/** What else an administrator may have put there, by its first bytes, and what to do about it. */
const STRANGERS: readonly { readonly starts: readonly number[]; readonly is: string; readonly mend: string }[] = [
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
]

function unknownFormat(head: Uint8Array): DecodeError {
  if (head.length === 0) return new DecodeError(0, 'the file is empty; was the collector killed, or the disk full?')
  const known = `flowscan reads ${[...new Set(decoders.map(({ name }) => name))].join(', ')} files`
  const stranger = STRANGERS.find(({ starts }) => starts.every((byte, at) => head[at] === byte))
  if (stranger !== undefined) return new DecodeError(0, `this is ${stranger.is}; ${known}: ${stranger.mend}`)
  const found = Buffer.from(head.subarray(0, 8)).toString('hex').replace(/../g, '$& ').trim()
  return new DecodeError(0, `not a flow file: it begins with ${found}; ${known}`)
}
