import type { EmitBatch } from '../../ingest/decode/decoder.ts'
import type { FlowFileSummary } from '../../ingest/model/flow-batch.ts'

/** How the decoding of some bytes ended. */
export type Outcome =
  | { readonly kind: 'read'; readonly rows: number; readonly warnings: number }
  | { readonly kind: 'refused'; readonly reason: string }
  /** What must never be. */
  | { readonly kind: 'broken'; readonly problem: string }

/** What is put to the test, handed in so that a test may run the sources and a long run what was compiled of them. */
export interface Tested {
  decodeFlowFile(chunks: AsyncIterable<Uint8Array>, emit: EmitBatch): Promise<FlowFileSummary>
  readonly DecodeError: new (byte: number, reason: string) => Error
}

/**
 * Decodes, in chunks of `chunk` bytes, and holds what comes of it against what was promised: a result whose counters are whole
 * numbers, whose exporters have names and whose records are as many as it says, or a DecodeError. Never fails.
 */
export async function execute(
  bytes: Uint8Array,
  chunk: number,
  { decodeFlowFile, DecodeError }: Tested,
): Promise<Outcome> {
  let rows = 0
  let records = 0
  try {
    const summary = await decodeFlowFile(inChunks(bytes, chunk), (batch, { exporters }) => {
      const { octets, packets, flows, exporter, startMs, endMs, protocol, tos, reverse, length } = batch
      if (length === 0 || length > exporter.length) throw new Broken(`a batch of ${length} rows`)
      for (let i = 0; i < length; i++) {
        if (!isCount(octets[i]!) || !isCount(packets[i]!) || !isCount(flows[i]!))
          throw new Broken(`row ${rows + i}: counters ${octets[i]}, ${packets[i]}, ${flows[i]}`)
        if (!Number.isFinite(startMs[i]!) || !Number.isFinite(endMs[i]!))
          throw new Broken(`row ${rows + i}: times ${startMs[i]}, ${endMs[i]}`)
        if (protocol[i]! > 256 || tos[i]! > 256)
          throw new Broken(`row ${rows + i}: protocol ${protocol[i]}, TOS ${tos[i]}`)
        if (exporters[exporter[i]!] === undefined)
          throw new Broken(`row ${rows + i}: exporter ${exporter[i]} has no name`)
        records += 1 - reverse[i]!
      }
      rows += length
    })
    if (summary.records !== records) throw new Broken(`${summary.records} records, but ${records} rows of them`)
    if (!isCount(summary.implausible)) throw new Broken(`${summary.implausible} implausible records`)
    if (summary.warnings.length > 64) throw new Broken(`${summary.warnings.length} warnings`)
    return { kind: 'read', rows, warnings: summary.warnings.length }
  } catch (error) {
    if (error instanceof DecodeError) return { kind: 'refused', reason: error.message }
    if (error instanceof Broken) return { kind: 'broken', problem: error.message }
    return { kind: 'broken', problem: (error as Error)?.stack ?? String(error) }
  }
}

class Broken extends Error {}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
