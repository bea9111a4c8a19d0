import { DAY_SECONDS } from '../../ingest/model/time.ts'
import { momentOf, wallTimeOf } from '../charts/wall-time.ts'

/* Stretches of time, as a visitor asks for them: all are made absolute at once. */

interface Span {
  /** Unix seconds. */
  readonly from: number
  readonly to: number
}

/** So long, up to a moment. */
export function spanTo(to: number, seconds: number): Span {
  return { from: to - seconds, to }
}

/** A day of the zone, 23 to 25 hours: that of the last second before `end`, or so many days after it. */
export function daySpan(end: number, days: number, timeZone: string): Span {
  const midnight = Math.floor(wallTimeOf(end - 1, timeZone) / DAY_SECONDS) * DAY_SECONDS + days * DAY_SECONDS
  return { from: momentOf(midnight, timeZone), to: momentOf(midnight + DAY_SECONDS, timeZone) }
}

/** The same length before or after. Whole days by the clock on the wall stay that: a week ends at midnight, also when clocks change. */
export function moved({ from, to }: Span, times: 1 | -1, timeZone: string): Span {
  const [start, stop] = [wallTimeOf(from, timeZone), wallTimeOf(to, timeZone)]
  const isDays = (stop - start) % DAY_SECONDS === 0 && start % DAY_SECONDS === 0
  if (!isDays) return { from: from + times * (to - from), to: to + times * (to - from) }
  const shift = times * (stop - start)
  return { from: momentOf(start + shift, timeZone), to: momentOf(stop + shift, timeZone) }
}

/** Twice as long, about the same middle. */
export function wider({ from, to }: Span): Span {
  const half = Math.round((to - from) / 120) * 60
  return { from: from - half, to: to + half }
}
