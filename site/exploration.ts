import { DIRECTIONS, type Direction } from '../ingest/model/direction.ts'
import type { Measure } from '../ingest/model/measure.ts'
import { isoTime } from '../ingest/model/time.ts'
import { SHOWN } from './units.ts'

/** What the explorer shows, whole: the query of its address, with absolute times, so that a link shows the same later. */
export interface Exploration {
  readonly measure: Measure
  /** What is looked at: `total` or the cell of a member, `network/library`. */
  readonly of: string
  /** The dimension that it is divided by, by name; `null`: not divided. Of a member: one that it is kept together with. */
  readonly by: string | null
  /** Ids of the members that alone are shown; none: all. */
  readonly only: readonly string[]
  readonly way: WayShown
  /** Unix seconds, whole minutes. */
  readonly from: number
  readonly to: number
  readonly drawing: 'stack' | 'lines'
  /** With the same length of time before. */
  readonly isCompared: boolean
}

/** In and out mirrored, or one direction alone. */
export type WayShown = 'both' | Direction
export const WAYS_SHOWN: readonly WayShown[] = ['both', ...DIRECTIONS]

/** Stands for `by: null` in a query. */
export const NOT_DIVIDED = 'nothing'

/** The query of an exploration, or of a part of it that is all a link needs to say. */
export function queryOf(exploration: Partial<Exploration>): string {
  const { measure, of, by, only = [], way, from, to, drawing, isCompared } = exploration
  const pairs: [string, string | undefined][] = [
    ['measure', measure && SHOWN[measure].name],
    ['of', of],
    ['by', by === null ? NOT_DIVIDED : by],
    ['only', only.length === 0 ? undefined : only.join()],
    ['way', way],
    ['from', from === undefined ? undefined : minuteOf(from)],
    ['to', to === undefined ? undefined : minuteOf(to)],
    ['draw', drawing],
    ['compare', isCompared ? 'before' : undefined],
  ]
  const said = pairs.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${escapeValue(value)}`]))
  return said.join('&')
}

/** `2026-11-23T15:35Z`. */
export function minuteOf(seconds: number): string {
  return `${isoTime(seconds).slice(0, 16)}Z`
}

/** As little as must be: `/`, `,` and `:` may stand in a query. */
function escapeValue(value: string): string {
  return encodeURIComponent(value).replace(/%(2F|2C|3A)/g, decodeURIComponent)
}
