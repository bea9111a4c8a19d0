import type { BothWays, StackedChart } from '../charts/chart.ts'
import type { Rates } from '../charts/rates.ts'
import type { SparklineOptions } from '../charts/sparkline.ts'
import type { ChartData } from '../downloads.ts'
import type { RangeName } from '../traffic.ts'
import type { Moment } from '../units.ts'

/**
 * A page before it is HTML: what its template prints, all of it text. A function in this folder makes one from what is
 * stored; a template of the same name prints it.
 */
export interface Page {
  /** See `links.ts`. */
  readonly address: string
  readonly template: TemplateName
  readonly title: string
  /** Of the menu entry it belongs to. */
  readonly section: string
  /** What it covers; only pages of `range.ts` have one. */
  readonly range?: RangeName
  /** The way to the page, from the menu down; the page itself is not in it. */
  readonly trail: readonly Anchor[]
  /** What the page tells of; `null` for pages without data, and for those of the archive (slots, days, months that are over): they never go stale. */
  readonly data: DataTime | null
  readonly content: object
  /** By the name that the template calls them by. */
  readonly charts?: { readonly [name: string]: StackedChart }
  readonly sparklines?: { readonly [name: string]: Sparkline }
  /** Charts whose numbers lie beside the page as well, by name: see `downloadsOf`. */
  readonly downloads?: { readonly [name: string]: StackedChart & ChartData }
  /** Other files beside the page, by name. */
  readonly files?: { readonly [name: string]: string }
}

export type TemplateName =
  | 'overview'
  | 'dimension'
  | 'range'
  | 'matrix'
  | 'scoreboard'
  | 'slot'
  | 'day'
  | 'overall'
  | 'calendar'
  | 'reports'
  | 'statement'
  | 'explore'
  | 'quality'
  | 'about'
  | 'not-found'

export interface Anchor {
  readonly href: string
  readonly label: string
}

export interface DataTime {
  /** The end of the newest point shown. */
  readonly end: Moment
  /** From this moment on a visitor is told that newer data should be here: ISO. */
  readonly staleAfter: string
}

export type Sparkline = BothWays<Rates> & SparklineOptions
