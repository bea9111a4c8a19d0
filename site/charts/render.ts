import { parse, View } from 'vega'
import type { StackedChart } from './chart.ts'
import { chartId } from './chart-id.ts'
import { escapeText, type Mark, markSvg, marksOf, pathsSvg } from './scene.ts'
import { type StackPath, stackOf } from './stack.ts'
import {
  CHART_SIZES,
  type ChartSize,
  plotOf,
  STACK_MARK,
  type StackedData,
  stackedData,
  stackedSpec,
  TOP,
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
  const paths = (mark: Mark) => pathsSvg(id, mark, (index) => stack.paths[index]!.path)
  const svgs = [await drawSvg(chart, first, stackedData(chart, first, stack, stack.paths.map(standIn)), paths)]
  for (const size of others) {
    const again = () => `<use href="#${id}" transform="${scaling(first, size)}"/>`
    svgs.push(await drawSvg(chart, size, stackedData(chart, size, stack, []), again))
  }
  return `<div class="chart">${svgs.join('')}</div>`
}

/** Vega would parse every path to know its bounds, half of all its time, and nobody asks for these. */
function standIn(path: StackPath): StackPath {
  return { ...path, path: 'M0 0' }
}

/** A chart in one size, with a title and a description for the whole; the stack as `stackSvg` makes it. */
async function drawSvg(
  { title, description }: StackedChart,
  size: ChartSize,
  data: StackedData,
  stackSvg: (mark: Mark) => string,
): Promise<string> {
  const { name, width, height, left, line } = size
  const look = `class="chart-${name}" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  const told = `<title>${escapeText(title)}</title><desc>${escapeText(description)}</desc>`
  const draw = (mark: Mark) => (mark.name === STACK_MARK ? stackSvg(mark) : markSvg(mark))
  const drawn = await easelOf(size)(data, (marks) => marks.map(draw).join(''))
  return `<svg ${look} stroke-width="${line}">${told}<g fill="none" transform="translate(${left},${TOP})">${drawn}</g></svg>`
}

/** Lays out data, and gives the marks to `draw`: they are others with the next data. */
type Easel = (data: StackedData, draw: (marks: readonly Mark[]) => string) => Promise<string>
const easels = new WeakMap<ChartSize, Easel>()

function easelOf(size: ChartSize): Easel {
  const easel = easels.get(size) ?? createEasel(size)
  easels.set(size, easel)
  return easel
}

/**
 * One view lays out all charts of a size, one after the other: making it anew costs five times as much as a drawing. What is
 * as in the chart before, mostly its time axis, is left as it is. (Vega marks rows as its own, so it gets copies.)
 */
function createEasel(size: ChartSize): Easel {
  const view = new View(parse(stackedSpec(size)), { renderer: 'none' })
  const shown = new Map<string, readonly object[]>()
  let last: Promise<unknown> = Promise.resolve()
  return (data, draw) => {
    const drawn = last.then(async () => {
      for (const [name, rows] of Object.entries(data)) {
        if (shown.get(name) === rows) continue
        shown.set(name, rows)
        view.data(
          name,
          rows.map((row) => ({ ...row })),
        )
      }
      await view.runAsync()
      return draw(marksOf(view))
    })
    last = drawn.catch(() => easels.delete(size))
    return drawn
  }
}

function scaling(from: ChartSize, to: ChartSize): string {
  const [a, b] = [plotOf(from), plotOf(to)]
  return `scale(${b.width / a.width} ${b.height / a.height})`
}
