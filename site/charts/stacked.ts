import type { Axis, Mark, RuleMark, Spec, TextMark } from 'vega'
import { formatSi } from '../units.ts'
import type { BothWays, Rates, StackedChart } from './chart.ts'
import { type RateAxis, rateAxis } from './rate-axis.ts'
import { gapArea, type Heights, stepArea, stepLine } from './step-path.ts'
import { type TimeTick, timeTicks } from './time-axis.ts'

/** A size that a chart is drawn for. */
export interface ChartSize {
  readonly name: string
  readonly width: number
  readonly height: number
  /** Pixels of the axes' labels, left and right. */
  readonly left: number
  readonly right: number
}

/** A path of the stack, in units that no size changes: points across, thousandths of the vertical axis up from zero. */
export interface StackPath {
  readonly path: string
  readonly fill?: string
  readonly stroke?: string
  readonly strokeWidth?: number
  readonly label?: string
}

/** The name of the mark that holds the paths. */
export const STACK = 'stack'

const TOP = 20
const BOTTOM = 22
const UNITS = 1000
const TEXT = { font: 'inherit', fontSize: 11, fill: 'var(--chart-text)' }
const WAYS = ['in', 'out'] as const

/**
 * The Vega specification of a chart: axes and rules by Vega, paths as they are given (another size of the same chart may go
 * without). Plain JSON; nothing in it is an expression.
 */
export function stackedSpec(
  chart: StackedChart,
  size: ChartSize,
  paths: readonly StackPath[] = stackPaths(chart),
): Spec {
  const { width, height } = plotOf(size)
  const axis = rateAxis(greatestOf(chart), chart.unit, height)
  const times = timeTicks(chart.from, chart.to, chart.timeZone, width)
  const isEmpty = knownPoints(chart) === 0
  return {
    width,
    height,
    padding: { left: size.left, top: TOP, right: size.right, bottom: BOTTOM },
    autosize: 'none',
    scales: [
      { name: 'time', type: 'linear', domain: [chart.from, chart.to], range: 'width', zero: false },
      { name: 'rate', type: 'linear', domain: [-axis.reach.out, axis.reach.in], range: 'height' },
      ...labelScale(
        'timeLabel',
        times.map(({ at, label }) => [at, label]),
      ),
      ...labelScale(
        'timeWeight',
        times.map(({ at, isStrong }) => [at, isStrong ? 600 : 400]),
      ),
      ...labelScale(
        'rateLabel',
        axis.ticks.map(({ value, label }) => [value, label]),
      ),
    ],
    axes: [timeAxis(times), ...(isEmpty ? [] : [verticalAxis(axis)])],
    data: [{ name: 'paths', values: [...paths] }],
    marks: [
      stackMark(chart, width, height),
      zeroLine(width),
      ...(isEmpty
        ? [sentence('No flow files cover this time.', width, height)]
        : notes(chart, axis, size, width, height)),
    ],
  }
}

/** The pixels between the axes. */
export function plotOf({ width, height, left, right }: ChartSize): { readonly width: number; readonly height: number } {
  return { width: width - left - right, height: height - TOP - BOTTOM }
}

/** Every layer from zero to the top of its layers below, the topmost first: each covers the one before, so no seam shows. */
export function stackPaths(chart: StackedChart): StackPath[] {
  const { reach } = rateAxis(greatestOf(chart), chart.unit, UNITS)
  const unitsPerRate = UNITS / (reach.in + reach.out)
  const points = pointsOf(chart)
  const heights = (way: 'in' | 'out', rates: Rates): Heights =>
    points.map((at) =>
      isKnown(chart.total[way], at) ? signOf(way) * Math.round((rates[at] ?? 0) * unitsPerRate) : null,
    )
  const draw = (both: BothWays<Rates>, shape: (heights: Heights) => string) =>
    WAYS.map((way) => shape(heights(way, both[way]))).join('')

  const gaps = points.map((at) => (isKnown(chart.total.in, at) || isKnown(chart.total.out, at) ? 0 : null))
  const [top, bottom] = [reach.in, -reach.out].map((rate) => Math.round(rate * unitsPerRate)) as [number, number]
  return [
    { path: gapArea(gaps, bottom, top), fill: 'var(--chart-gap)' },
    ...stackUp(chart)
      .map(({ label, color, ...rates }) => ({ path: draw(rates, stepArea), fill: color, label }))
      .reverse(),
    ...(chart.peak === undefined
      ? []
      : [
          {
            path: draw(chart.peak, stepLine),
            stroke: 'var(--chart-peak)',
            strokeWidth: 1,
            label: 'greatest five minutes',
          },
        ]),
    { path: draw(chart.total, stepLine), stroke: 'var(--chart-line)', strokeWidth: 1, label: 'total' },
  ].filter(({ path }) => path !== '')
}

/** Each layer with its rates added to those of the layers below. */
function stackUp({ layers, ...chart }: StackedChart): StackedChart['layers'] {
  const points = pointsOf(chart)
  const sums = { in: points.map(() => 0), out: points.map(() => 0) }
  return layers.map((layer) => {
    for (const way of WAYS) sums[way] = sums[way].map((sum, at) => sum + (layer[way][at] ?? 0))
    return { ...layer, ...sums }
  })
}

type TimeFrame = Pick<StackedChart, 'from' | 'to' | 'stepSeconds'>

function pointsOf({ from, to, stepSeconds }: TimeFrame): number[] {
  return Array.from({ length: Math.ceil((to - from) / stepSeconds) }, (_, at) => at)
}

function isKnown(rates: Rates, at: number): boolean {
  return (rates[at] ?? null) !== null
}

function knownPoints(chart: StackedChart): number {
  return pointsOf(chart).filter((at) => WAYS.some((way) => isKnown(chart.total[way], at))).length
}

function signOf(way: 'in' | 'out'): 1 | -1 {
  return way === 'in' ? 1 : -1
}

function greatestOf(chart: StackedChart): BothWays<number> {
  const stack = stackUp(chart).at(-1)
  const greatest = (way: 'in' | 'out') =>
    [chart.total[way], stack?.[way], chart.peak?.[way], [chart.percentile95?.[way] ?? 0]].reduce<number>(
      (most, rates) => Array.from(rates ?? []).reduce<number>((greater, rate) => Math.max(greater, rate ?? 0), most),
      0,
    )
  return { in: greatest('in'), out: greatest('out') }
}

/** A scale that says what stands at a tick. */
function labelScale(name: string, pairs: readonly (readonly [number, string | number])[]) {
  return [
    { name, type: 'ordinal' as const, domain: pairs.map(([tick]) => tick), range: pairs.map(([, shown]) => shown) },
  ]
}

function timeAxis(times: readonly TimeTick[]): Axis {
  return {
    ...PLAIN_AXIS,
    scale: 'time',
    orient: 'bottom',
    values: times.map(({ at }) => at),
    labelPadding: 8,
    encode: {
      labels: {
        enter: { text: { scale: 'timeLabel', field: 'value' }, fontWeight: { scale: 'timeWeight', field: 'value' } },
      },
    },
  }
}

function verticalAxis({ ticks }: RateAxis): Axis {
  return {
    ...PLAIN_AXIS,
    scale: 'rate',
    orient: 'left',
    values: ticks.map(({ value }) => value),
    labelPadding: 7,
    labelBaseline: 'middle',
    encode: { labels: { enter: { text: { scale: 'rateLabel', field: 'value' } } } },
  }
}

const PLAIN_AXIS = {
  aria: false,
  domain: false,
  ticks: false,
  grid: true,
  gridColor: 'var(--chart-grid)',
  labelColor: TEXT.fill,
  labelFont: TEXT.font,
  labelFontSize: TEXT.fontSize,
  labelOverlap: false,
} as const

function stackMark({ from, to, stepSeconds }: TimeFrame, width: number, height: number): Mark {
  const field = (name: keyof StackPath) => ({ field: name })
  return {
    type: 'path',
    name: STACK,
    from: { data: 'paths' },
    encode: {
      enter: {
        y: { scale: 'rate', value: 0 },
        scaleX: { value: (width * stepSeconds) / (to - from) },
        scaleY: { value: -height / UNITS },
        path: field('path'),
        fill: field('fill'),
        stroke: field('stroke'),
        strokeWidth: field('strokeWidth'),
        description: field('label'),
      },
    },
  }
}

function zeroLine(width: number): Mark {
  return rule({ y: { scale: 'rate', value: 0 }, x2: { value: width }, stroke: { value: 'var(--chart-line)' } })
}

type RuleEntry = NonNullable<NonNullable<RuleMark['encode']>['enter']>
type TextEntry = NonNullable<NonNullable<TextMark['encode']>['enter']>

function rule(enter: RuleEntry): Mark {
  return { type: 'rule', aria: false, interactive: false, encode: { enter } }
}

function text(entry: TextEntry): Mark {
  const style = { font: { value: TEXT.font }, fontSize: { value: TEXT.fontSize }, fill: { value: TEXT.fill } }
  return { type: 'text', aria: false, interactive: false, encode: { enter: { ...style, ...entry } } }
}

function sentence(words: string, width: number, height: number): Mark {
  return text({
    text: { value: words },
    x: { value: width / 2 },
    y: { value: height / 2 - 10 },
    align: { value: 'center' },
    fontSize: { value: 13 },
  })
}

/** The unit, above its labels; `in`, `out` and the 95th percentiles, right of the picture where nothing is in their way. */
function notes(chart: StackedChart, axis: RateAxis, size: ChartSize, width: number, height: number): Mark[] {
  const yOf = (rate: number) => (height * (axis.reach.in - rate)) / (axis.reach.in + axis.reach.out)
  const beside = (words: string, y: number) =>
    text({ text: { value: words }, x: { value: width + 7 }, y: { value: y } })
  const unit = text({ text: { value: axis.unit }, x: { value: -size.left }, y: { value: -9 } })
  return [
    unit,
    beside('in', yOf(0) - 5),
    beside('out', yOf(0) + 13),
    ...WAYS.flatMap((way) => {
      const rate = chart.percentile95?.[way] ?? null
      if (rate === null) return []
      const y = yOf(signOf(way) * rate)
      const free = way === 'in' ? Math.min(y + 4, yOf(0) - 19) : Math.max(y + 4, yOf(0) + 27)
      const words = size.right < 60 ? '95th' : `95th ${formatSi(rate)}`
      const dashes = { strokeDash: { value: [4, 3] }, stroke: { value: 'var(--chart-line)' } }
      return [rule({ y: { value: y }, x2: { value: width }, ...dashes }), beside(words, free)]
    }),
  ]
}
