import { createOffset } from '../../ingest/model/time-zone.ts'

/* Wall time: what a clock in a zone shows, in seconds as if that zone were UTC, so that days and months are plain sums. */

/** What the clock shows at a moment (unix seconds). */
export function wallTimeOf(seconds: number, timeZone: string): number {
  return seconds + offsetAt(seconds, timeZone)
}

/**
 * The moment (unix seconds) a clock shows `wall`. Shown twice, where clocks are set back: the first. Never shown, where
 * they are set forward: the moment they jump.
 */
export function momentOf(wall: number, timeZone: string): number {
  const [before, after] = [-DAY, DAY].map((shift) => wall - offsetAt(wall + shift, timeZone)) as [number, number]
  return [before, after].find((moment) => wallTimeOf(moment, timeZone) === wall) ?? before
}
const DAY = 86_400

function offsetAt(seconds: number, timeZone: string): number {
  const offset = offsets.get(timeZone) ?? createOffset(timeZone)
  offsets.set(timeZone, offset)
  return offset(seconds * 1000) / 1000
}
const offsets = new Map<string, (ms: number) => number>()
