import { DecodeError } from '../model/errors.ts'
import { createFlowBatch, type FlowFileSummary } from '../model/flow-batch.ts'
import type { ByteReader } from './bytes.ts'
import { type Codec, type Decompress, MOST_UNPACKED, NONE } from './codecs.ts'
import type { EmitBatch } from './decoder.ts'
import { createExporterIndex, type ExporterIndex } from './exporters.ts'
import { type RecordReader, warnOfRecords } from './nfcapd-records.ts'
import type { Warnings } from './warnings.ts'

/** How a layout of nfcapd arranges its blocks. */
export interface BlockLayout {
  readonly headerLength: number
  /** What the header of a block says; `null` where no block begins, and none comes behind. */
  readHeader(header: DataView): BlockHeader | null
  /** Types of blocks worth unpacking; others are skipped by their size. */
  readonly types: ReadonlySet<number>
  readonly createReader: (exporters: ExporterIndex) => RecordReader
}

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

interface Block {
  /** Of its header, in the file. */
  readonly byte: number
  readonly header: BlockHeader
  /** The payload from byte 4 on; the 4 bytes before it belong to nobody any more. */
  readonly bytes: Uint8Array
}

/**
 * Reads blocks back to back until the file or the blocks end, and hands on their flows. Damage costs the block it is in; only when
 * no flow is left does the first of it become the error of the file. Fills in what the records tell of the summary, and returns
 * how many blocks there were.
 */
export async function readBlocks(
  bytes: ByteReader,
  layout: BlockLayout,
  summary: FlowFileSummary,
  warnings: Warnings,
  emit: EmitBatch,
): Promise<number> {
  const reader = layout.createReader(createExporterIndex(summary.exporters))
  const { counts } = reader
  const batch = createFlowBatch()
  const flush = () => {
    summary.firstExportMs = counts.firstReceivedMs
    if (batch.length > 0) emit(batch, summary)
    batch.length = 0
  }
  const damage = createDamage(warnings)
  const unpack = createUnpacker(damage)
  let blocks = 0
  for (let block = await nextBlock(); block !== null; block = await nextBlock()) {
    blocks++
    const payload = layout.types.has(block.header.type) ? await unpack(block) : null
    if (payload === null) continue
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    const found = reader.readBlock(view, block.header, batch, flush)
    if (found === null) continue
    damage.report(block.byte, `in the block, at ${found.at} of its ${payload.length} unpacked bytes: ${found.message}`)
  }
  flush()
  if (counts.flows === 0 && damage.first !== null) throw damage.first
  summary.records = counts.flows - counts.implausible
  summary.implausible = counts.implausible
  warnOfRecords(counts, warnings)
  return blocks

  async function nextBlock(): Promise<Block | null> {
    const { headerLength } = layout
    const byte = bytes.offset
    const head = await bytes.peek(headerLength)
    if (head.length === 0) return null
    if (head.length < headerLength) return tear(byte, `block header of ${head.length} bytes, expected ${headerLength}`)
    const header = layout.readHeader(new DataView(head.buffer, head.byteOffset, head.byteLength))
    if (header === null) return null
    const { size } = header
    if (size < 0 || size > MOST_UNPACKED) return tear(byte, `block of ${size} bytes; expected 0 to ${MOST_UNPACKED}`)
    const whole = await bytes.take(headerLength + size)
    if (whole.length === headerLength + size) return { byte, header, bytes: whole.subarray(headerLength - 4) }
    const remain = whole.length - headerLength
    return tear(byte, `block of ${size} bytes, but only ${remain} remain; is the collector still writing?`)
  }

  /** Behind a block whose size cannot be true there is nothing to be found. */
  function tear(byte: number, message: string): null {
    summary.complete = false
    damage.report(byte, message)
    return null
  }
}

/** Codecs are loaded when the first block asks for them. */
function createUnpacker(damage: Damage): (block: Block) => Promise<Uint8Array | null> {
  const opened = new Map<Codec, Decompress>()

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

  return async ({ byte, header, bytes }) => {
    const { codec, unpackedSize, obstacle } = header
    const block = `block of ${bytes.length - 4} bytes`
    if (obstacle !== null) return damage.report(byte, `${block} is ${obstacle} and is left out`)
    if (unpackedSize !== null && !(unpackedSize >= 0 && unpackedSize <= MOST_UNPACKED))
      return damage.report(
        byte,
        `${block} says it unpacks to ${unpackedSize} bytes, expected 0 to ${MOST_UNPACKED}, and is left out`,
      )
    const decompress = opened.get(codec) ?? (await open(codec, byte))
    opened.set(codec, decompress)
    try {
      const payload = decompress(bytes, unpackedSize)
      if (unpackedSize === null || unpackedSize === payload.length) return payload
      return damage.report(
        byte,
        `${block} unpacks to ${payload.length} bytes, expected ${unpackedSize}, and is left out`,
      )
    } catch (error) {
      const { message } = error as Error
      return damage.report(byte, `${block} does not unpack as ${codec.name} (${message}) and is left out`)
    }
  }
}

interface Damage {
  first: DecodeError | null
  report(byte: number, message: string): null
}

function createDamage(warnings: Warnings): Damage {
  return {
    first: null,
    report(byte, message) {
      this.first ??= new DecodeError(byte, message)
      warnings.add('block', `byte ${byte}: ${message}`)
      return null
    },
  }
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
