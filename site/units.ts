import type { Measure } from '../ingest/model/measure.ts'
import { isoTime } from '../ingest/model/time.ts'

/* The only place that formats a number or a time for people. */

/** Stands where nobody measured. */
export const UNKNOWN = '–'

/** How each measure is shown: as a rate on charts, as a volume in totals. `perCount` turns the counter into the rate's unit. */
export const SHOWN = {
  octets: {
    name: 'bits',
    title: 'Bits',
    rate: 'b/s',
    rateInWords: 'bits per second',
    volume: 'B',
    totals: 'bytes',
    perCount: 8,
  },
  packets: {
    name: 'packets',
    title: 'Packets',
    rate: 'pkt/s',
    rateInWords: 'packets per second',
    volume: '',
    totals: 'packets',
    perCount: 1,
  },
  flows: {
    name: 'flows',
    title: 'Flows',
    rate: 'flow/s',
    rateInWords: 'flows per second',
    volume: '',
    totals: 'flows',
    perCount: 1,
  },
} as const satisfies Record<Measure, object>

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']
const NARROW_SPACE = '\u202f'

/** Three significant digits and an SI prefix: `3.11 G`, `781 k`, `0.25`, `0`. */
export function formatSi(value: number): string {
  if (value === 0) return '0'
  if (value < 0.0005) return '<0.001'
  if (value < 1) return String(Number(value.toPrecision(value < 0.1 ? 1 : 2)))
  let prefix = Math.min(PREFIXES.length - 1, Math.floor(Math.log10(value) / 3))
  if (Number((value / 1000 ** prefix).toPrecision(3)) >= 1000 && prefix < PREFIXES.length - 1) prefix++
  const scaled = value / 1000 ** prefix
  const digits = scaled.toFixed(scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0)
  return prefix === 0 ? String(Number(digits)) : `${digits}${NARROW_SPACE}${PREFIXES[prefix]}`
}

/** `3.11 Gb/s`, `926 b/s`; `–` when unknown. */
export function formatQuantity(value: number | null, unit: string): string {
  if (value === null) return UNKNOWN
  const text = formatSi(value)
  return unit === '' || text.includes(NARROW_SPACE) ? text + unit : `${text}${NARROW_SPACE}${unit}`
}

/** A rate in a table whose head names the unit. */
export function formatRate(value: number | null): string {
  return value === null ? UNKNOWN : formatSi(value)
}

/** A whole number, grouped: `12,345`. */
export function formatCount(value: number | bigint): string {
  return GROUPED.format(value)
}
const GROUPED = new Intl.NumberFormat('en-US')

/** 0 to 1 as `55.0 %`; `–` when unknown. */
export function formatShare(share: number | null): string {
  if (share === null) return UNKNOWN
  const percent = share * 100
  if (percent > 0 && percent < 0.05) return `<0.1${NARROW_SPACE}%`
  return `${percent.toFixed(percent < 99.95 ? 1 : 0)}${NARROW_SPACE}%`
}

/** 5 minutes, 30 minutes, 2 hours, 1 day. */
export function formatSpan(seconds: number): string {
  const [count, unit] =
    seconds % 86_400 === 0
      ? [seconds / 86_400, 'day']
      : seconds % 3600 === 0
        ? [seconds / 3600, 'hour']
        : [seconds / 60, 'minute']
  return `${formatCount(count)} ${unit}${count === 1 ? '' : 's'}`
}

/** A moment as pages show it: in the site's zone, with UTC for machines and on hover. */
export interface Moment {
  /** `2026-11-23T15:35:00Z`. */
  readonly iso: string
  /** `23 Nov 2026, 16:35 CET`. */
  readonly text: string
  /** `2026-11-23 15:35 UTC`. */
  readonly utc: string
}

export function formatMoment(seconds: number, timeZone: string): Moment {
  return { ...machineTimes(seconds), text: `${formatDate(seconds, timeZone)}, ${formatClock(seconds, timeZone)}` }
}

/** The year left out, where it is plain from its place: `23 Nov, 16:35 CET`. */
export function formatYearlessMoment(seconds: number, timeZone: string): Moment {
  return {
    ...machineTimes(seconds),
    text: `${formatYearlessDate(seconds, timeZone)}, ${formatClock(seconds, timeZone)}`,
  }
}

/** The clock alone, where the day is plain from its place: `16:35 CET`. */
export function formatClockMoment(seconds: number, timeZone: string): Moment {
  return { ...machineTimes(seconds), text: formatClock(seconds, timeZone) }
}

function machineTimes(seconds: number): Omit<Moment, 'text'> {
  const iso = isoTime(seconds)
  return { iso, utc: `${iso.slice(0, 16).replace('T', ' ')} UTC` }
}

/** `23 Nov 2026`. */
export function formatDate(seconds: number, timeZone: string): string {
  return formatter(timeZone, 'date').format(seconds * 1000)
}

/** `23 Nov`, where the year is plain from its place. */
export function formatYearlessDate(seconds: number, timeZone: string): string {
  return formatter(timeZone, 'yearless').format(seconds * 1000)
}

/** `16:35 CET`. */
export function formatClock(seconds: number, timeZone: string): string {
  return `${formatter(timeZone, 'clock').format(seconds * 1000)} ${zoneName(seconds, timeZone)}`
}

/** `November 2026`, of a UTC month written as `2026-11`. */
export function formatMonth(month: string): string {
  return formatter('UTC', 'month').format(Date.parse(`${month}-01T00:00:00Z`))
}

/** `November`, where the year is plain from its place. */
export function formatYearlessMonth(month: string): string {
  return formatter('UTC', 'yearlessMonth').format(Date.parse(`${month}-01T00:00:00Z`))
}

/** `Monday, 23 November 2026`, of a UTC day written as `2026-11-23`. */
export function formatUtcDay(day: string): string {
  return formatter('UTC', 'day').format(Date.parse(`${day}T00:00:00Z`))
}

/** What people there call the zone, CET or EST; where no English locale has a name, `GMT+5:30`. */
function zoneName(seconds: number, timeZone: string): string {
  const key = `${timeZone} ${Math.floor(seconds / QUARTER_SECONDS)}`
  const name = zoneNames.get(key) ?? findZoneName(seconds, timeZone)
  if (zoneNames.size >= MOST_ZONE_NAMES) zoneNames.clear()
  zoneNames.set(key, name)
  return name
}
/** Clocks change at whole quarters of an hour. */
const QUARTER_SECONDS = 900
const MOST_ZONE_NAMES = 4096
const zoneNames = new Map<string, string>()

function findZoneName(seconds: number, timeZone: string): string {
  if (timeZone === 'UTC') return 'UTC'
  const names = ZONE_LOCALES.map((locale) => zonePart(formatter(timeZone, locale), seconds))
  return names.find((name) => !/^(GMT|UTC)[+-]/.test(name)) ?? names[0]!
}
const ZONE_LOCALES = ['en-GB', 'en-US', 'en-CA', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ'] as const

function zonePart(zone: Intl.DateTimeFormat, seconds: number): string {
  return zone.formatToParts(seconds * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC'
}

const FORMS = {
  date: { day: 'numeric', month: 'short', year: 'numeric' },
  yearless: { day: 'numeric', month: 'short' },
  clock: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  month: { month: 'long', year: 'numeric' },
  yearlessMonth: { month: 'long' },
  day: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(timeZone: string, form: keyof typeof FORMS | (typeof ZONE_LOCALES)[number]): Intl.DateTimeFormat {
  const key = `${timeZone} ${form}`
  let known = formatters.get(key)
  if (known === undefined) {
    known =
      form in FORMS
        ? new Intl.DateTimeFormat('en-GB', { timeZone, ...FORMS[form as keyof typeof FORMS] })
        : new Intl.DateTimeFormat(form, { timeZone, timeZoneName: 'short' })
    formatters.set(key, known)
  }
  return known
}
