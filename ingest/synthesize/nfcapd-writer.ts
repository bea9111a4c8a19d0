import { createRequire } from 'node:module'
import { isoTime } from '../model/time.ts'
import type { ExportedFlows } from './exported-flows.ts'
import { createOutput, type FlowFileOptions, type FlowFileWriter } from './flow-file.ts'
import { exporterRecord, exporterStatRecord, identRecord, writeFlow } from './nfcapd-record.ts'
import { createStat } from './nfcapd-stat.ts'

const HEADER_BYTES = 40
const BLOCK_HEADER_BYTES = 12
/** What nfcapd 1.7.1 fills before it writes a block. */
const BLOCK_WORDS = 1_048_576 / 4
/** More than the longest record has. */
const ROOM_WORDS = 64
const BLOCK_OF_RECORDS = 3
const WRITTEN_BY = 0x0107_0100
const COMPRESSION = { none: 0, lz4: 3 } as const
/** `nfcapd.202611231635+0000`: what nfcapd, on a host in UTC and told to name the offset, calls the file begun then (unix seconds). */
export function nfcapdName(start: number): string {
  return `nfcapd.${isoTime(start).slice(0, 16).replace(/\D/g, '')}+0000`
}

/**
 * Writes nfcapd files of layout 2, as nfdump 1.7.1 does, of flows that came by NetFlow 9; plain or with LZ4 blocks.
 * Source: the layout in the README, "nfcapd layout 2".
 */
export function createNfcapdWriter(options: FlowFileOptions): FlowFileWriter {
  const { path, exporter, compression, captureEnd } = options
  const output = createOutput(path)
  const block = new Uint32Array(BLOCK_WORDS)
  const stat = createStat()
  let used = 0
  let records = 0
  let blocks = 0
  output.append(fileHeader(options, { blocks: 0, appendixOffset: 0 }))

  function flush(): void {
    output.append(packBlock(new Uint8Array(block.buffer, 0, used * 4), records, compression))
    blocks++
    used = 0
    records = 0
  }

  function append(record: Uint8Array): void {
    if (used + ROOM_WORDS > BLOCK_WORDS) flush()
    new Uint8Array(block.buffer).set(record, used * 4)
    used += record.length / 4
    records++
  }

  // Hot: runs once per flow.
  function write(flows: ExportedFlows, order?: Uint32Array): void {
    const { length } = flows
    if (stat.flows() === 0 && length > 0) append(exporterRecord(exporter))
    for (let row = 0; row < length; row++) {
      const i = order === undefined ? row : order[row]!
      if (used + ROOM_WORDS > BLOCK_WORDS) flush()
      used = writeFlow(block, used, flows, i, exporter)
      records++
      stat.add(flows, i)
    }
  }

  return {
    write,
    close() {
      if (stat.flows() > 0) append(exporterStatRecord(stat.flows()))
      if (used > 0) flush()
      const appendixOffset = output.offset
      output.append(packBlock(Buffer.concat([identRecord(exporter), stat.record()]), 2, compression))
      output.overwriteStart(fileHeader(options, { blocks, appendixOffset }))
      return output.close(captureEnd)
    },
    discard: () => output.discard(),
  }
}

function packBlock(payload: Uint8Array, records: number, compression: FlowFileOptions['compression']): Buffer {
  const body = compression === 'lz4' ? compressLz4(payload) : payload
  const header = Buffer.alloc(BLOCK_HEADER_BYTES)
  header.writeUInt32LE(records, 0)
  header.writeUInt32LE(body.length, 4)
  header.writeUInt16LE(BLOCK_OF_RECORDS, 8)
  return Buffer.concat([header, body])
}

const { compressSync } = createRequire(import.meta.url)('lz4-napi') as typeof import('lz4-napi')

/** A raw LZ4 block: lz4-napi puts the unpacked size before it, which nfcapd does not. */
function compressLz4(payload: Uint8Array): Buffer {
  return compressSync(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)).subarray(4)
}

function fileHeader(
  { compression, captureStart }: FlowFileOptions,
  { blocks, appendixOffset }: { blocks: number; appendixOffset: number },
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt16LE(0xa50c, 0)
  header.writeUInt16LE(2, 2)
  header.writeUInt32LE(WRITTEN_BY, 4)
  header.writeBigUInt64LE(BigInt(captureStart), 8)
  header.writeUInt8(compression === 'lz4' ? COMPRESSION.lz4 : COMPRESSION.none, 16)
  header.writeUInt16LE(appendixOffset === 0 ? 0 : 1, 18)
  header.writeBigUInt64LE(BigInt(appendixOffset), 24)
  header.writeUInt32LE(blocks, 36)
  return header
}
