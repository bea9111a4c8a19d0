import type { Rates } from './rates.ts'

/* What is charted, as plain data. `render.ts` draws it (`renderStacked`), `sparkline.ts` draws the tiny ones. */

/** In is drawn above the zero line, out below it. */
export interface BothWays<T> {
  readonly in: T
  readonly out: T
}

/** Traffic over time, stacked by member. Point `i` covers the `stepSeconds` that begin at `from + i * stepSeconds`. */
export interface StackedChart {
  /** For screen readers, like the description. */
  readonly title: string
  readonly description: string
  readonly unit: 'b/s' | 'pkt/s' | 'flow/s'
  /** Unix seconds: both ends of the time axis. */
  readonly from: number
  readonly to: number
  readonly stepSeconds: number
  /** IANA name: hours, days and months on the axis are those of this zone. */
  readonly timeZone: string
  /** The bottom of the stack first. */
  readonly layers: readonly ChartLayer[]
  /** A line over the stack. Where it is unknown nothing is drawn: what was measured is told by the total alone. */
  readonly total: BothWays<Rates>
  /** The greatest five minutes within each point, for points that are wider. */
  readonly peak?: BothWays<Rates>
  /** A dashed line each. */
  readonly percentile95?: BothWays<number | null>
  /** Lines do not add up: each layer has one from zero, and the total has none, unless it is compared. Without: `stack`. */
  readonly drawing?: 'stack' | 'lines'
  /** The total of the time before, point by point: a dashed line. */
  readonly before?: BothWays<Rates>
  /** What alone is shown, upwards, when it is not in and out: all rates stand in `in`. */
  readonly only?: string
  /** Ascending. A numbered rule each, and a band where one took its time. What they are is told beside the chart. */
  readonly events?: readonly ChartEvent[]
}

/** Something that happened; unix seconds. `to`: when it was over; `null`: it took no time. */
export interface ChartEvent {
  readonly at: number
  readonly to: number | null
  readonly number: number
}

export interface ChartLayer extends BothWays<Rates> {
  readonly label: string
  /** Anything CSS takes for a colour; see `colorOf` in `theme.ts`. */
  readonly color: string
}
