import { readFileSync, statSync } from 'node:fs'
import type { Event } from '../model/event.ts'
import { mistakeInLabel } from '../model/text.ts'
import { createWallClock, type WallClock } from '../model/time-zone.ts'

export interface Events {
  /** In the order of their times. */
  readonly events: readonly Event[]
  /** What could not be read, each with its line. */
  readonly mistakes: readonly string[]
}

const MOST_BYTES = 1024 * 1024
const LONGEST_LABEL = 200

/** Reads the file of events; without one there are none. What is wrong with it is told, and never thrown. */
export function readEvents(path: string | undefined, timeZone: string): Events {
  if (path === undefined) return { events: [], mistakes: [] }
  try {
    const { size } = statSync(path)
    if (size > MOST_BYTES) return nothing(`${size} bytes are too many; the limit is ${MOST_BYTES}`)
    return parseEvents(readFileSync(path, 'utf8'), timeZone)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return nothing(
      code === 'ENOENT' ? 'it is not there; make it, or leave site.events out' : `cannot be read (${code})`,
    )
  }
}

function nothing(mistake: string): Events {
  return { events: [], mistakes: [mistake] }
}

/**
 * A line is a time and a label, or two times with a dash between and a label: `2026-11-23 16:35 Power failure`,
 * `2026-11-23 22:00 - 2026-11-24 02:00 New firmware`, `2026-11-23T15:35Z Power failure`, `2026-11-23 Holiday`. Times are of the zone
 * unless they say another; `#` begins a line that is none.
 */
export function parseEvents(text: string, timeZone: string): Events {
  const clock = createWallClock(timeZone)
  const events: Event[] = []
  const mistakes: string[] = []
  for (const [at, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const found = parseLine(trimmed, clock)
    if (typeof found === 'string') mistakes.push(`line ${at + 1}: ${found}`)
    else events.push(found)
  }
  return { events: events.sort((a, b) => a.at - b.at), mistakes }
}

const TIME = String.raw`(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:?\d\d)?)?`
const START = new RegExp(String.raw`^${TIME}(?=\s|$)`)
const END = new RegExp(String.raw`^\s+[-\u2013]\s+(?:${TIME}|(\d\d:\d\d))(?=\s|$)`)

/** An event, or what is wrong with the line. */
function parseLine(line: string, clock: WallClock): Event | string {
  const start = START.exec(line)
  if (start === null)
    return `it begins with no time such as 2026-11-23 16:35, but with ${JSON.stringify(line.slice(0, 40))}`
  const [startText, day, time, zone] = start as unknown as [string, string, string?, string?]
  const rest = line.slice(startText.length)
  const end = END.exec(rest)
  const label = rest.slice(end?.[0].length ?? 0).trim()
  if (label === '') return 'it has no label behind its time'
  const mistake = mistakeInLabel(label)
  if (mistake !== null) return `its label ${mistake}`
  const at = momentOf(day, time ?? '00:00', zone, clock)
  const to = end === null ? (time === undefined ? dayBehind(day, clock) : null) : endOf(end, day, zone, clock)
  if (Number.isNaN(at) || Number.isNaN(to)) return `${(startText + (end?.[0] ?? '')).trim()} is no time that there is`
  if (to !== null && to <= at) return 'it ends no later than it begins'
  return { at, to, label: [...label].slice(0, LONGEST_LABEL).join('') }
}

/** Of an end that is a date alone, that day is the last; of a clock alone, the day is that of the start. */
function endOf(
  [, day, time, zone, clockAlone]: RegExpExecArray,
  startDay: string,
  startZone: string | undefined,
  clock: WallClock,
): number {
  if (clockAlone !== undefined) return momentOf(startDay, clockAlone, startZone, clock)
  return time === undefined ? dayBehind(day!, clock) : momentOf(day!, time, zone, clock)
}

/** Unix seconds; NaN where the calendar or the clock has no such time. */
function momentOf(day: string, time: string, zone: string | undefined, clock: WallClock): number {
  const shown = Date.parse(`${day}T${time}Z`)
  if (Number.isNaN(shown) || new Date(shown).toISOString().slice(0, 10) !== day) return Number.NaN
  return (zone === undefined ? clock(shown) : Date.parse(`${day}T${time}${zone}`)) / 1000
}

/** The midnight that ends a day. */
function dayBehind(day: string, clock: WallClock): number {
  const midnight = Date.parse(`${day}T00:00:00Z`)
  return Number.isNaN(midnight) ? Number.NaN : clock(midnight + 86_400_000) / 1000
}
