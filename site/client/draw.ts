import { parse, View } from 'vega'
import { expressionInterpreter } from 'vega-interpreter'
import type { StackedChart } from '../charts/chart.ts'
import { stackOf } from '../charts/stack.ts'
import { CHART_SIZES, type ChartSize, stackedData, stackedSpec } from '../charts/stacked.ts'
import { element, svgElement } from './element.ts'

/**
 * A chart as the build draws it, by the same specification: an SVG for each size in one `div.chart`, of which the style sheet
 * shows the one that fits. Expressions are interpreted: pages allow no `eval`.
 */
export async function drawChart(chart: StackedChart, sizes: readonly ChartSize[] = CHART_SIZES): Promise<HTMLElement> {
  const svgs = await Promise.all(sizes.map((size) => drawSvg(chart, size)))
  return element('div', { class: 'chart' }, ...svgs)
}

/** One size of a chart, with its title and description. */
export async function drawSvg(chart: StackedChart, size: ChartSize): Promise<SVGSVGElement> {
  const stack = stackOf(chart)
  const easel = document.createElement('div')
  const runtime = parse(stackedSpec(size), undefined, { ast: true })
  const view = new View(runtime, { renderer: 'svg', expr: expressionInterpreter, hover: false })
  for (const [name, rows] of Object.entries(stackedData(chart, size, stack, stack.paths)))
    view.data(
      name,
      rows.map((row) => ({ ...row })),
    )
  await view.initialize(easel).runAsync()
  const svg = easel.querySelector('svg')!
  view.finalize()
  svg.remove()
  return label(svg, chart, size)
}

/** Names for people instead of those for Vega's own tools. */
function label(svg: SVGSVGElement, { title, description }: StackedChart, { name, width, height, line }: ChartSize) {
  for (const marked of svg.querySelectorAll('.background, .foreground')) marked.remove()
  for (const part of svg.querySelectorAll('*')) {
    const told = part.getAttribute('aria-label')
    if (part instanceof SVGPathElement && told !== null) part.append(svgElement('title', {}, told))
    for (const { name } of [...part.attributes])
      if (/^(aria-.*|role|pointer-events|class|style)$/.test(name)) part.removeAttribute(name)
  }
  const looks = {
    class: `chart-${name}`,
    role: 'img',
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    'stroke-width': line,
  }
  for (const each of [...svg.attributes]) if (!each.name.startsWith('xmlns')) svg.removeAttribute(each.name)
  for (const [attribute, value] of Object.entries(looks)) svg.setAttribute(attribute, String(value))
  svg.prepend(svgElement('title', {}, title), svgElement('desc', {}, description))
  return svg
}
