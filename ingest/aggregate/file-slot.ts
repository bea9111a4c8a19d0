import type { FlowsSoFar } from '../model/flow-batch.ts'
import { isMoment, slotOf } from '../model/time.ts'
import { createWallClock, type WallClock } from '../model/time-zone.ts'

/**
 * The slot a flow file belongs to, in unix seconds; `null` when the file does not say. Never from the clock.
 * Asked in this order: when the capture began (header), when the first record was exported (records), the name,
 * when the first flow ended.
 */
export function slotOfFile(
  { captureStartMs, firstExportMs }: FlowsSoFar,
  name: string,
  timeZone: string,
  firstEndMs: number | null,
): number | null {
  const isSaid = (ms: number | null): ms is number => ms !== null && ms > 0 && isMoment(ms)
  const ms = [captureStartMs, firstExportMs].find(isSaid) ?? [timeInName(name, timeZone), firstEndMs].find(isSaid)
  return ms === undefined ? null : slotOf(ms / 1000)
}

const FLOW_TOOLS_NAME = /(\d{4})-(\d\d)-(\d\d)\.(\d\d)(\d\d)(\d\d)([+-]\d{4})?$/
const NFCAPD_NAME = /\.(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?([+-]\d{4})?$/

/**
 * Unix ms of the start that flow-capture and nfcapd put into a name. Without an offset the name is in the
 * collector's local time, taken to be `timeZone`.
 */
export function timeInName(name: string, timeZone: string): number | null {
  return createNameClock(timeZone)(name)
}

/** `timeInName` for many names of one zone. */
export function createNameClock(timeZone: string): (name: string) => number | null {
  const clock = createWallClock(timeZone)
  return (name) => readTime(name, clock)
}

function readTime(name: string, clock: WallClock): number | null {
  const match = FLOW_TOOLS_NAME.exec(name) ?? NFCAPD_NAME.exec(name)
  if (match === null) return null
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second)
  if (Number.isNaN(asUtc)) return null
  const offset = match[7]
  return offset === undefined ? clock(asUtc) : asUtc - parseOffsetMs(offset)
}

function parseOffsetMs(offset: string): number {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3, 5))
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000
}
