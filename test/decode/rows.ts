import { createReadStream } from 'node:fs'
import { decodeFlowFile } from '../../ingest/decode/index.ts'
import { formatAddress } from '../../ingest/model/address.ts'
import type { FlowBatch, FlowFileSummary, FlowsSoFar } from '../../ingest/model/flow-batch.ts'

/** A flow as a test wants to see it. */
export interface Row {
  src: string
  dst: string
  srcPort: number
  dstPort: number
  protocol: number
  tos: number
  tcpFlags: number
  octets: number
  packets: number
  flows: number
  startMs: number
  endMs: number
  srcAs: number
  dstAs: number
  input: number
  output: number
  exporter: string
  scaled: number
  reverse: number
}

export async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Every flow of a file (or of bytes), with what its decoder says of it. */
export async function decodeRows(
  file: string | Uint8Array,
  timeZone?: string,
): Promise<{ rows: Row[]; summary: FlowFileSummary }> {
  const rows: Row[] = []
  const chunks = typeof file === 'string' ? createReadStream(file) : inChunks(file, 65_536)
  const add = (batch: FlowBatch, { exporters }: FlowsSoFar) => {
    rows.push(...rowsOf(batch, exporters))
  }
  const summary = await decodeFlowFile(chunks, add, timeZone)
  return { rows, summary }
}

/** The rows of a batch. */
export function rowsOf(batch: FlowBatch, exporters: readonly string[]): Row[] {
  return Array.from({ length: batch.length }, (_, i) => rowOf(batch, i, exporters))
}

function rowOf(batch: FlowBatch, i: number, exporters: readonly string[]): Row {
  return {
    src: formatAddress(batch.srcAddr, i * 4),
    dst: formatAddress(batch.dstAddr, i * 4),
    srcPort: batch.srcPort[i]!,
    dstPort: batch.dstPort[i]!,
    protocol: batch.protocol[i]!,
    tos: batch.tos[i]!,
    tcpFlags: batch.tcpFlags[i]!,
    octets: batch.octets[i]!,
    packets: batch.packets[i]!,
    flows: batch.flows[i]!,
    startMs: batch.startMs[i]!,
    endMs: batch.endMs[i]!,
    srcAs: batch.srcAs[i]!,
    dstAs: batch.dstAs[i]!,
    input: batch.ingressIfIndex[i]!,
    output: batch.egressIfIndex[i]!,
    exporter: exporters[batch.exporter[i]!]!,
    scaled: batch.scaled[i]!,
    reverse: batch.reverse[i]!,
  }
}
