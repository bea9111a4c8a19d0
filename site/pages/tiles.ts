import { TOTAL } from '../../ingest/model/cell.ts'
import type { Measure } from '../../ingest/model/measure.ts'
import type { StepName } from '../../ingest/model/time.ts'
import { type Figures, figuresOf, shareOf } from '../figures.ts'
import type { Traffic } from '../traffic.ts'
import { formatQuantity, formatShare, formatSpan, SHOWN } from '../units.ts'

type Way = 'in' | 'out'

/** A figure at a glance, in above out. */
export interface Tile {
  readonly label: string
  /** The one that most people come for. */
  readonly isLead: boolean
  readonly ways: readonly {
    readonly way: Way
    readonly value: string
    /** The same in other measures, or its share; else empty. */
    readonly more: string
  }[]
}

/** What a table tells of all of a cell's bits, and now in packets and flows, too. */
export function tilesOf(traffic: Traffic, cell: string = TOTAL): Tile[] {
  const { rate, volume } = SHOWN.octets
  const tile = (label: string, show: (figures: Figures) => string, more: (way: Way) => string = () => ''): Tile => ({
    label,
    isLead: false,
    ways: (['in', 'out'] as const).map((way) => ({
      way,
      value: show(figuresOf(traffic, cell, way, 'octets')),
      more: more(way),
    })),
  })
  const showTotal = ({ total }: Figures) => formatQuantity(total === null ? null : Number(total), volume)
  return [
    {
      ...tile(
        newestIn(traffic),
        ({ now }) => formatQuantity(now, rate),
        (way) => nowInOthers(traffic, cell, way),
      ),
      isLead: true,
    },
    tile('Average', ({ average }) => formatQuantity(average, rate)),
    tile('Maximum', ({ max }) => formatQuantity(max, rate)),
    tile(percentileOf(traffic), ({ percentile95 }) => formatQuantity(percentile95, rate)),
    cell === TOTAL
      ? tile('Total', showTotal)
      : tile('Total, share of all', showTotal, (way) => shareOfAll(traffic, cell, way)),
  ]
}

/** A percentile of longer points is another figure than that of five minutes: a monthly statement's is greater. */
function percentileOf({ step, stepSeconds }: Traffic): string {
  return step === '5m' ? '95th percentile' : `95th of ${formatSpan(stepSeconds)}`
}

/** Of all traffic of the same time, and the same way. */
function shareOfAll(traffic: Traffic, cell: string, way: Way): string {
  const [part, whole] = [cell, TOTAL].map((each) => figuresOf(traffic, each, way, 'octets').total)
  return part == null || whole == null ? '' : formatShare(shareOf(part, whole))
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

function nowInOthers(traffic: Traffic, cell: string, way: Way): string {
  const now = (measure: Measure) => formatQuantity(figuresOf(traffic, cell, way, measure).now, SHOWN[measure].rate)
  return `${now('packets')}, ${now('flows')}`
}
