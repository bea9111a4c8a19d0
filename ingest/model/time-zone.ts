const DAY_MS = 86_400_000
/** Clocks change at whole quarters of an hour. */
const QUARTER_MS = 900_000
const MOST_KEPT = 4096

/**
 * Reads wall clocks of a zone (IANA name): takes what the clock shows, as if it were UTC, and gives the moment; both in
 * unix ms. In the hour that autumn repeats: the first of the two; in the one that spring skips: as if already changed.
 */
export type WallClock = (shownMs: number) => number

export function createWallClock(timeZone: string): WallClock {
  if (timeZone === 'UTC') return (shownMs) => shownMs
  const ahead = createOffset(timeZone)
  const aheadAt = (shownMs: number): number => {
    const dayBefore = ahead(shownMs - DAY_MS)
    return ahead(shownMs - dayBefore) === dayBefore ? dayBefore : ahead(shownMs)
  }
  const known = new Map<number, number>()
  return (shownMs) => {
    const quarter = Math.floor(shownMs / QUARTER_MS)
    let offset = known.get(quarter)
    if (offset === undefined) {
      offset = aheadAt(quarter * QUARTER_MS)
      if (known.size >= MOST_KEPT) known.clear()
      known.set(quarter, offset)
    }
    return shownMs - offset
  }
}

/** How far the clocks of a zone (IANA name) are ahead of UTC at a moment; all in ms. */
export function createOffset(timeZone: string): (ms: number) => number {
  let format: Intl.DateTimeFormat | undefined
  const create = () =>
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  return (ms) => {
    // Not before: the first of a process takes 10 ms.
    format ??= create()
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
    return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!) - ms
  }
}
