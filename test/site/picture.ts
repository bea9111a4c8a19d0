import type { Config } from '../../ingest/config/schema.ts'
import { cellName } from '../../ingest/model/cell.ts'
import type { Counter } from '../../ingest/model/counter.ts'
import type { Measure } from '../../ingest/model/measure.ts'
import type { Series } from '../../ingest/model/series.ts'
import { createSite, type SiteDimension } from '../../site/pages/site.ts'
import { drawnHeights, drawnPaths, type Grid, gridOf, textsOf, unitPixels } from './svg.ts'

/*
 * Reads the charts of a page as an eye does, lengths by the labels of the axis, and holds them to what is stored. Of the
 * site's code it takes what members are called, and nothing that counts.
 */

/** A chart of a page: its drawings, the widest first. */
export interface Picture {
  readonly title: string
  readonly drawings: readonly string[]
}

export function picturesOf(html: string): Picture[] {
  return html
    .split('<div class="chart"')
    .slice(1)
    .map((chart) => {
      const drawings = [...chart.matchAll(/<svg class="chart-.*?<\/svg>/gs)].map(([svg]) => svg)
      return { title: drawings[0]!.match(/<title>([^<]*)</)![1]!, drawings }
    })
}

const WAYS = ['in', 'out'] as const
type Way = (typeof WAYS)[number]
const REST = 'everything else'
/** What a line of the axis counts of each measure. */
const UNITS = { 'b/s': ['octets', 8], 'pkt/s': ['packets', 1], 'flow/s': ['flows', 1] } as const

/**
 * Where the picture is more than half a pixel off, or half a step of coarser paths, layer by layer and point by point: a sentence each.
 * `cell`: what the page is about.
 */
export function deviations(config: Config, series: Series, cell: string, { title, drawings }: Picture): string[] {
  const [wide, ...others] = drawings as [string, ...string[]]
  const grid = gridOf(wide)
  const most = (grid.ratePerPixel * Math.max(1, unitPixels(wide))) / 2 + grid.axisLength * 1e-4
  const [measure, perCount] = UNITS[unitOf(wide)]
  const rates = (of: string, way: Way) => ratesOf(series, of, way, 'sum', measure, perCount)
  const total = { in: rates(cell, 'in'), out: rates(cell, 'out') }
  const told: string[] = []
  const compare = (label: string, way: Way, stored: readonly (number | null)[]) => {
    const drawn = drawnHeights(wide, label, way, series.length, grid)
    stored.forEach((rate, at) => {
      const height = drawn[at]!
      if (rate === null ? height !== null : height === null || Math.abs(height - rate) > most)
        told.push(`${title}: ${label} ${way} at point ${at} is drawn ${height}, stored ${rate}`)
    })
  }
  const below = { in: total.in.map(() => 0), out: total.out.map(() => 0) }
  for (const label of layersOf(wide)) {
    for (const way of WAYS) {
      const own = label === REST ? null : rates(cellOfLayer(config, series, cell, title, label), way)
      const stored = total[way].map((whole, at) => {
        if (whole === null) return null
        below[way][at] = own === null ? Math.max(whole, below[way][at]!) : below[way][at]! + own[at]!
        return below[way][at]!
      })
      compare(label, way, stored)
    }
  }
  for (const way of WAYS) {
    compare('total', way, total[way])
    if (has(wide, PEAK)) compare(PEAK, way, ratesOf(series, cell, way, 'max', measure, perCount))
  }
  return [...told, ...others.flatMap((drawing) => scaleDeviations(title, wide, grid, drawing))]
}

const PEAK = 'greatest five minutes'

function has(svg: string, label: string): boolean {
  return drawnPaths(svg).some((path) => path.title === label)
}

/** The lowest first: the topmost is painted first. */
function layersOf(svg: string): string[] {
  const titles = drawnPaths(svg).flatMap(({ title, fill }) =>
    title === undefined || fill === undefined ? [] : [title],
  )
  return titles.filter((title) => title !== 'total' && title !== PEAK).reverse()
}

function unitOf(svg: string): keyof typeof UNITS {
  const unit = textsOf(svg).find(({ text }) => text.endsWith('/s'))!.text
  return (Object.keys(UNITS) as (keyof typeof UNITS)[]).find((each) => unit.endsWith(each))!
}

/** Counters over the seconds that were measured; the greatest five minutes over five minutes. In whole bits, and thousandths of packets and flows. */
function ratesOf(
  { known, cells }: Series,
  cell: string,
  way: Way,
  kind: 'sum' | 'max',
  measure: Measure,
  perCount: number,
): (number | null)[] {
  const counted: readonly Counter[] | undefined = cells.get(cell)?.[way]?.[kind][measure]
  const grain = measure === 'octets' ? 1 : 1000
  return known.map((seconds, at) => {
    if (seconds === 0) return null
    const rate = (Number(counted?.[at] ?? 0) * perCount) / (kind === 'sum' ? seconds : 300)
    return Math.round(rate * grain) / grain
  })
}

/** What is stored for a layer: by the label of the member and the dimension that the title of the chart names. */
function cellOfLayer(config: Config, series: Series, cell: string, title: string, label: string): string {
  const by = title.match(/ per second by (.+?), \d/)?.[1]
  if (by === undefined) return cell
  const { dimension, members } = dimensionCalled(config, by)
  const { id } = members.find((member) => member.label === label)!
  if (cell === 'total') return cellName([dimension.name, id])
  const own = cell.split('/') as [string, string]
  const names = [cellName(own, [dimension.name, id]), cellName([dimension.name, id], own)]
  return names.find((name) => series.cells.has(name)) ?? names[0]!
}

function dimensionCalled(config: Config, singular: string): SiteDimension {
  return createSite(config).dimensions.find(
    ({ dimension }) => dimension.singular.toLowerCase() === singular.toLowerCase(),
  )!
}

/** The other sizes show the same paths, scaled: as high by their own axes, from their own zero. */
function scaleDeviations(title: string, wide: string, grid: Grid, svg: string): string[] {
  const own = gridOf(svg)
  const [, scale] = svg.match(/transform="scale\([\d.]+ ([\d.]+)\)"/)!
  const isOff = (a: number, b: number, by: number) => Math.abs(a - b) > by
  const name = svg.match(/class="(chart-\w+)"/)![1]
  return [
    ...(isOff(grid.zero * Number(scale), own.zero, 0.1) ? [`${title}: zero of ${name} is off`] : []),
    ...(isOff(grid.ratePerPixel / Number(scale) / own.ratePerPixel, 1, 2e-3)
      ? [`${title}: scale of ${name} is off`]
      : []),
    ...(unitOf(svg) === unitOf(wide) ? [] : [`${title}: unit of ${name} is another`]),
  ]
}

/** Clock times below a chart of a day that do not stand where their points are. */
export function misplacedTimes(svg: string, from: number, points: number, timeZone: string): string[] {
  const scaleX = Number(svg.match(/scale\(([\d.]+),-/)![1])
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' })
  return textsOf(svg).flatMap(({ text, x }) => {
    if (!/^\d\d:\d\d$/.test(text)) return []
    const at = from + Math.round((x / scaleX) * 5) * 60
    const meant = clock.format(at * 1000)
    return meant === text && x <= points * scaleX ? [] : [`${text} stands at ${meant}`]
  })
}
