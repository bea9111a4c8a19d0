import { SLOT_SECONDS } from '../../ingest/model/time.ts'
import type { FileExporter, FlowFileQuality } from '../quality.ts'
import { formatCount } from '../units.ts'

/** An exporter whose clock is not that of the collector, by the flow files that show it. Seconds are above zero where it is ahead. */
export interface ClockOff {
  readonly address: string
  /** The flow files that show it, and all that tell of this exporter. */
  readonly off: number
  readonly files: number
  /** The median of those that show it. */
  readonly usualSeconds: number
  readonly most: { readonly seconds: number; readonly slot: number }
}

/** A flow cannot end after its file was closed, and a collector closes a file a little after its slot. */
const AHEAD_SECONDS = 60
/** An exporter with so many flows in a file has some that ended within the slot, unless its clock is behind. */
const MANY_FLOWS = 100

/** The exporters whose clocks are off, the farthest first: their newest flow ended after the slot of its flow file, or before it. */
export function clocksOff(files: readonly FlowFileQuality[]): ClockOff[] {
  const told = new Map<string, { seconds: number; slot: number; isOff: boolean }[]>()
  for (const { slot, exporters } of files)
    for (const exporter of exporters) {
      const seconds = offsetOf(exporter, slot)
      if (seconds === null) continue
      const list = told.get(exporter.address) ?? []
      told.set(exporter.address, list)
      list.push({ seconds, slot, isOff: isOff(seconds, exporter) })
    }
  return [...told]
    .flatMap(([address, list]) => {
      const off = list.filter(({ isOff }) => isOff).sort((a, b) => a.seconds - b.seconds)
      if (off.length === 0) return []
      const most = off.reduce((far, each) => (Math.abs(each.seconds) > Math.abs(far.seconds) ? each : far))
      const usualSeconds = off[off.length >> 1]!.seconds
      return [{ address, off: off.length, files: list.length, usualSeconds, most }]
    })
    .sort((a, b) => Math.abs(b.most.seconds) - Math.abs(a.most.seconds) || (a.address < b.address ? -1 : 1))
}

/** From the end of the slot to that of the newest flow; `null`: the part does not tell. */
function offsetOf({ counted: { newestEndMs } }: FileExporter, slot: number): number | null {
  return newestEndMs === undefined ? null : Math.round(newestEndMs / 1000) - slot - SLOT_SECONDS
}

function isOff(seconds: number, { counted: { flows } }: FileExporter): boolean {
  return seconds > AHEAD_SECONDS || (seconds < -SLOT_SECONDS && flows >= MANY_FLOWS)
}

/** `3,605 s ahead`, `900 s behind`. */
export function offsetText(seconds: number): string {
  return `${formatCount(Math.abs(seconds))} s ${seconds > 0 ? 'ahead' : 'behind'}`
}
