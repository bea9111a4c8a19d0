import type { Mark, RectMark, RuleMark, Spec, TextMark } from 'vega'
import { formatSi } from '../units.ts'
import type { StackedChart } from './chart.ts'
import { eventMarks } from './event-marks.ts'
import { rateAxis } from './rate-axis.ts'
import { directionOf, type Stack, type StackPath, WAYS } from './stack.ts'
import { type TimeTick, timeTicks } from './time-axis.ts'

/** A size that a chart is drawn for, in pixels. */
export interface ChartSize {
  readonly name: string
  readonly width: number
  readonly height: number
  /** Room for labels at the sides. */
  readonly left: number
  readonly right: number
  /** How wide the lines of the stack are: thinner where points lie closer. */
  readonly line: number
}

/** For desk, tablet and phone, with text of the same size. `themeCss` shows the one that fits its box. */
export const CHART_SIZES: readonly [ChartSize, ...ChartSize[]] = [
  { name: 'wide', width: 960, height: 320, left: 40, right: 76, line: 0.75 },
  { name: 'middle', width: 640, height: 290, left: 40, right: 76, line: 0.6 },
  { name: 'narrow', width: 360, height: 270, left: 36, right: 34, line: 0.4 },
]

interface Box {
  readonly width: number
  readonly height: number
}

/** The name of the mark that holds the stack. */
export const STACK_MARK = 'stack'

/** Room for labels above and below the plot. */
export const TOP = 20
const BOTTOM = 22
const FONT_SIZE = 11

/**
 * The Vega specification of all charts of a size: scales, rules and labels by Vega, the stack as paths. Plain JSON in which
 * nothing is an expression; what a chart shows comes as `stackedData`. Ticks are data of few marks: an axis of Vega's own
 * costs a millisecond and a half.
 */
export function stackedSpec(size: ChartSize): Spec {
  const plot = plotOf(size)
  return {
    ...plot,
    padding: { left: size.left, top: TOP, right: size.right, bottom: BOTTOM },
    autosize: 'none',
    scales: [
      { name: 'time', type: 'linear', domain: { data: 'span', field: 'at' }, range: 'width', zero: false },
      { name: 'rate', type: 'linear', domain: { data: 'reach', field: 'value' }, range: 'height' },
    ],
    data: STACKED_DATA.map((name) => ({ name })),
    marks: [
      rules('times', { x: TIME, y2: { value: plot.height }, stroke: GRID }),
      rules('rates', { y: RATE, x2: { value: plot.width }, stroke: GRID }),
      bands('spans', { x: AT, x2: { field: 'x2' }, y2: { value: plot.height } }),
      paths(),
      rules('lines', { y: RATE, x2: { value: plot.width }, stroke: LINE, strokeDash: { field: 'dash' } }),
      rules('events', {
        x: AT,
        y: { value: -4 },
        y2: { value: plot.height },
        stroke: LINE,
        strokeDash: { value: [1, 2] },
      }),
      texts('numbers', { x: AT, y: { value: -7 }, align: { value: 'center' }, fill: LINE, fontWeight: { value: 600 } }),
      texts('times', {
        x: TIME,
        y: { value: plot.height + 16 },
        align: { value: 'center' },
        fontWeight: { field: 'weight' },
      }),
      texts('rates', { x: { value: -LABEL_GAP }, y: RATE, dy: { value: 4 }, align: { value: 'right' } }),
      texts('notes', { x: { field: 'x' }, y: { field: 'y' }, align: { field: 'align' } }),
    ],
  }
}

/** `span`, `reach`: both ends of the axes. */
const STACKED_DATA = [
  'span',
  'reach',
  'times',
  'rates',
  'paths',
  'lines',
  'spans',
  'events',
  'numbers',
  'notes',
] as const

/** The rows of each data set of `stackedSpec` for one chart. */
export type StackedData = { readonly [D in (typeof STACKED_DATA)[number]]: readonly object[] }

/** `paths`: of the stack, or none. `span` and `times` are the very same for all charts with the same ticks. */
export function stackedData(
  chart: StackedChart,
  size: ChartSize,
  { reach, units, gaps, isEmpty }: Pick<Stack, 'reach' | 'units' | 'gaps' | 'isEmpty'>,
  paths: readonly StackPath[],
): StackedData {
  const { from, to, stepSeconds } = chart
  const plot = plotOf(size)
  const rates = rateAxis(reach, chart.unit, plot.height)
  const scaleX = (plot.width * stepSeconds) / (to - from)
  return {
    ...timeRows(from, to, timeTicks(from, to, chart.timeZone, plot.width)),
    reach: [{ value: -reach.out }, { value: reach.in }],
    rates: isEmpty ? [] : rates.ticks,
    paths: paths.map((path) => ({ ...path, scaleX, scaleY: -plot.height / units })),
    lines: isEmpty ? [] : linesOf(chart),
    ...eventRows(chart, plot),
    notes: isEmpty ? [emptyNote(plot)] : [...notesOf(chart, reach, size, rates.unit), ...gapNotes(gaps, scaleX)],
  }
}

function eventRows(
  { events, from, to }: StackedChart,
  { width }: Box,
): Pick<StackedData, 'spans' | 'events' | 'numbers'> {
  if (events === undefined || events.length === 0) return NO_LINES
  const { spans, rules, numbers } = eventMarks(events, from, to, width)
  return { spans, events: rules, numbers }
}
const NO_LINES = { spans: [], events: [], numbers: [] }

function timeRows(from: number, to: number, ticks: readonly TimeTick[]): Pick<StackedData, 'span' | 'times'> {
  const rows = rowsOfTicks.get(ticks) ?? {
    span: [{ at: from }, { at: to }],
    times: ticks.map(({ at, label, isStrong }) => ({ at, label, weight: isStrong ? 600 : null })),
  }
  rowsOfTicks.set(ticks, rows)
  return rows
}
const rowsOfTicks = new WeakMap<readonly TimeTick[], Pick<StackedData, 'span' | 'times'>>()

const TIME = { scale: 'time', field: 'at' }
const RATE = { scale: 'rate', field: 'value' }
const AT = { field: 'x' }
const GRID = { value: 'var(--chart-grid)' }
const LINE = { value: 'var(--chart-line)' }
const EVENT = { value: 'var(--chart-event)' }
const LABEL_GAP = 7

/** What is between the axes. */
export function plotOf({ width, height, left, right }: ChartSize): Box {
  return { width: width - left - right, height: height - TOP - BOTTOM }
}

type Entry<M extends RuleMark | TextMark | RectMark> = NonNullable<NonNullable<M['encode']>['enter']>

function rules(data: string, entry: Entry<RuleMark>): Mark {
  return {
    type: 'rule',
    aria: false,
    interactive: false,
    from: { data },
    encode: { enter: { strokeWidth: { value: 1 }, ...entry } },
  }
}

function bands(data: string, entry: Entry<RectMark>): Mark {
  const look = { y: { value: 0 }, fill: EVENT, fillOpacity: { value: 0.16 } }
  return { type: 'rect', aria: false, interactive: false, from: { data }, encode: { enter: { ...look, ...entry } } }
}

function texts(data: string, entry: Entry<TextMark>): Mark {
  const look = { text: { field: 'label' }, font: { value: 'inherit' }, fill: { value: 'var(--chart-text)' } }
  const enter = { ...look, fontSize: { value: FONT_SIZE }, ...entry }
  return { type: 'text', aria: false, interactive: false, from: { data }, encode: { enter } }
}

function paths(): Mark {
  const field = (name: keyof StackPath | 'scaleX' | 'scaleY') => ({ field: name })
  return {
    type: 'path',
    name: STACK_MARK,
    from: { data: 'paths' },
    encode: {
      enter: {
        y: { scale: 'rate', value: 0 },
        scaleX: field('scaleX'),
        scaleY: field('scaleY'),
        path: field('path'),
        fill: field('fill'),
        stroke: field('stroke'),
        strokeDash: field('dash'),
        strokeWidth: field('width'),
        description: field('label'),
      },
    },
  }
}

/** Zero, and the 95th percentiles dashed. */
function linesOf(chart: StackedChart) {
  const dashed = percentilesOf(chart).map(({ way, rate }) => ({ value: directionOf(way) * rate, dash: [4, 3] }))
  return [{ value: 0 }, ...dashed]
}

interface Note {
  readonly label: string
  readonly x: number
  readonly y: number
  readonly align: 'left' | 'center'
}

/**
 * The unit once, above its labels; on the right, where no data are, `in` and `out` at their sides of the zero line and the
 * names of the 95th percentiles: at their lines, or as near as `in` and `out` let them.
 */
function notesOf(chart: StackedChart, reach: Stack['reach'], size: ChartSize, unit: string): Note[] {
  const plot = plotOf(size)
  const yOf = (rate: number) => (plot.height * (reach.in - rate)) / (reach.in + reach.out)
  const beside = (label: string, y: number): Note => ({ label, x: plot.width + LABEL_GAP, y, align: 'left' })
  const zero = yOf(0)
  return [
    { label: unit, x: -size.left, y: -9, align: 'left' },
    beside(chart.only ?? 'in', zero - 5),
    ...(chart.only === undefined ? [beside('out', zero + 13)] : []),
    ...percentilesOf(chart).map(({ way, rate }) => {
      const y = yOf(directionOf(way) * rate) + 4
      const label = size.right < 60 ? '95th' : `95th ${formatSi(rate)}`
      return beside(label, way === 'in' ? Math.min(y, zero - 19) : Math.max(y, zero + 27))
    }),
  ]
}

/** Pixels that the words of a gap need. */
const GAP_ROOM = 100

/** A gap that is wide enough says why it is empty, above everything that is drawn. */
function gapNotes(gaps: Stack['gaps'], pointPixels: number): Note[] {
  return gaps
    .filter(({ start, end }) => (end - start) * pointPixels >= GAP_ROOM)
    .map(({ start, end }) => ({
      label: 'no flow files',
      x: ((start + end) / 2) * pointPixels,
      y: 16,
      align: 'center',
    }))
}

function emptyNote({ width, height }: Box): Note {
  return { label: 'No flow files cover this time.', x: width / 2, y: height / 2, align: 'center' }
}

function percentilesOf({ percentile95 }: StackedChart) {
  return WAYS.flatMap((way) => {
    const rate = percentile95?.[way] ?? null
    return rate === null ? [] : [{ way, rate }]
  })
}
