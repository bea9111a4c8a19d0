import { join } from 'node:path'
import { EXIT, UserError } from '../model/errors.ts'
import { SLOT_MS, SLOT_SECONDS } from '../model/time.ts'
import { type Campus, campusFlows } from './campus.ts'
import { campusEvents } from './campus-event.ts'
import { createCrowd, MOST_HOSTS } from './crowd.ts'
import { createExportedFlows, exportOrder } from './exported-flows.ts'
import { EXPORTERS, type Exporter } from './exporter.ts'
import type { FlowFileOptions, FlowFileWriter } from './flow-file.ts'
import { createFlowToolsWriter, flowToolsName } from './flow-tools-writer.ts'
import { createNfcapdWriter, nfcapdName } from './nfcapd-writer.ts'
import { createRandom } from './random.ts'
import { bulkScale, createTraffic, MOST_ROWS, USUAL_FLOWS } from './traffic.ts'

export { campusFlows } from './campus.ts'
export { type CampusEvent, campusEvents } from './campus-event.ts'
export { EXPORTERS } from './exporter.ts'

/** Flows per slot and exporter that make a lively demo: three days are about 2.6 million. */
export const DEMO_FLOWS_PER_SLOT = USUAL_FLOWS

export interface SlotOptions extends Partial<Campus> {
  /** An existing directory. */
  readonly dir: string
  /** Unix seconds, a multiple of 300. */
  readonly slot: number
  /** Whether files are compressed as collectors usually do (zlib, LZ4); they are unless told otherwise. */
  readonly compress?: boolean
}

export interface StretchOptions extends Omit<SlotOptions, 'slot'> {
  /** Unix seconds, `to` not included; slots that begin in between are written, the oldest first. */
  readonly from: number
  readonly to: number
  /** Told after each slot: its files, and how many slots are done of how many. */
  readonly onSlot?: (paths: readonly string[], done: number, of: number) => void
}

/**
 * Writes the flow files of one slot of a made-up campus, one by each of its two collectors, and returns their
 * paths: none during an outage. Other files in `dir` are left alone, those of the same name replaced. The same seed, slot
 * and number of flows always give the same bytes. Throws a UserError when a number makes no sense (64) or a file cannot be written (74).
 */
export function synthesizeSlot({ dir, slot, compress = true, ...rest }: SlotOptions): string[] {
  const campus = campusOf(rest)
  assertSlot(slot)
  if (campusEvents(campus.seed, slot, slot + SLOT_SECONDS).some(({ kind }) => kind === 'outage')) return []
  return EXPORTERS.map((exporter) => {
    const flows = campusFlows(campus, exporter, slot)
    const { name, compression } = COLLECTORS[exporter.format]
    return writeFile(
      {
        path: join(dir, name(slot)),
        exporter,
        compression: compress ? compression : 'none',
        captureStart: slot,
        captureEnd: slot + SLOT_SECONDS,
      },
      (writer) => writer.write(flows, exportOrder(flows)),
    )
  })
}

/** Writes the flow files of every slot of a stretch (see `synthesizeSlot`); returns how many files there are. */
export function synthesizeStretch({ from, to, onSlot, ...options }: StretchOptions): number {
  const first = Math.ceil(from / SLOT_SECONDS)
  const count = Math.max(0, Math.ceil(to / SLOT_SECONDS) - first)
  let files = 0
  for (let done = 0; done < count; done++) {
    const paths = synthesizeSlot({ ...options, slot: (first + done) * SLOT_SECONDS })
    files += paths.length
    onSlot?.(paths, done + 1, count)
  }
  return files
}

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

/**
 * Writes one file of so many flows with the mix of the campus, whatever their number, in memory that does not grow
 * with it; returns its path. Throws like `synthesizeSlot`.
 */
export function synthesizeFile({ path, format, compression, flows, slot, seed = 1, hosts }: FileOptions): string {
  assertSlot(slot)
  assertWhole('flows', flows, 0)
  if (hosts !== undefined) assertHosts(hosts, flows)
  if (compression !== 'none' && compression !== COLLECTORS[format].compression)
    throw new UserError(
      `${format} files are not compressed with ${compression}; use none or ${COLLECTORS[format].compression}`,
      EXIT.usage,
    )
  const exporter = EXPORTERS.find((candidate) => candidate.format === format)!
  const random = createRandom(seed, slot, flows)
  const farEnd = hosts === undefined ? undefined : createCrowd(hosts, Math.ceil(flows / 2), exporter)
  const traffic = createTraffic({
    exporter,
    seconds: slot,
    seed,
    random,
    scale: bulkScale(Math.max(1, flows)),
    ...(farEnd === undefined ? {} : { farEnd }),
  })
  const batch = createExportedFlows(BATCH_ROWS + MOST_ROWS)
  const options = { path, exporter, compression, captureStart: slot, captureEnd: slot + SLOT_SECONDS }
  return writeFile(options, (writer) => {
    for (let written = 0; written < flows; ) {
      batch.length = 0
      const wanted = Math.min(BATCH_ROWS, flows - written)
      while (batch.length < wanted)
        traffic(batch, Math.floor(slot * 1000 + ((written + batch.length) / flows) * SLOT_MS))
      batch.length = Math.min(batch.length, flows - written)
      written += batch.length
      writer.write(batch)
    }
  })
}

const BATCH_ROWS = 4096

const COLLECTORS = {
  'flow-tools': { name: flowToolsName, create: createFlowToolsWriter, compression: 'zlib' },
  nfcapd: { name: nfcapdName, create: createNfcapdWriter, compression: 'lz4' },
} as const

function writeFile(options: FlowFileOptions, fill: (writer: FlowFileWriter) => void): string {
  const writer = COLLECTORS[options.exporter.format].create(options)
  try {
    fill(writer)
    return writer.close()
  } catch (error) {
    writer.discard()
    throw error
  }
}

function campusOf({ seed = 1, flowsPerSlot = DEMO_FLOWS_PER_SLOT }: Partial<Campus>): Campus {
  assertWhole('seed', seed, 0)
  assertWhole('flowsPerSlot', flowsPerSlot, 1)
  return { seed, flowsPerSlot }
}

function assertSlot(slot: number): void {
  if (!Number.isInteger(slot / SLOT_SECONDS) || slot < 0 || slot > LAST_SLOT)
    throw new UserError(
      `slot ${slot} is none; expected unix seconds, a multiple of ${SLOT_SECONDS} up to ${LAST_SLOT}`,
      EXIT.usage,
    )
}

/** Both formats hold unix seconds in 32 bits. */
const LAST_SLOT = Math.floor(0xffff_ffff / SLOT_SECONDS - 1) * SLOT_SECONDS

function assertWhole(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least || value > 0xffff_ffff)
    throw new UserError(`${name} ${value}: expected a whole number from ${least} to ${0xffff_ffff}`, EXIT.usage)
}

function assertHosts(hosts: number, flows: number): void {
  assertWhole('hosts', hosts, 1)
  const most = Math.min(MOST_HOSTS, Math.ceil(flows / 2))
  if (hosts > most)
    throw new UserError(
      `hosts ${hosts}: ${flows} flows can meet ${most} at most; ask for more flows or fewer hosts`,
      EXIT.usage,
    )
}
