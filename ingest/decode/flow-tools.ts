import { DecodeError } from '../model/errors.ts'
import type { FlowBatch, FlowFileSummary } from '../model/flow-batch.ts'
import { openRoom } from '../model/heap.ts'
import { ByteReader } from './bytes.ts'
import type { Decoder, EmitBatch } from './decoder.ts'
import { createExporterIndex } from './exporters.ts'
import { type FlowToolsHeader, MAGIC, readHeader } from './flow-tools-header.ts'
import { createRecordBatch, layoutOf, READABLE, type RecordLayout, recordReader } from './flow-tools-records.ts'
import { inflate } from './inflate.ts'
import { startSummary } from './summary.ts'
import type { UnpackEnd } from './unpacking.ts'
import { createWarnings, type Warnings } from './warnings.ts'

/** Files of flow-capture and its kin: stream versions 1 and 3, with every export version they can hold. */
export const flowTools: Decoder = {
  name: 'flow-tools',
  recognizes: (head) => head[0] === MAGIC[0] && head[1] === MAGIC[1],
  async decode(bytes, emit) {
    const header = await readHeader(bytes)
    const layout = knownLayout(header)
    const warnings = createWarnings()
    const summary = startSummary('flow-tools', {
      detail: describe(header),
      compression: header.isCompressed ? 'zlib' : 'none',
      complete: header.isComplete,
      captureStartMs: header.captureStart === null ? null : header.captureStart * 1000,
      lost: header.lost,
      ...(header.collector === null ? {} : { collector: header.collector }),
    })
    if (!header.isComplete)
      warnings.add('open', 'the collector had not closed this file, or died: its records up to here count')
    if (header.exportVersion === 1005 && !header.littleEndian) {
      warnings.add(
        '1005',
        'export version 1005 in big endian: a writer on a little-endian host left exporter and tags unswapped',
      )
    }
    if (header.isCompressed) await decodeCompressed(bytes, header, layout, summary, warnings, emit)
    else {
      if (await looksLikeZlib(bytes, header))
        throw new DecodeError(
          bytes.offset,
          'the header says the records are plain, but they look zlib compressed; the header is damaged',
        )
      const torn = await decodeRecords(bytes, header, layout, summary, emit)
      if (torn > 0) tear(summary, warnings, bytes.offset, torn, layout)
    }
    if (header.flows !== null && header.flows !== 0 && header.flows !== summary.records) {
      if (summary.records === 0)
        throw new DecodeError(bytes.offset, `the header says ${header.flows} flows, but the file holds none`)
      warnings.add('count', `the header says ${header.flows} flows, the file holds ${summary.records}`)
    }
    summary.warnings.push(...warnings.lines())
    return summary
  },
}

function describe(header: FlowToolsHeader): string {
  const { streamVersion, littleEndian, hostname } = header
  const captured = hostname === null || hostname === '' ? '' : `, captured on ${JSON.stringify(hostname)}`
  return `stream version ${streamVersion}, export version ${versionName(header)}, ${littleEndian ? 'little' : 'big'} endian${captured}`
}

function knownLayout(header: FlowToolsHeader): RecordLayout {
  const layout = layoutOf(header)
  if (layout !== undefined) return layout
  throw new DecodeError(
    8,
    `export version ${versionName(header)}; flowscan reads ${READABLE}: set flow-capture -V 5, or convert with flow-xlate`,
  )
}

/** `5`, `8.11`. */
function versionName({ exportVersion, aggregationMethod }: FlowToolsHeader): string {
  return exportVersion === 8 ? `8.${aggregationMethod ?? '?'}` : `${exportVersion}`
}

async function decodeCompressed(
  bytes: ByteReader,
  header: FlowToolsHeader,
  layout: RecordLayout,
  summary: FlowFileSummary,
  warnings: Warnings,
  emit: EmitBatch,
): Promise<void> {
  const dataOffset = bytes.offset
  let end: UnpackEnd | undefined
  const unpacked = new ByteReader(
    (async function* () {
      end = yield* inflate(bytes.rest())
    })(),
  )
  if (await looksLikeZlib(unpacked, header))
    throw new DecodeError(dataOffset, 'the records look zlib compressed twice, as no program of flow-tools writes them')
  const torn = await decodeRecords(unpacked, header, layout, summary, emit)
  if (end === undefined) return
  if (end.kind === 'damaged') {
    throw new DecodeError(
      dataOffset + end.read,
      `compressed data are damaged (${end.message}); the ${summary.records} records before cannot be trusted`,
    )
  }
  if (end.kind === 'bomb') {
    throw new DecodeError(
      dataOffset + end.read,
      `${end.read} compressed bytes unpack to more than ${end.written}; no flow file shrinks like that`,
    )
  }
  if (end.kind === 'truncated') {
    summary.complete = false
    warnings.add(
      'truncated',
      `byte ${bytes.offset}: the compressed data end too early; ${summary.records} whole records before count`,
    )
  } else {
    if (end.trailing > 0)
      warnings.add('trailing', `${end.trailing} bytes behind the end of the compressed data are ignored`)
    if (torn > 0) tear(summary, warnings, bytes.offset, torn, layout)
  }
}

function tear(summary: FlowFileSummary, warnings: Warnings, byte: number, torn: number, { size }: RecordLayout): void {
  summary.complete = false
  warnings.add(
    'torn',
    `byte ${byte}: the last record has ${torn} of ${size} bytes and is left out; is the collector still writing?`,
  )
}

/** Hands on all whole records; returns the bytes of a torn last one. */
async function decodeRecords(
  bytes: ByteReader,
  header: FlowToolsHeader,
  layout: RecordLayout,
  summary: FlowFileSummary,
  emit: EmitBatch,
): Promise<number> {
  const room = openRoom()
  try {
    return await readRecords(bytes, header, layout, createRecordBatch(layout, room), summary, emit)
  } finally {
    room.close()
  }
}

async function readRecords(
  bytes: ByteReader,
  header: FlowToolsHeader,
  layout: RecordLayout,
  batch: FlowBatch,
  summary: FlowFileSummary,
  emit: EmitBatch,
): Promise<number> {
  const read = recordReader(layout, header.littleEndian, createExporterIndex(summary.exporters))
  const flush = () => {
    if (batch.length > 0) emit(batch, summary)
    batch.length = 0
  }
  for (let run = await bytes.takeRecords(layout.size); run.length > 0; run = await bytes.takeRecords(layout.size)) {
    summary.firstExportMs ??= exportMs(run, header)
    summary.records += run.length / layout.size
    read(run, batch, flush)
  }
  flush()
  return (await bytes.take(layout.size)).length
}

/** When the router sent the record; stream version 1 does not say. */
function exportMs(record: Uint8Array, { streamVersion, littleEndian }: FlowToolsHeader): number | null {
  if (streamVersion === 1) return null
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength)
  return view.getUint32(0, littleEndian) * 1000 + Math.floor(view.getUint32(4, littleEndian) / 1_000_000)
}

const YEAR_SECONDS = 366 * 86_400

/** What begins like a zlib stream, at a time that the header does not know, would be read as nonsense. */
async function looksLikeZlib(records: ByteReader, { littleEndian, captureStart }: FlowToolsHeader): Promise<boolean> {
  const head = (await records.peek(4)).slice()
  if (head.length < 4 || captureStart === null) return false
  const seconds = new DataView(head.buffer).getUint32(0, littleEndian)
  const isZlib = head[0] === 0x78 && ((head[0] << 8) | head[1]!) % 31 === 0
  return isZlib && Math.abs(seconds - captureStart) >= YEAR_SECONDS
}
