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
  const read = Object.fromEntries(
    clockOf(timeZone)
      .formatToParts(seconds * 1000)
      .map(({ type, value }) => [type, +value]),
  )
  return Date.UTC(read.year!, read.month! - 1, read.day, read.hour, read.minute, read.second) / 1000 - seconds
}

const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known !== undefined) return known
  const clock = new Intl.DateTimeFormat('en', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  })
  clocks.set(timeZone, clock)
  return clock
}
