import { isMoment } from '../model/time.ts'

const WRAP_MS = 0x1_0000_0000
/**
 * A time ahead of sysUpTime by all but a week or so was before the counter of milliseconds wrapped (49.7 days): no
 * exporter keeps a flow longer (softflowd: 7 days). Anything else ahead is nonsense, and stays as it is.
 */
const AHEAD = WRAP_MS - 8 * 86_400_000

/** Hot. The moment, in unix ms, at which a router that exported at `exportMs`, `sysUpTime` after its start, was `uptime` old. */
export function momentOfUptime(exportMs: number, sysUpTime: number, uptime: number): number {
  const bootMs = exportMs - sysUpTime
  // Only where the clock was set: before 1970 nothing can have wrapped.
  return uptime - sysUpTime > AHEAD && bootMs >= WRAP_MS ? bootMs + uptime - WRAP_MS : bootMs + uptime
}

/** A moment as it is; 0, for unknown, where it cannot be one. */
export function momentOrUnknown(ms: number): number {
  return isMoment(ms) ? ms : 0
}
