import { join } from 'node:path'
import { SLOT_SECONDS } from '../model/time.ts'
import { assertSlot, assertWhole } from './bounds.ts'
import { type Campus, campusFlows } from './campus.ts'
import { campusEvents } from './campus-event.ts'
import { COLLECTORS } from './collector.ts'
import { exportOrder } from './exported-flows.ts'
import { EXPORTERS, type Exporter } from './exporter.ts'
import { USUAL_FLOWS } from './traffic.ts'

/** A slot is made in memory, some 150 bytes a flow; more go into one file with `synthesizeFile`. */
const MOST_FLOWS_PER_SLOT = 1_000_000

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
 * paths: none during an outage. Files of the same name are replaced. The same seed, slot and number of flows always
 * give the same flows. Throws a UserError when a number makes no sense (64) or a file cannot be written (74).
 */
export function synthesizeSlot(options: SlotOptions): string[] {
  const { dir, slot, seed = 1, flowsPerSlot = USUAL_FLOWS, compress = true } = options
  assertSlot(slot)
  assertWhole('seed', seed, 0)
  assertWhole('flowsPerSlot', flowsPerSlot, 1, MOST_FLOWS_PER_SLOT)
  const events = campusEvents(seed, slot, slot + SLOT_SECONDS)
  if (events.some(({ kind }) => kind === 'outage')) return []
  return EXPORTERS.map((exporter) => writeSlot({ seed, flowsPerSlot }, exporter, slot, dir, compress))
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

function writeSlot(campus: Campus, exporter: Exporter, slot: number, dir: string, compress: boolean): string {
  const { nameOf, create, compression } = COLLECTORS[exporter.format]
  const flows = campusFlows(campus, exporter, slot)
  const writer = create({
    path: join(dir, nameOf(slot)),
    exporter,
    compression: compress ? compression : 'none',
    captureStart: slot,
    captureEnd: slot + SLOT_SECONDS,
  })
  try {
    writer.write(flows, exportOrder(flows))
    return writer.close()
  } catch (error) {
    writer.discard()
    throw error
  }
}
