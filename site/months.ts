import { momentOf, wallTimeOf } from './charts/wall-time.ts'

/** A calendar month of a zone, from its first midnight to that of the next month: an hour more or less where clocks change. */
export interface Month {
  /** `2026-10`. */
  readonly name: string
  /** Unix seconds. */
  readonly from: number
  readonly to: number
}

/** Every month that a stretch (unix seconds) touches, ascending. */
export function monthsBetween(from: number, to: number, timeZone: string): Month[] {
  const months: Month[] = []
  for (let month = monthAt(from, timeZone); month.from < to; month = monthAt(month.to, timeZone)) months.push(month)
  return months
}

/** The month that holds a moment (unix seconds). */
export function monthAt(seconds: number, timeZone: string): Month {
  return monthNamed(new Date(wallTimeOf(seconds, timeZone) * 1000).toISOString().slice(0, 7), timeZone)
}

/** The month of a name: `2026-10`. */
export function monthNamed(name: string, timeZone: string): Month {
  const [year, month] = name.split('-').map(Number) as [number, number]
  const midnight = (month: number) => momentOf(Date.UTC(year, month) / 1000, timeZone)
  return { name, from: midnight(month - 1), to: midnight(month) }
}
