import type { Event } from '../../ingest/model/event.ts'
import type { ChartEvent } from '../charts/chart.ts'
import { formatCount, formatMoment, type Moment } from '../units.ts'

/** What happened while a chart lasts: on it by number, below it in words. */
export interface ShownEvents {
  readonly marks: readonly (ChartEvent & { readonly label: string })[]
  readonly list: readonly ListedEvent[]
  /** What is said of those that are not shown; else empty. */
  readonly more: string
}

export interface ListedEvent {
  readonly number: number
  readonly at: Moment
  readonly to: Moment | null
  readonly label: string
}

/** A list that is longer is not read. */
const MOST_SHOWN = 40

/** The events between two moments (unix seconds), numbered by their times; of too many the newest. */
export function eventsBetween(events: readonly Event[], timeZone: string, from: number, to: number): ShownEvents {
  const all = events.filter((event) => event.at < to && isAfter(event, from))
  const shown = all.slice(-MOST_SHOWN)
  const left = all.length - shown.length
  return {
    marks: shown.map(({ at, to, label }, index) => ({ at, to, number: index + 1, label })),
    list: shown.map(({ at, to, label }, index) => ({
      number: index + 1,
      at: formatMoment(at, timeZone),
      to: to === null ? null : formatMoment(to, timeZone),
      label,
    })),
    more: left === 0 ? '' : `${formatCount(left)} earlier ${left === 1 ? 'event is' : 'events are'} not shown.`,
  }
}

function isAfter({ at, to }: Event, from: number): boolean {
  return to === null ? at >= from : to > from
}
