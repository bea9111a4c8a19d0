import { TOTAL } from '../../ingest/model/cell.ts'
import { MEASURES, type Measure } from '../../ingest/model/measure.ts'
import type { StackedChart } from '../charts/chart.ts'
import { OTHER_COLOR } from '../charts/theme.ts'
import type { ChartData } from '../downloads.ts'
import { type Figures, figuresOf, peaksOf, ratesOf, shareOf, totalBothWays } from '../figures.ts'
import { MOST_LAYERS, REST, restOf, sortByVolume } from '../layers.ts'
import { link, rangeAddress } from '../links.ts'
import { isKnown, sawTraffic, type Traffic } from '../traffic.ts'
import { formatCount, formatQuantity, formatRate, formatShare, SHOWN } from '../units.ts'
import type { Breakdown, Layer } from './breakdown.ts'
import type { ShownEvents } from './events.ts'
import { type ReadoutEntry, readoutOf } from './readout.ts'
import type { SiteMember } from './site.ts'
import { newestIn } from './tiles.ts'
import { midSentence } from './words.ts'

/** One measure of a subject: a chart, the table below it, the sentences about it. */
export interface Stack {
  readonly chart: StackedChart & ChartData
  readonly table: FiguresTable
  readonly readout: readonly ReadoutEntry[]
}

export interface FiguresTable {
  readonly caption: string
  /** Of the first column. */
  readonly head: string
  /** Of the columns of the newest point. */
  readonly newest: string
  /** Of totals: bytes, packets, flows. */
  readonly totalUnit: string
  readonly rows: readonly FiguresRow[]
  readonly total: FiguresRow | null
  /** Members of which nothing was seen: the first of them, and in words how many more there are. */
  readonly quiet: readonly string[]
  readonly moreQuiet: string
  /** What the grey layer on top is, when there is one; else empty. */
  readonly rest: string
}

export interface FiguresRow {
  readonly label: string
  readonly href: string | null
  /** `null`: not on the chart. */
  readonly color: string | null
  readonly share: string
  /** In and out of: now, average, maximum, 95th percentile, minimum, total. */
  readonly cells: readonly string[]
}

/** What is charted: everything (`total`), a member or a pair. */
export interface StackSubject {
  readonly address: string
  readonly title: string
  readonly cell: string
  readonly color: string
  readonly breakdown: Breakdown | null
}

export function stackOf(
  traffic: Traffic,
  measure: Measure,
  subject: StackSubject,
  page: { address: string; timeZone: string; window: string; events: ShownEvents['marks'] },
): Stack {
  const sorted = sortByVolume(
    traffic,
    measure,
    subject.breakdown === null ? [] : divide(traffic, subject.breakdown).seen,
  )
  const happened = page.events.length === 0 ? {} : { events: page.events }
  const data = { ...chartData(traffic, measure, subject, sorted), ...happened }
  const figures = {
    in: figuresOf(traffic, subject.cell, 'in', measure),
    out: figuresOf(traffic, subject.cell, 'out', measure),
  }
  const by = subject.breakdown === null ? '' : ` by ${midSentence(subject.breakdown.dimension.singular)}`
  const { rateInWords, rate } = SHOWN[measure]
  return {
    chart: {
      ...data,
      title: `${subject.title}: ${rateInWords}${by}, ${page.window}`,
      description: describe(figures, rate, page.events.length),
      stepSeconds: traffic.stepSeconds,
      timeZone: page.timeZone,
      percentile95: { in: figures.in.percentile95, out: figures.out.percentile95 },
    },
    table: tableOf(traffic, measure, subject, sorted, data, page.address),
    readout: readoutOf(traffic, data, figures),
  }
}

interface Divided {
  readonly traffic: Traffic
  /** The layers that saw traffic, and the members that did not. */
  readonly seen: readonly Layer[]
  readonly quiet: readonly SiteMember[]
}

/** Every measure asks for the same. */
function divide(traffic: Traffic, breakdown: Breakdown): Divided {
  const known = divided.get(breakdown)
  if (known?.traffic === traffic) return known
  const seen: Layer[] = []
  const quiet: SiteMember[] = []
  for (const member of breakdown.members) {
    if (sawTraffic(traffic, breakdown.cellOf(member.id))) seen.push(breakdown.layerOf(member))
    else quiet.push(member)
  }
  const found = { traffic, seen, quiet }
  divided.set(breakdown, found)
  return found
}
const divided = new WeakMap<Breakdown, Divided>()

function describe({ in: inward, out }: { in: Figures; out: Figures }, unit: string, events: number): string {
  if (inward.now === null) return 'Nothing was measured in this time.'
  const way = (name: string, { now, average, max }: Figures) =>
    `${name}: now ${formatQuantity(now, unit)}, average ${formatQuantity(average, unit)}, maximum ${formatQuantity(max, unit)}.`
  return `In above the line, out below. ${way('In', inward)} ${way('Out', out)} The table holds every number.${events === 0 ? '' : ' Numbered rules mark events, which are listed on the page.'}`
}

function chartData(traffic: Traffic, measure: Measure, subject: StackSubject, sorted: readonly Layer[]): ChartData {
  const rates = (cell: string) => ({
    in: ratesOf(traffic, cell, 'in', measure),
    out: ratesOf(traffic, cell, 'out', measure),
  })
  const total = rates(subject.cell)
  const peak =
    traffic.range === 'day'
      ? {}
      : {
          peak: {
            in: peaksOf(traffic, subject.cell, 'in', measure),
            out: peaksOf(traffic, subject.cell, 'out', measure),
          },
        }
  const frame = { unit: SHOWN[measure].rate, from: traffic.from, to: traffic.to, stepSeconds: traffic.stepSeconds }
  if (subject.breakdown === null) {
    const whole = { id: 'whole', label: subject.title, color: subject.color, ...total }
    return { ...frame, layers: [whole], total, ...peak }
  }
  const stacked = sorted.filter(({ isStacked }) => isStacked)
  const most = MOST_LAYERS[measure]
  const drawn = stacked.length > most ? stacked.slice(0, most - 1) : stacked
  const layers = drawn.map(({ id, label, color, cell }) => ({ id, label, color, ...rates(cell) }))
  const rest = restOf(total, layers)
  return { ...frame, layers: rest === null ? layers : [...layers, rest], total, ...peak }
}

/** Of a thousand services most networks see few; their names would be most of the page. */
const MOST_QUIET = 30

function tableOf(
  traffic: Traffic,
  measure: Measure,
  subject: StackSubject,
  sorted: readonly Layer[],
  { layers }: ChartData,
  from: string,
): FiguresTable {
  const { breakdown } = subject
  if (breakdown === null) return wholeTable(traffic, subject)
  const { title, rateInWords, totals } = SHOWN[measure]
  const { quiet } = divide(traffic, breakdown)
  const colors = new Map(layers.map(({ id, color }) => [id, color]))
  return {
    caption: `${title}: rates in ${rateInWords}, totals in ${totals}`,
    head: breakdown.dimension.singular,
    newest: newestIn(traffic),
    totalUnit: totals,
    rows: sorted.map(({ id, label, cell, isStacked }) => ({
      label,
      href: link(from, rangeAddress(breakdown.addressOf(id), traffic.range)),
      color: colors.get(id) ?? (isStacked ? OTHER_COLOR : null),
      ...figuresRow(traffic, measure, cell, subject.cell),
    })),
    total: {
      label: 'Total',
      href: null,
      color: null,
      ...figuresRow(traffic, measure, subject.cell, subject.cell),
    },
    quiet: quiet.slice(0, MOST_QUIET).map(({ label }) => label),
    moreQuiet: quiet.length > MOST_QUIET ? ` and ${formatCount(quiet.length - MOST_QUIET)} others` : '',
    rest: colors.has(REST) ? `everything else${breakdown.isExact ? '' : ': in none of the networks on the chart'}` : '',
  }
}

/** Without a breakdown: a row per measure. */
function wholeTable(traffic: Traffic, { title, cell, color }: StackSubject): FiguresTable {
  return {
    caption: `${title}: rates per second, totals in bytes, packets and flows`,
    head: 'Per second',
    newest: newestIn(traffic),
    totalUnit: '',
    rows: MEASURES.map((measure) => ({
      label: SHOWN[measure].title,
      href: null,
      color: measure === 'octets' ? color : null,
      ...figuresRow(traffic, measure, cell, TOTAL, SHOWN[measure].volume),
    })),
    total: null,
    quiet: [],
    moreQuiet: '',
    rest: '',
  }
}

function figuresRow(
  traffic: Traffic,
  measure: Measure,
  cell: string,
  whole: string,
  unit = '',
): Pick<FiguresRow, 'cells' | 'share'> {
  const ways = [figuresOf(traffic, cell, 'in', measure), figuresOf(traffic, cell, 'out', measure)]
  const rates = (['now', 'average', 'max', 'percentile95', 'min'] as const).flatMap((name) =>
    ways.map((way) => formatRate(way[name])),
  )
  const share = shareOf(totalBothWays(traffic, cell, measure), totalBothWays(traffic, whole, measure))
  return {
    share: formatShare(isKnown(traffic) ? share : null),
    cells: [...rates, ...ways.map(({ total }) => formatQuantity(total === null ? null : Number(total), unit))],
  }
}
