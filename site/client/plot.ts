import type { BothWays, StackedChart } from '../charts/chart.ts'
import { type Rates, rateAt } from '../charts/rates.ts'
import { percentile95Of } from '../figures.ts'
import type { BoardPlaces } from '../pages/board-places.ts'
import type { ReadoutEntry } from '../pages/readout.ts'
import { formatClock, formatDate, formatRate, formatSpan, SHOWN } from '../units.ts'
import { boardAddressOf } from './board-address.ts'
import { attachCursor } from './cursor.ts'
import { drawChart } from './draw.ts'
import { element, find } from './element.ts'
import { redoMissed } from './missed.ts'
import { createReadout } from './readout.ts'

/** What a plot shows and does. */
export interface PlotModel {
  readonly chart: StackedChart
  /** Layers in the order of the chart's, then its lines. */
  readonly entries: readonly ReadoutEntry[]
  /** Where the scoreboards of its points are; `null`: no point has one. */
  readonly boards: BoardPlaces | null
  /** A stretch of time was selected: unix seconds. */
  readonly onSelect: (from: number, to: number) => void
  /** Which layers are hidden changed. */
  readonly onHide?: (shown: StackedChart) => void
}

/** Makes an instrument of a chart and the list below it (`div.plot`). Draws the chart when there is none. */
export async function upgradePlot(plot: HTMLElement, model: PlotModel): Promise<void> {
  const { chart, entries, boards } = model
  const box = find(plot, '.chart')
  let hidden: ReadonlySet<number> = new Set()
  const readout = createReadout(find(plot, '.readout'), entries, formatSpan(chart.stepSeconds), {
    onToggle: (layer) => hide(hidden.has(layer) ? without(hidden, layer) : new Set([...hidden, layer])),
    onIsolate: (layer) => hide(isAlone(hidden, layer) ? new Set() : others(layer)),
    onStep: (by) => cursor.step(by),
  })
  const others = (layer: number) => without(new Set(chart.layers.keys()), layer)
  const isAlone = (some: ReadonlySet<number>, layer: number) =>
    some.size === chart.layers.length - 1 && !some.has(layer)

  async function hide(layers: ReadonlySet<number>): Promise<void> {
    hidden = layers.size === chart.layers.length ? new Set() : layers
    readout.mark(hidden)
    const shown = withoutLayers(chart, hidden)
    model.onHide?.(shown)
    await redraw(box, shown)
  }

  plot.classList.toggle('plot-single', chart.only !== undefined)
  const points = chart.total.in.length
  const cursor = attachCursor(plot, points, {
    onMove: (point) =>
      readout.show(
        point === null ? null : { ...readingOf(chart, entries, point), board: boardAddressOf(chart, boards, point) },
      ),
    onSelect: (first, last) =>
      model.onSelect(chart.from + first * chart.stepSeconds, chart.from + (last + 1) * chart.stepSeconds),
    describe: (point) => describe(chart, point),
  })
  if (document.activeElement === box) cursor.element.focus()
  box.removeAttribute('tabindex')
  redoMissed(plot, cursor.element)
  await redraw(box, chart)
}

/** A plot with nothing in it yet. */
export function emptyPlot(): HTMLElement {
  return element('div', { class: 'plot' }, element('div', { class: 'chart' }), element('div', { class: 'readout' }))
}

/** In place of what was drawn, in one step; what is asked for last stays. */
async function redraw(box: HTMLElement, chart: StackedChart): Promise<void> {
  wanted.set(box, chart)
  const drawn = await drawChart(chart)
  if (wanted.get(box) !== chart) return
  for (const old of box.querySelectorAll(':scope > svg')) old.remove()
  box.prepend(...drawn.childNodes)
}

const wanted = new WeakMap<HTMLElement, StackedChart>()

function without(some: ReadonlySet<number>, layer: number): Set<number> {
  return new Set([...some].filter((each) => each !== layer))
}

/** The other layers, stacked anew, with their own total; nobody knows the greatest five minutes of these. */
export function withoutLayers(chart: StackedChart, hidden: ReadonlySet<number>): StackedChart {
  if (hidden.size === 0) return chart
  const layers = chart.layers.filter((_, at) => !hidden.has(at))
  if (chart.drawing === 'lines') return { ...chart, layers }
  const { peak: _, before: __, percentile95: ___, ...rest } = chart
  const total = { in: sumOf(chart, layers, 'in'), out: sumOf(chart, layers, 'out') }
  return { ...rest, layers, total, percentile95: { in: percentile95Of(total.in), out: percentile95Of(total.out) } }
}

function sumOf({ total }: StackedChart, layers: StackedChart['layers'], way: 'in' | 'out'): Rates {
  return total[way].map((whole, at) =>
    Number.isNaN(whole) ? whole : layers.reduce((sum, layer) => sum + (layer[way][at] || 0), 0),
  )
}

function readingOf(chart: StackedChart, entries: readonly ReadoutEntry[], point: number) {
  const rates = (entry: ReadoutEntry, at: number): BothWays<Rates> | undefined =>
    ({ layer: chart.layers[at], total: chart.total, peak: chart.peak, before: chart.before })[entry.kind]
  return {
    ...timesOf(chart, point),
    values: entries.map((entry, at) => {
      const both = rates(entry, at)
      const rate = (way: 'in' | 'out') => formatRate(both === undefined ? null : rateAt(both[way], point))
      return { in: rate('in'), out: rate('out') }
    }),
  }
}

/** `23 Nov 2026, 16:35–16:40 CET`; points of a day and more by their dates. */
export function timesOf({ from, stepSeconds, timeZone }: StackedChart, point: number): { time: string; utc: string } {
  const [start, end] = [from + point * stepSeconds, from + (point + 1) * stepSeconds]
  const clock = (seconds: number, zone: string) => formatClock(seconds, zone)
  const bare = (seconds: number, zone: string) => clock(seconds, zone).slice(0, 5)
  const date = formatDate(start, timeZone)
  const isSameDay = date === formatDate(end - 1, timeZone)
  const span = isSameDay
    ? `${date}, ${bare(start, timeZone)}–${clock(end, timeZone)}`
    : `${date}, ${bare(start, timeZone)} to ${formatDate(end, timeZone)}, ${clock(end, timeZone)}`
  const utcDate = new Date(start * 1000).toISOString().slice(0, 10)
  return { time: span, utc: `${utcDate} ${bare(start, 'UTC')}–${clock(end, 'UTC')}` }
}

function describe(chart: StackedChart, point: number): string {
  const { total, unit, only } = chart
  const words = Object.values(SHOWN).find(({ rate }) => rate === unit)!.rateInWords
  const value = (rates: Rates) => {
    const rate = rateAt(rates, point)
    return rate === null ? 'unknown' : formatRate(rate)
  }
  const way = only === undefined ? `in ${value(total.in)}, out ${value(total.out)}` : `${only} ${value(total.in)}`
  return `${timesOf(chart, point).time}: ${way} ${words}`
}
