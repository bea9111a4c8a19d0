import type { StepName } from '../ingest/model/time.ts'

/** What a page shows: how far back, and how wide a point is. */
export const RANGES = {
  day: { step: '5m', points: 288, title: 'Day' },
  week: { step: '30m', points: 336, title: 'Week' },
  month: { step: '2h', points: 372, title: 'Month' },
  year: { step: '1d', points: 366, title: 'Year' },
} as const satisfies Record<string, { step: StepName; points: number; title: string }>
export type RangeName = keyof typeof RANGES
export const RANGE_NAMES = Object.keys(RANGES) as RangeName[]
