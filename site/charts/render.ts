import { parse, View } from 'vega'
import type { StackedChart } from './chart.ts'
import { chartId } from './chart-id.ts'
import { compact } from './compact.ts'
import { type StackPath, stackOf } from './stack.ts'
import {
  CHART_SIZES,
  type ChartSize,
  plotOf,
  STACK_MARK,
  type StackedData,
  stackedData,
  stackedSpec,
} from './stacked.ts'

/**
 * A chart as HTML: an SVG for each size in one `div.chart`, which needs a box that has a width of its own. The first holds the
 * paths, the others show the same paths by `<use>`, so that a further size costs less than half a kilobyte (gzip). The same
 * chart gives the same bytes and the same id, so it may stand on a page once.
 */
export async function renderStacked(chart: StackedChart, sizes = CHART_SIZES): Promise<string> {
  const id = `chart-${chartId(chart)}`
  const stack = stackOf(chart)
  const [first, ...others] = sizes
  const whole = await drawSvg(first, stackedData(chart, first, stack, stack.paths.map(standIn)))
  const frame = compact(whole.replace(STACK_GROUP, `<g id="${id}"$1>`))
  const svgs = [
    label(
      frame.replace(STAND_IN, (_, index) => `d="${stack.paths[index]!.path}"`),
      chart,
      first,
    ),
  ]
  for (const size of others) {
    const drawn = await drawSvg(size, stackedData(chart, size, stack, []))
    const used = drawn.replace(STACK_GROUP, `<use href="#${id}" transform="${scaling(first, size)}"/>`)
    svgs.push(label(compact(used), chart, size))
  }
  return `<div class="chart">${svgs.join('')}</div>`
}

/** Vega would parse every path to know its bounds, half of all its time, and nobody asks for these. */
function standIn(path: StackPath, index: number): StackPath {
  return { ...path, path: `M${index} 0` }
}
const STAND_IN = /d="M(\d+) 0"/g

async function drawSvg(size: ChartSize, data: StackedData): Promise<string> {
  const easel = easels.get(size) ?? createEasel(size)
  easels.set(size, easel)
  return easel(data)
}

type Easel = (data: StackedData) => Promise<string>
const easels = new WeakMap<ChartSize, Easel>()

/**
 * One view draws all charts of a size, one after the other: making it anew costs five times as much as a drawing. What is
 * as in the chart before, mostly its time axis, is left as it is. (Vega marks rows as its own, so it gets copies.)
 */
function createEasel(size: ChartSize): Easel {
  const view = new View(parse(stackedSpec(size)), { renderer: 'none' })
  const shown = new Map<string, readonly object[]>()
  let last: Promise<unknown> = Promise.resolve()
  return (data) => {
    const svg = last.then(() => {
      for (const [name, rows] of Object.entries(data)) {
        if (shown.get(name) === rows) continue
        shown.set(name, rows)
        view.data(
          name,
          rows.map((row) => ({ ...row })),
        )
      }
      return view.toSVG()
    })
    last = svg.catch(() => easels.delete(size))
    return svg
  }
}

const STACK_GROUP = new RegExp(`<g class="mark-path role-mark ${STACK_MARK}"[^>]*?(/?)>`)

function scaling(from: ChartSize, to: ChartSize): string {
  const [a, b] = [plotOf(from), plotOf(to)]
  return `scale(${b.width / a.width} ${b.height / a.height})`
}

/** A title and a description for the whole. */
function label(svg: string, { title, description }: StackedChart, { name, width, height, line }: ChartSize): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  const open = `<svg class="chart-${name}" role="img" ${size} stroke-width="${line}">`
  return svg.replace(
    /^<svg[^>]*>/,
    () => `${open}<title>${escapeText(title)}</title><desc>${escapeText(description)}</desc>`,
  )
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
