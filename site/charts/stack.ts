import type { BothWays, StackedChart } from './chart.ts'
import { createColumn } from './column.ts'
import { greatestOf, type Rates } from './rates.ts'
import { gapArea, gapsOf, type Heights, type Run, stepArea, stepLine } from './step-path.ts'

/** What is drawn between the axes, the same for every size. */
export interface Stack {
  /** How far the vertical axis reaches each way, per second. */
  readonly reach: BothWays<number>
  /** How many units of its paths the whole vertical axis is. */
  readonly units: number
  /** The lowest first. */
  readonly paths: readonly StackPath[]
  readonly gaps: readonly Run[]
  /** Nobody measured in all of the time. */
  readonly isEmpty: boolean
}

/** SVG path data: a point across is 1; up from zero, in units of the stack. */
export interface StackPath {
  readonly path: string
  readonly fill?: string
  readonly stroke?: string
  readonly dash?: readonly number[]
  /** Of a stroke, in pixels; else that of the size. */
  readonly width?: number
  readonly label?: string
}

/**
 * In how many steps the vertical axis is divided: a pixel of a desk's chart each, so that nothing stands more than half a pixel off. Finer
 * is not seen and costs bytes for every point and layer. Where restless layers would make a page heavy: 1.4 pixels each.
 */
const FINE = 278
const COARSE = 200
/** Characters of the finer paths of a chart. */
const MOST_TEXT = 18_000
export const WAYS = ['in', 'out'] as const

/** Of layers that are lines: wider than what lies on a stack. */
const LINE_WIDTH = 1.25
/** Above the greatest value. */
const HEADROOM = 1.03
/** Neither way gets less than this part of the axis: its name needs the room, and an idle way is news too. */
const LEAST_SHARE = 0.13

/**
 * Gaps, layers, lines. A layer reaches from zero to the top of the layers below and its own; the topmost is painted first
 * and each next one covers it, so no seam shows between them and every border is written once.
 */
export function stackOf(chart: StackedChart): Stack {
  const fine = stackIn(FINE, chart)
  return textOf(fine) <= MOST_TEXT ? fine : stackIn(COARSE, chart)
}

function textOf({ paths }: Stack): number {
  return paths.reduce((sum, { path }) => sum + path.length, 0)
}

function stackIn(units: number, chart: StackedChart): Stack {
  const isStack = chart.drawing !== 'lines'
  const layered = isStack ? stackUp(chart) : chart.layers
  const reach = reachOf(chart, isStack ? layered.slice(-1) : layered)
  const unitsPerRate = units / (reach.in + reach.out)
  const draw = (both: BothWays<Rates>, shape: (heights: Heights) => string, known = chart.total) =>
    WAYS.map((way) => shape(heightsFrom(known[way], both[way], countOf(chart), unitsPerRate, directionOf(way)))).join(
      '',
    )

  const known = knownOf(chart)
  const ends = WAYS.map((way) => directionOf(way) * Math.round(reach[way] * unitsPerRate)) as [number, number]
  const layers = layered.map(({ label, color, ...rates }) =>
    isStack
      ? { path: draw(rates, stepArea), fill: color, label }
      : { path: draw(rates, stepLine), stroke: color, width: LINE_WIDTH, label },
  )
  const hasTotal = isStack || chart.before !== undefined
  const lines = [
    { rates: chart.peak, stroke: 'var(--chart-peak)', label: 'greatest five minutes' },
    { rates: hasTotal ? chart.total : undefined, stroke: 'var(--chart-line)', label: 'total' },
    { rates: chart.before, stroke: 'var(--chart-line)', dash: [4, 3], label: 'total of the time before' },
  ].map(({ rates, ...look }) => ({
    path: rates === undefined ? '' : draw(rates, stepLine, rates === chart.before ? rates : chart.total),
    ...look,
  }))
  const paths = [{ path: gapArea(known, ends), fill: 'var(--chart-gap)' }, ...layers.reverse(), ...lines]
  return {
    reach,
    units,
    paths: paths.filter(({ path }) => path !== ''),
    gaps: gapsOf(known),
    isEmpty: known.every(Number.isNaN),
  }
}

/** In is drawn upwards. */
export function directionOf(way: 'in' | 'out'): 1 | -1 {
  return way === 'in' ? 1 : -1
}

/** Each layer with its rates added to those of the layers below. */
function stackUp(chart: StackedChart): StackedChart['layers'] {
  const below = { in: createColumn(countOf(chart)), out: createColumn(countOf(chart)) }
  return chart.layers.map((layer) => {
    for (const way of WAYS) below[way] = plus(below[way], layer[way])
    return { ...layer, ...below }
  })
}

function plus(sums: Rates, rates: Rates): Rates {
  const sum = createColumn(sums.length)
  for (let at = 0; at < sum.length; at++) sum[at] = sums[at]! + (rates[at] || 0)
  return sum
}

/** `tops`: what reaches highest of the layers. */
function reachOf(chart: StackedChart, tops: readonly BothWays<Rates>[]): BothWays<number> {
  const { peak, percentile95, before, only } = chart
  const total = chart.drawing === 'lines' && before === undefined ? undefined : chart.total
  const mostOf = (way: 'in' | 'out') =>
    Math.max(
      ...[total, ...tops, peak, before].map((rates) => (rates ? greatestOf(rates[way]) : 0)),
      percentile95?.[way] ?? 0,
    )
  const most = { in: mostOf('in'), out: mostOf('out') }
  if (only !== undefined) return { in: (most.in || 1) * HEADROOM, out: 0 }
  const least = (Math.max(most.in, most.out) * LEAST_SHARE) / (1 - LEAST_SHARE) || 1
  return { in: Math.max(most.in, least) * HEADROOM, out: Math.max(most.out, least) * HEADROOM }
}

function heightsFrom(total: Rates, rates: Rates, count: number, unitsPerRate: number, sign: 1 | -1): Heights {
  const heights = createColumn(count)
  for (let at = 0; at < count; at++)
    heights[at] = isKnown(total, at) ? sign * Math.round((rates[at] || 0) * unitsPerRate) : Number.NaN
  return heights
}

function countOf({ from, to, stepSeconds }: StackedChart): number {
  return Math.ceil((to - from) / stepSeconds)
}

/** Zero where anything was measured. */
function knownOf(chart: StackedChart): Heights {
  const { in: inward, out } = chart.total
  const known = createColumn(countOf(chart))
  for (let at = 0; at < known.length; at++) if (!isKnown(inward, at) && !isKnown(out, at)) known[at] = Number.NaN
  return known
}

function isKnown(rates: Rates, at: number): boolean {
  return at < rates.length && !Number.isNaN(rates[at])
}
