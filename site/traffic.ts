import type { CellSeries, Series } from '../ingest/model/series.ts'
import { SLOT_SECONDS, STEPS, type StepName } from '../ingest/model/time.ts'
import { readSeries } from '../ingest/store/series.ts'

/** What a page shows: how far back, and how wide a point is. */
export const RANGES = {
  day: { step: '5m', points: 288, title: 'Day' },
  week: { step: '30m', points: 336, title: 'Week' },
  month: { step: '2h', points: 372, title: 'Month' },
  year: { step: '1d', points: 366, title: 'Year' },
} as const satisfies Record<string, { step: StepName; points: number; title: string }>
export type RangeName = keyof typeof RANGES
export const RANGE_NAMES = Object.keys(RANGES) as RangeName[]

/** Every cell over one range. */
export interface Traffic extends Series {
  readonly range: RangeName
  readonly stepSeconds: number
  /** Unix seconds of the end of the last point. */
  readonly to: number
}

/** Every range of a store; the newest slot (unix seconds), `null` when nothing was ingested. */
export type AllTraffic = { readonly [R in RangeName]: Traffic }

/**
 * Reads every range up to the newest point of its step that is complete: a half hour appears when its six slots are
 * over. Without any slot the ranges end at the epoch and nothing in them is known.
 */
export function readAllTraffic(data: string, newest: number | null): AllTraffic {
  const end = newest === null ? 0 : newest + SLOT_SECONDS
  return Object.fromEntries(RANGE_NAMES.map((range) => [range, readTraffic(data, range, end)])) as AllTraffic
}

function readTraffic(data: string, range: RangeName, end: number): Traffic {
  const { step, points } = RANGES[range]
  const stepSeconds = STEPS[step]
  const to = Math.floor(end / stepSeconds) * stepSeconds
  const from = to - points * stepSeconds
  return { ...readSeries(data, step, { from, to }), range, stepSeconds, to }
}

/** Was anything measured in the range? */
export function isKnown({ known }: Series): boolean {
  return known.some((seconds) => seconds > 0)
}

/** Did the cell see any traffic in the range, whatever its direction? A series that saw nothing is absent. */
export function sawTraffic({ cells }: Series, cell: string): boolean {
  return cells.has(cell)
}

export function cellOf({ cells }: Series, cell: string): CellSeries {
  return cells.get(cell) ?? NOTHING
}
const NOTHING: CellSeries = {}
