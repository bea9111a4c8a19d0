import { setImmediate } from 'node:timers/promises'
import { EXIT, UserError } from '../model/errors.ts'
import { SLOT_MS, SLOT_SECONDS } from '../model/time.ts'
import { assertSlot, assertWhole } from './bounds.ts'
import { COLLECTORS } from './collector.ts'
import { createCrowd, MOST_HOSTS } from './crowd.ts'
import { createExportedFlows, type ExportedFlows } from './exported-flows.ts'
import { EXPORTERS, type Exporter } from './exporter.ts'
import type { FlowFileOptions } from './flow-file.ts'
import { createRandom } from './random.ts'
import { bulkScale, createTraffic, MOST_ROWS, type Traffic } from './traffic.ts'

export interface FileOptions {
  readonly path: string
  readonly format: Exporter['format']
  /** zlib is for flow-tools, lz4 for nfcapd. */
  readonly compression: FlowFileOptions['compression']
  readonly flows: number
  /** Unix seconds, a multiple of 300. */
  readonly slot: number
  readonly seed?: number
  /** Exactly so many different hosts outside; as many as the campus usually meets when absent. At most half as many as flows. */
  readonly hosts?: number
}

const BATCH_ROWS = 4096
/** What lz4-napi hands out is freed only when others have their turn. */
const BATCHES_PER_TURN = 32

/**
 * Writes one file of so many flows with the everyday mix of the campus, in memory that does not grow with it; gives its
 * path. The same options always give the same flows. Throws a UserError when a number makes no sense (64) or the file cannot be written (74).
 */
export async function synthesizeFile(options: FileOptions): Promise<string> {
  assertOptions(options)
  const { path, format, compression, flows, slot } = options
  const exporter = EXPORTERS.find((candidate) => candidate.format === format)!
  const traffic = trafficOf(options, exporter)
  const batch = createExportedFlows(BATCH_ROWS + MOST_ROWS)
  const capture = { captureStart: slot, captureEnd: slot + SLOT_SECONDS }
  const writer = COLLECTORS[format].create({ path, exporter, compression, ...capture })
  try {
    for (let written = 0, turn = 0; written < flows; written += batch.length, turn++) {
      fill(batch, traffic, slot, written, flows)
      writer.write(batch)
      if (turn % BATCHES_PER_TURN === 0) await setImmediate()
    }
    return writer.close()
  } catch (error) {
    writer.discard()
    throw error
  }
}

function assertOptions({ format, compression, flows, slot, seed = 1, hosts }: FileOptions): void {
  assertSlot(slot)
  assertWhole('seed', seed, 0)
  assertWhole('flows', flows, 0)
  if (hosts !== undefined) assertWhole('hosts', hosts, 1, Math.min(MOST_HOSTS, Math.ceil(flows / 2)))
  const usual = COLLECTORS[format].compression
  if (compression !== 'none' && compression !== usual)
    throw new UserError(`${format} files are not compressed with ${compression}; use none or ${usual}`, EXIT.usage)
}

function trafficOf({ flows, slot, seed = 1, hosts }: FileOptions, exporter: Exporter): Traffic {
  const random = createRandom(seed, slot, flows)
  const everyday = { exporter, seconds: slot, seed, random, scale: bulkScale(Math.max(1, flows)) }
  if (hosts === undefined) return createTraffic(everyday)
  return createTraffic({ ...everyday, farEnd: createCrowd(hosts, Math.ceil(flows / 2), exporter) })
}

/** The next rows of `flows` in all, exported one after the other over the slot. */
function fill(batch: ExportedFlows, traffic: Traffic, slot: number, written: number, flows: number): void {
  const wanted = Math.min(BATCH_ROWS, flows - written)
  batch.length = 0
  while (batch.length < wanted) traffic(batch, Math.floor(slot * 1000 + ((written + batch.length) / flows) * SLOT_MS))
  batch.length = Math.min(batch.length, flows - written)
}
