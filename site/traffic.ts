import { createHash } from 'node:crypto'
import type { Series, SeriesCells } from '../ingest/model/series.ts'
import { dayOf, SLOT_SECONDS, STEPS } from '../ingest/model/time.ts'
import { listParts } from '../ingest/store/part.ts'
import { hashOf } from '../ingest/store/segment.ts'
import { readCompactSeries } from '../ingest/store/series.ts'
import { readIndex } from '../ingest/store/series-index.ts'
import { RANGES, type RangeName } from './ranges.ts'

export { cellsSeen, isKnown, sawTraffic } from './cells.ts'
export { RANGE_NAMES, RANGES, type RangeName } from './ranges.ts'

/** Every cell over one range. */
export interface Traffic extends Omit<Series, 'cells'> {
  readonly cells: SeriesCells
  readonly range: RangeName
  readonly stepSeconds: number
  /** Unix seconds of the end of the last point. */
  readonly to: number
}

/** The ranges of a store, each read once and only when asked for. */
export interface TrafficReader {
  read(range: RangeName): Traffic
  /** Where it begins and ends, without reading it. */
  boundsOf(range: RangeName): Bounds
  /**
   * Is as before while there is nothing new to draw: the range ends where it did, and no flow file of before its end came
   * late. (Long flows that end later still add to its points; they show when the range moves on.)
   */
  stateOf(range: RangeName): string
}

/**
 * Ranges end with the newest point of their step that is complete: a half hour appears when its six slots are over.
 * `newest`: the newest slot (unix seconds); `null` when nothing was ingested: then ranges end at the epoch, unknown. `rename`: what stored
 * cells are called today.
 */
export function createTrafficReader(
  data: string,
  newest: number | null,
  rename?: (cell: string) => string,
): TrafficReader {
  const read = new Map<RangeName, Traffic>()
  const derived = readIndex(data).days
  return {
    read(range) {
      const known = read.get(range) ?? readTraffic(data, boundsOf(range, newest), rename)
      read.set(range, known)
      return known
    },
    boundsOf: (range) => boundsOf(range, newest),
    stateOf: (range) => stateOf(data, derived, boundsOf(range, newest)),
  }
}

export type Bounds = Pick<Traffic, 'range' | 'from' | 'to' | 'step' | 'stepSeconds'>

function boundsOf(range: RangeName, newest: number | null): Bounds {
  const { step, points } = RANGES[range]
  const stepSeconds = STEPS[step]
  const to = newest === null ? 0 : Math.floor((newest + SLOT_SECONDS) / stepSeconds) * stepSeconds
  return { range, step, stepSeconds, from: to - points * stepSeconds, to }
}

function readTraffic(data: string, bounds: Bounds, rename: ((cell: string) => string) | undefined): Traffic {
  return { ...readCompactSeries(data, bounds.step, bounds, rename), ...bounds }
}

/** Of every day but the last, the parts its series were made from (`derived`: the index's days); of the last those before the end. */
export function stateOf(
  data: string,
  derived: Readonly<Record<string, string>>,
  { from, to }: Pick<Bounds, 'from' | 'to'>,
): string {
  const last = dayOf(to)
  const days = Object.entries(derived).filter(([day]) => day >= dayOf(from) && day < last)
  const parts = listParts(data, last)
  const isDerived = parts.length === 0 || derived[last] === hashOf(parts)
  const inputs = [to, days.sort(), parts.filter(({ slot }) => slot < to).map(({ name }) => name)]
  return isDerived ? createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 32) : UNSETTLED
}

/** Series are being made from parts just now: never taken for what it was before. */
export const UNSETTLED = ''
