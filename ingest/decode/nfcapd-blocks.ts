import { DecodeError } from '../model/errors.ts'
import type { FlowFileSummary } from '../model/flow-batch.ts'
import { openRoom } from '../model/heap.ts'
import type { ByteReader } from './bytes.ts'
import type { Decompress } from './codecs.ts'
import type { EmitBatch } from './decoder.ts'
import { createExporterIndex, type ExporterIndex } from './exporters.ts'
import type { BlockHeader } from './nfcapd-block-header.ts'
import { type RecordReader, warnOfRecords, warnOfSampling } from './nfcapd-records.ts'
import { createCodecs, unpack } from './nfcapd-unpacking.ts'
import { createGrowth, MOST_UNPACKED } from './unpacking.ts'
import type { Warnings } from './warnings.ts'

/** How a layout of nfcapd arranges its blocks. */
export interface BlockLayout {
  readonly headerLength: number
  /** What the header of a block says; `null` where no block begins, and none comes behind. */
  readHeader(header: DataView): BlockHeader | null
  /** Types of blocks worth unpacking; others are skipped by their size. */
  readonly types: ReadonlySet<number>
  /** Types of which it is known that they hold no flows. */
  readonly otherTypes: ReadonlySet<number>
  readonly createReader: (exporters: ExporterIndex) => RecordReader
}

interface Block {
  /** Of its header, in the file. */
  readonly byte: number
  readonly header: BlockHeader
  /** Its payload; `null`: nothing that is wanted. */
  readonly packed: Uint8Array | null
  readonly decompress: Decompress | null
}

/**
 * Reads blocks back to back until the file or the blocks end, and hands on their flows. Damage costs the block it is in; only when
 * no flow is left does the first of it become the error of the file. Fills in what the records tell of the summary, and returns
 * how many blocks there were.
 */
export async function readBlocks(...given: Parameters<typeof readAll>): Promise<number> {
  const [bytes] = given
  const room = openRoom()
  // So that WebAssembly finds the blocks where they are read.
  bytes.holdIn((length) => new Uint8Array(...room.allocate(length), length))
  try {
    return await readAll(...given)
  } finally {
    room.close()
  }
}

async function readAll(
  bytes: ByteReader,
  layout: BlockLayout,
  summary: FlowFileSummary,
  warnings: Warnings,
  emit: EmitBatch,
): Promise<number> {
  const reader = layout.createReader(createExporterIndex(summary.exporters))
  const { counts } = reader
  const flush = () => {
    summary.firstExportMs = counts.firstReceivedMs
    if (reader.batch.length === 0) return
    emit(reader.batch, summary)
    reader.batch.length = 0
    reader.useNextBatch?.(emit)
  }
  const damage = createDamage(warnings)
  const openCodec = createCodecs()
  const growth = createGrowth()
  /** Behind a block that is not whole there is nothing to be found, and behind one too many that grow out of hand nothing is looked for. */
  let torn: { byte: number; message: string } | null = null
  let blocks = 0
  for (let block = await nextBlock(); block !== null; block = await nextBlock()) {
    read(block)
    blocks++
  }
  if (reader.keepsFlows === true) flush()
  endWithTear()
  if (counts.flows === 0 && damage.first !== null) throw damage.first
  summary.records = counts.flows - counts.implausible
  summary.implausible = counts.implausible
  warnOfRecords(counts, warnings)
  warnOfSampling(reader.numbers, summary.exporters, warnings)
  return blocks

  async function nextBlock(): Promise<Block | null> {
    const { headerLength } = layout
    const byte = bytes.offset
    const head = await bytes.peek(headerLength)
    if (torn !== null || head.length === 0) return null
    if (head.length < headerLength) return tear(byte, `block header of ${head.length} bytes, expected ${headerLength}`)
    const header = layout.readHeader(new DataView(head.buffer, head.byteOffset, head.byteLength))
    if (header === null) return null
    const { size, type, codec } = header
    if (size < 0 || size > MOST_UNPACKED) return tear(byte, `block of ${size} bytes; expected 0 to ${MOST_UNPACKED}`)
    const isWanted = layout.types.has(type)
    if (!isWanted && !layout.otherTypes.has(type)) counts.unknownBlocks++
    const decompress = isWanted && header.obstacle === null ? await openCodec(codec, byte) : null
    const whole = await bytes.take(headerLength + size)
    const remain = whole.length - headerLength
    if (remain < size)
      return tear(byte, `block of ${size} bytes, but only ${remain} remain; is the collector still writing?`)
    return { byte, header, packed: isWanted ? whole.subarray(headerLength) : null, decompress }
  }

  function tear(byte: number, message: string): null {
    torn = { byte, message }
    return null
  }

  function endWithTear(): void {
    if (torn === null) return
    summary.complete = false
    damage.report(torn.byte, torn.message)
  }

  /** Unpacks, reads and hands on in one go what lies in memory that other files use too. */
  function read({ byte, header, packed, decompress }: Block): void {
    if (packed === null) return
    const unpacked = unpack(packed, header, decompress)
    const bomb = growth.add(layout.headerLength + header.size, [
      'problem' in unpacked ? { length: unpacked.wasted } : unpacked.payload,
    ])
    if (bomb !== null) {
      tear(byte, `${bomb.read} bytes of blocks unpack to more than ${bomb.written}; no flow file shrinks like that`)
      return
    }
    if ('problem' in unpacked) {
      damage.report(byte, unpacked.problem)
      return
    }
    const { payload } = unpacked
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    const found = reader.readBlock(view, header, flush)
    if (reader.keepsFlows !== true) flush()
    if (found !== null)
      damage.report(byte, `in the block, at ${found.at} of its ${payload.length} unpacked bytes: ${found.message}`)
  }
}

interface Damage {
  first: DecodeError | null
  report(byte: number, message: string): void
}

function createDamage(warnings: Warnings): Damage {
  return {
    first: null,
    report(byte, message) {
      this.first ??= new DecodeError(byte, message)
      warnings.add('block', `byte ${byte}: ${message}`)
    },
  }
}
