import { DecodeError } from '../model/errors.ts'
import { createFlowBatch, type FlowFileSummary } from '../model/flow-batch.ts'
import type { ByteReader } from './bytes.ts'
import { CODECS, type Codec, MOST_UNPACKED } from './codecs.ts'
import type { Decoder } from './decoder.ts'
import { createExporterIndex } from './exporters.ts'
import { createRecordReader, type RecordCounts } from './nfcapd-v2-records.ts'
import { createWarnings, type Warnings } from './warnings.ts'

const HEADER_LENGTH = 40
const BLOCK_HEADER_LENGTH = 12
const BLOCK_TYPE_RECORDS = 3
const BLOCK_FLAG_UNCOMPRESSED = 1

interface Header {
  readonly version: string
  readonly createdMs: number
  readonly codec: Codec
  /** Data blocks as the collector counted them when it closed the file; 0 while it is open. */
  readonly blocks: number
  readonly appendixBlocks: number
  readonly appendixOffset: number
}

/** Files of nfcapd and its kin, layout 2 (nfdump 1.7). */
export const nfcapdV2: Decoder = {
  name: 'nfcapd',
  recognizes: (head) => head[0] === 0x0c && head[1] === 0xa5 && head[2] === 2 && head[3] === 0,
  async decode(bytes, emit) {
    const header = await readHeader(bytes)
    const warnings = createWarnings()
    const summary: FlowFileSummary = {
      format: 'nfcapd',
      detail: `layout 2, written by nfdump ${header.version}`,
      compression: header.codec.name,
      complete: header.blocks > 0 || header.appendixBlocks > 0,
      exporters: [],
      captureStartMs: null,
      firstExportMs: null,
      records: 0,
      implausible: 0,
      lost: null,
      warnings: [],
    }
    const reader = createRecordReader(createExporterIndex(summary.exporters))
    const batch = createFlowBatch()
    const flush = () => {
      summary.firstExportMs = reader.counts.firstReceivedMs
      if (batch.length > 0) emit(batch, summary)
      batch.length = 0
    }
    const damage = createDamage(warnings)
    let blocks = 0
    for (
      let block = await nextBlock(bytes, summary, damage);
      block !== null;
      block = await nextBlock(bytes, summary, damage)
    ) {
      blocks++
      const payload = unpack(block, header.codec, damage)
      const found = payload === null ? null : reader.readBlock(payload, batch, flush)
      if (found !== null)
        damage.report(
          block.byte,
          `in the block, at ${found.at} of its ${payload!.length} unpacked bytes: ${found.message}`,
        )
    }
    flush()
    const { counts } = reader
    if (counts.flows === 0 && damage.first !== null) throw damage.first
    if (blocks === 0 && header.blocks > 0)
      throw new DecodeError(bytes.offset, `the header says ${header.blocks} blocks, but the file ends here`)
    summary.records = counts.flows - counts.implausible
    summary.implausible = counts.implausible
    summary.firstExportMs ??= counts.flows === 0 && header.createdMs > 0 ? header.createdMs : null
    warnOfRecords(counts, warnings)
    checkBlocks(header, blocks, bytes.offset, summary, warnings)
    summary.warnings.push(...warnings.lines())
    return summary
  },
}

async function readHeader(bytes: ByteReader): Promise<Header> {
  const head = (await bytes.take(HEADER_LENGTH)).slice()
  if (head.length < HEADER_LENGTH)
    throw new DecodeError(
      head.length,
      `file ends within its header of ${HEADER_LENGTH} bytes; was the collector killed?`,
    )
  const view = new DataView(head.buffer)
  const encryption = view.getUint8(17)
  if (encryption !== 0) throw new DecodeError(17, `encrypted (method ${encryption}); flowscan reads plain files only`)
  return {
    version: versionText(view.getUint32(4, true)),
    createdMs: (view.getUint32(8, true) + view.getUint32(12, true) * 0x1_0000_0000) * 1000,
    codec: codecOf(view.getUint8(16)),
    blocks: view.getUint32(36, true),
    appendixBlocks: view.getUint16(18, true),
    appendixOffset: view.getUint32(24, true) + view.getUint32(28, true) * 0x1_0000_0000,
  }
}

function codecOf(code: number): Codec {
  const codec = CODECS[code]
  if (codec === undefined)
    throw new DecodeError(16, `unknown compression ${code}; expected 0 to ${Object.keys(CODECS).length - 1}`)
  if (codec.decompress === null)
    throw new DecodeError(
      16,
      `compressed with ${codec.name}, which flowscan cannot unpack yet; set nfcapd to LZ4 (-z=lz4), or convert with nfdump -r FILE -w FILE -z=lz4`,
    )
  return codec
}

/** `1.7.1`; a build from git says so. */
function versionText(version: number): string {
  const [, minor, patch] = [version >>> 24, (version >>> 16) & 0xff, (version >>> 8) & 0xff]
  return `1.${minor}.${patch}${version >>> 24 === 0xf1 ? ' (git)' : ''}`
}

interface Block {
  /** Of its header, in the file. */
  readonly byte: number
  readonly type: number
  readonly isPlain: boolean
  /** The payload from byte 4 on; the 4 bytes before it belong to nobody any more. */
  readonly bytes: Uint8Array
}

/** Blocks lie back to back up to the end of the file; the appendix is made of blocks like any other. */
async function nextBlock(bytes: ByteReader, summary: FlowFileSummary, damage: Damage): Promise<Block | null> {
  const byte = bytes.offset
  const head = await bytes.peek(BLOCK_HEADER_LENGTH)
  if (head.length === 0) return null
  if (head.length < BLOCK_HEADER_LENGTH)
    return torn(summary, damage, byte, `block header of ${head.length} bytes, expected ${BLOCK_HEADER_LENGTH}`)
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const size = view.getUint32(4, true)
  const type = view.getUint16(8, true)
  const isPlain = (view.getUint16(10, true) & BLOCK_FLAG_UNCOMPRESSED) !== 0
  if (size > MOST_UNPACKED)
    return torn(summary, damage, byte, `block of ${size} bytes; expected at most ${MOST_UNPACKED}`)
  const whole = await bytes.take(BLOCK_HEADER_LENGTH + size)
  if (whole.length < BLOCK_HEADER_LENGTH + size) {
    return torn(
      summary,
      damage,
      byte,
      `block of ${size} bytes, but only ${whole.length - BLOCK_HEADER_LENGTH} remain; is the collector still writing?`,
    )
  }
  return { byte, type, isPlain, bytes: whole.subarray(BLOCK_HEADER_LENGTH - 4) }
}

/** Behind a block whose size cannot be true there is nothing to be found. */
function torn(summary: FlowFileSummary, damage: Damage, byte: number, message: string): null {
  summary.complete = false
  damage.report(byte, message)
  return null
}

function unpack(block: Block, codec: Codec, damage: Damage): Uint8Array | null {
  if (block.type !== BLOCK_TYPE_RECORDS) return null
  if (block.isPlain) return block.bytes.subarray(4)
  try {
    return codec.decompress!(block.bytes)
  } catch (error) {
    damage.report(
      block.byte,
      `block of ${block.bytes.length - 4} bytes does not unpack as ${codec.name} (${(error as Error).message}) and is left out`,
    )
    return null
  }
}

interface Damage {
  first: DecodeError | null
  report(byte: number, message: string): void
}

/** Damage costs the block it is in; only when no flow is left does the first of it become the error of the file. */
function createDamage(warnings: Warnings): Damage {
  return {
    first: null,
    report(byte, message) {
      this.first ??= new DecodeError(byte, message)
      warnings.add('block', `byte ${byte}: ${message}`)
    },
  }
}

function warnOfRecords(counts: RecordCounts, warnings: Warnings): void {
  const { events, implausible, unknownRecords, unknownElements, sequenceFailures } = counts
  if (events > 0) warnings.add('events', `${events} event records (NSEL, NEL) carry no traffic and are left out`)
  if (implausible > 0) warnings.add('implausible', `${implausible} records with counters beyond 2^53 are left out`)
  if (unknownRecords > 0) warnings.add('records', `${unknownRecords} records of unknown types are skipped`)
  if (unknownElements > 0) warnings.add('elements', `${unknownElements} elements of unknown types are skipped`)
  if (sequenceFailures !== null && sequenceFailures > 0) {
    warnings.add('sequence', `the collector noticed ${sequenceFailures} gaps in the sequence of exports`)
  }
}

function checkBlocks(
  header: Header,
  found: number,
  fileEnd: number,
  summary: FlowFileSummary,
  warnings: Warnings,
): void {
  const { blocks, appendixBlocks, appendixOffset } = header
  if (blocks === 0 && found > appendixBlocks) {
    summary.complete = false
    warnings.add('open', 'the collector had not closed this file, or died: its records up to here count')
  } else if (blocks + appendixBlocks !== found && blocks !== found) {
    summary.complete = false
    warnings.add(
      'blocks',
      `the header says ${blocks} blocks and ${appendixBlocks} of an appendix, the file holds ${found}`,
    )
  }
  if (appendixOffset > fileEnd)
    warnings.add('appendix', `the header puts the appendix at byte ${appendixOffset}, behind the end of the file`)
}
