import { DAY_SECONDS } from '../model/time.ts'

/** Where the campus lies: days begin, people wake and backups start by its clocks. */
export const CAMPUS_ZONE = 'Europe/Vienna'

/** What the clocks of the campus show. */
export interface CivilTime {
  /** Days since 1970-01-01 (a Thursday), by the calendar of the campus. */
  readonly day: number
  /** Seconds since midnight, by the clock. */
  readonly second: number
}

/** Takes unix seconds. */
export function civilTime(seconds: number): CivilTime {
  const wall = seconds + zoneOffset(seconds)
  const day = Math.floor(wall / DAY_SECONDS)
  return { day, second: wall - day * DAY_SECONDS }
}

/** Unix seconds of the moment at which the clocks of the campus show this; within the hour of a clock change, one near it. */
export function unixTime(day: number, second: number): number {
  const wall = day * DAY_SECONDS + second
  return wall - zoneOffset(wall - zoneOffset(wall))
}

export function isWeekend(day: number): boolean {
  const weekday = (day + 4) % 7
  return weekday === 0 || weekday === 6
}

const format = new Intl.DateTimeFormat('en-US', { timeZone: CAMPUS_ZONE, timeZoneName: 'longOffset' })
const offsets = new Map<number, number>()

/** Seconds ahead of UTC. Clocks change on the hour, so an hour is asked for once. */
function zoneOffset(seconds: number): number {
  const hour = Math.floor(seconds / 3600)
  let offset = offsets.get(hour)
  if (offset === undefined) {
    offset = readOffset(hour * 3_600_000)
    offsets.set(hour, offset)
  }
  return offset
}

function readOffset(ms: number): number {
  const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')!.value
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(name) ?? ['', '+', '0', '0']
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
}
