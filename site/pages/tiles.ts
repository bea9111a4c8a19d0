import { TOTAL } from '../../ingest/model/cell.ts'
import type { Measure } from '../../ingest/model/measure.ts'
import type { StepName } from '../../ingest/model/time.ts'
import { type Figures, figuresOf } from '../figures.ts'
import type { Traffic } from '../traffic.ts'
import { formatQuantity, SHOWN } from '../units.ts'

/** A figure at a glance, in above out. */
export interface Tile {
  readonly label: string
  /** The one that most people come for. */
  readonly isLead: boolean
  readonly ways: readonly {
    readonly way: 'in' | 'out'
    readonly value: string
    /** The same in other measures; else empty. */
    readonly more: string
  }[]
}

/** What a table tells of all of a cell's bits, and now in packets and flows, too. */
export function tilesOf(traffic: Traffic, cell: string = TOTAL): Tile[] {
  const { rate, volume } = SHOWN.octets
  const tile = (label: string, show: (figures: Figures) => string): Tile => ({
    label,
    isLead: false,
    ways: (['in', 'out'] as const).map((way) => ({
      way,
      value: show(figuresOf(traffic, cell, way, 'octets')),
      more: '',
    })),
  })
  const now = tile(newestIn(traffic), (figures) => formatQuantity(figures.now, rate))
  return [
    { ...now, isLead: true, ways: now.ways.map((each) => ({ ...each, more: nowInOthers(traffic, cell, each.way) })) },
    tile('Average', ({ average }) => formatQuantity(average, rate)),
    tile('Maximum', ({ max }) => formatQuantity(max, rate)),
    tile('95th percentile', ({ percentile95 }) => formatQuantity(percentile95, rate)),
    tile('Total', ({ total }) => formatQuantity(total === null ? null : Number(total), volume)),
  ]
}

/** What the newest point of a stretch is called. */
export function newestIn({ step }: Pick<Traffic, 'step'>): string {
  return NEWEST[step]
}
const NEWEST: { readonly [S in StepName]: string } = {
  '5m': 'Now',
  '30m': 'Last 30 min',
  '2h': 'Last 2 h',
  '1d': 'Last day',
}

function nowInOthers(traffic: Traffic, cell: string, way: 'in' | 'out'): string {
  const now = (measure: Measure) => formatQuantity(figuresOf(traffic, cell, way, measure).now, SHOWN[measure].rate)
  return `${now('packets')}, ${now('flows')}`
}
