import { momentOf, wallTimeOf } from './wall-time.ts'

/** A label of the time axis. */
export interface TimeTick {
  /** Unix seconds. */
  readonly at: number
  readonly label: string
  /** A greater unit begins here: a day among hours, a year among months. */
  readonly isStrong: boolean
}

/**
 * The ticks from `from` to `to` (unix seconds): hours, days, Mondays, months or years of the zone, the finest that fit
 * into `width` pixels.
 */
export function timeTicks(from: number, to: number, timeZone: string, width: number): readonly TimeTick[] {
  const key = JSON.stringify([from, to, timeZone, width])
  const ticks = remembered.get(key) ?? findTicks(from, to, timeZone, width)
  if (remembered.size >= MOST_REMEMBERED) remembered.clear()
  remembered.set(key, ticks)
  return ticks
}

/** All charts of a range have the same time axes, one for each size. */
const remembered = new Map<string, readonly TimeTick[]>()
const MOST_REMEMBERED = 64

function findTicks(from: number, to: number, timeZone: string, width: number): TimeTick[] {
  const pixelsPerSecond = width / (to - from)
  const rhythm = RHYTHMS.find(({ seconds, room }) => seconds * pixelsPerSecond >= room) ?? RHYTHMS.at(-1)!
  const ticks: TimeTick[] = []
  for (let wall = rhythm.start(wallTimeOf(from, timeZone)); ; wall = rhythm.next(wall)) {
    const at = momentOf(wall, timeZone)
    if (at > to) return ticks
    if (at >= from && at !== ticks.at(-1)?.at) ticks.push({ at, ...rhythm.label(wall) })
  }
}

interface Rhythm {
  /** From tick to tick, about. */
  readonly seconds: number
  /** Pixels that a label needs, with the space beside it. */
  readonly room: number
  /** The last tick at or before a wall time, and the tick after a tick. */
  readonly start: (wall: number) => number
  readonly next: (wall: number) => number
  readonly label: (wall: number) => Omit<TimeTick, 'at'>
}

const HOUR = 3600
const DAY = 86_400
const WEEK = 7 * DAY
/** Weeks begin on Monday; the first Monday of the epoch. */
const MONDAY = 4 * DAY

const DAY_OF_WEEK = wallFormat({ weekday: 'short' })
const DAY_OF_MONTH = wallFormat({ day: 'numeric', month: 'short' })
const WEEKDAY_AND_DAY = wallFormat({ weekday: 'short', day: 'numeric' })
const MONTH = wallFormat({ month: 'short' })
const YEAR = wallFormat({ year: 'numeric' })
const CLOCK = wallFormat({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

const RHYTHMS: readonly Rhythm[] = [
  ...[1, 3, 6].map((hours) => even(hours * HOUR, 0, 44, clockOrDay)),
  even(DAY, 0, 58, plain(WEEKDAY_AND_DAY)),
  even(DAY, 0, 34, plain(DAY_OF_WEEK)),
  even(WEEK, MONDAY, 50, plain(DAY_OF_MONTH)),
  ...[1, 3].map((months) => ofMonths(months, 38)),
  ...[12, 60, 120].map((months) => ofMonths(months, 40)),
]

function even(seconds: number, origin: number, room: number, label: Rhythm['label']): Rhythm {
  const start = (wall: number) => Math.floor((wall - origin) / seconds) * seconds + origin
  return { seconds, room, start, next: (wall) => wall + seconds, label }
}

function ofMonths(months: number, room: number): Rhythm {
  const start = (wall: number) => wallOfMonth(Math.floor(monthOf(wall) / months) * months)
  const next = (wall: number) => wallOfMonth(monthOf(wall) + months)
  return { seconds: months * 30.4 * DAY, room, start, next, label: months < 12 ? monthOrYear : plain(YEAR) }
}

/** Months since the year 0. */
function monthOf(wall: number): number {
  const date = new Date(wall * 1000)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

function wallOfMonth(month: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12) / 1000
}

function clockOrDay(wall: number): Omit<TimeTick, 'at'> {
  const isStrong = wall % DAY === 0
  return { label: (isStrong ? WEEKDAY_AND_DAY : CLOCK)(wall), isStrong }
}

function monthOrYear(wall: number): Omit<TimeTick, 'at'> {
  const isStrong = monthOf(wall) % 12 === 0
  return { label: (isStrong ? YEAR : MONTH)(wall), isStrong }
}

function plain(format: (wall: number) => string): Rhythm['label'] {
  return (wall) => ({ label: format(wall), isStrong: false })
}

function wallFormat(options: Intl.DateTimeFormatOptions): (wall: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options })
  return (wall) => format.format(wall * 1000)
}
