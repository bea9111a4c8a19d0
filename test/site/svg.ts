/* Reads a chart's SVG the way an eye does: lengths by its own axis. */

export interface DrawnPath {
  readonly d: string
  readonly fill: string | undefined
  readonly transform: string
  readonly title: string | undefined
}

/** Those of the stack; of a picture without one, all. */
export function drawnPaths(svg: string): DrawnPath[] {
  const [, transform, paths] = svg.match(/<g id="[^"]*" transform="([^"]*)">(.*?)<\/g>/) ?? ['', '', svg]
  return [...paths!.matchAll(/<path([^>]*?)(?:\/>|><title>([^<]*)<\/title><\/path>)/g)].map(([, attributes, title]) => {
    const read = (name: string) => attributes!.match(new RegExp(` ${name}="([^"]*)"`))?.[1]
    return { d: read('d') ?? '', fill: read('fill'), transform: transform!, title }
  })
}

/** Pixels that a unit of the stack's paths is tall. */
export function unitPixels(svg: string): number {
  return Number(svg.match(/ scale\([\d.]+,-([\d.]+)\)"/)![1])
}

export interface Grid {
  readonly labels: readonly string[]
  /** Of a vertical pixel, per second. */
  readonly ratePerPixel: number
  /** Pixels below the top of the plot. */
  readonly zero: number
  /** From end to end, per second. */
  readonly axisLength: number
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E']

/** From the horizontal grid lines and the labels beside them. */
export function gridOf(svg: string): Grid {
  const height = Number(svg.match(/viewBox="0 0 \d+ (\d+)"/)![1]) - 42
  const lines = rulesOf(svg).flatMap(({ y, across, stroke }) => (across > 0 && stroke === GRID ? [y] : []))
  const [, ticks] = svg.match(/<g text-anchor="end"[^>]*>(.*?)<\/g>/)!
  const labels = textsOf(ticks!).map(({ text }) => text)
  const unit = textsOf(svg).find(({ text }) => text.endsWith('/s'))!.text
  const factor = 1000 ** PREFIXES.indexOf(unit.replace(/(b|pkt|flow)\/s$/, ''))
  const zero = lines[labels.indexOf('0')]!
  const top = labels.length - 1
  const ratePerPixel =
    top > labels.indexOf('0')
      ? (Number(labels[top]) * factor) / (zero - lines[top]!)
      : (Number(labels[0]) * factor) / (lines[0]! - zero)
  return { labels, ratePerPixel, zero, axisLength: height * ratePerPixel }
}

const GRID = 'var(--chart-grid)'

/** Straight lines beside the stack, in pixels: to the right or down. */
export function rulesOf(svg: string) {
  return [...svg.matchAll(/<path d="((?:M-?[\d.]+ -?[\d.]+[hv][\d.]+)+)" stroke="([^"]*)"/g)].flatMap(
    ([, rules, stroke]) =>
      [...rules!.matchAll(/M(\S+) (-?[\d.]+)([hv])([\d.]+)/g)].map(([, x, y, way, length]) => ({
        x: Number(x),
        y: Number(y),
        across: way === 'h' ? Number(length) : 0,
        down: way === 'v' ? Number(length) : 0,
        stroke: stroke!,
      })),
  )
}

export function textsOf(svg: string): { readonly text: string; readonly x: number; readonly y: number }[] {
  return [...svg.matchAll(/<text[^>]* x="(-?[\d.]+)" y="(-?[\d.]+)"[^>]*>([^<]*)</g)].map(([, x, y, text]) => ({
    x: Number(x),
    y: Number(y),
    text: text!,
  }))
}

/**
 * How high the path with this title stands over zero at each point; `null` where it is absent. Rates when a grid is
 * given, else the path's own units.
 */
export function drawnHeights(
  svg: string,
  title: string,
  way: 'in' | 'out',
  points: number,
  grid?: Grid,
): (number | null)[] {
  const path = drawnPaths(svg).find((each) => each.title === title)
  const heights = Array.from({ length: points }, (): number | null => null)
  if (path === undefined) return heights
  const [, y, scaleY] = path.transform.match(/translate\(0,([\d.]+)\) scale\([\d.]+,(-[\d.]+)\)/)!
  if (grid !== undefined && Math.abs(Number(y) - grid.zero) > 0.01)
    throw new Error(`zero at ${y}, by the grid at ${grid.zero}`)
  const rate = grid === undefined ? 1 : -Number(scaleY) * grid.ratePerPixel
  for (const run of levelsOf(path.d)) {
    if (way === 'in' ? run.some(({ height }) => height < 0) : run.some(({ height }) => height > 0)) continue
    for (const { at, height } of run) heights[at] = Math.max(heights[at] ?? 0, Math.abs(height) * rate)
  }
  return heights
}

/** The horizontal strokes of each subpath, point by point. */
function levelsOf(d: string): { at: number; height: number }[][] {
  return d
    .split('M')
    .slice(1)
    .map((subpath) => {
      let [x, y] = subpath
        .match(/^(-?\d+) (-?\d+)/)!
        .slice(1)
        .map(Number) as [number, number]
      const levels: { at: number; height: number }[] = []
      for (const [, command, length] of subpath.matchAll(/([hv])(-?\d+)/g)) {
        if (command === 'v') y += Number(length)
        else for (const end = x + Number(length); x < end; x++) levels.push({ at: x, height: y })
      }
      return levels
    })
}
