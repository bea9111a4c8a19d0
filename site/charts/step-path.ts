/*
 * SVG path data of steps: a point's average holds for all of its step, so it is drawn as wide as that. Across, the unit is a
 * point; up, whatever the heights are counted in, in whole numbers. Heights are `null` where nobody measured.
 */
export type Heights = readonly (number | null)[]

/** Filled from zero up to the heights; every run of known points is closed by itself. */
export function stepArea(heights: Heights): string {
  return runsOf(heights)
    .map(({ start, run }) => `M${start} 0v${run[0]}${stepsOf(run)}v${-run.at(-1)!}z`)
    .join('')
}

/** A line over the heights, broken where nobody measured. */
export function stepLine(heights: Heights): string {
  return runsOf(heights)
    .map(({ start, run }) => `M${start} ${run[0]}${stepsOf(run)}`)
    .join('')
}

/** Filled from end to end of the axis where nobody measured. */
export function gapArea(heights: Heights, [top, bottom]: readonly [number, number]): string {
  return gapsOf(heights)
    .map(({ start, length }) => `M${start} ${bottom}h${length}v${top - bottom}h${-length}z`)
    .join('')
}

/** Stretches of points that nobody measured. */
export interface Gap {
  readonly start: number
  readonly length: number
}

export function gapsOf(heights: Heights): Gap[] {
  const unknown = heights.map((height) => (height === null ? 0 : null))
  return runsOf(unknown).map(({ start, run }) => ({ start, length: run.length }))
}

interface Run {
  readonly start: number
  readonly run: readonly number[]
}

/** The stretches without `null`. */
function runsOf(heights: Heights): Run[] {
  const runs: { start: number; run: number[] }[] = []
  heights.forEach((height, at) => {
    if (height === null) return
    const last = runs.at(-1)
    if (last !== undefined && last.start + last.run.length === at) last.run.push(height)
    else runs.push({ start: at, run: [height] })
  })
  return runs
}

/** From the start of a run to its end, one command a step; equal neighbours share one. */
function stepsOf(run: readonly number[]): string {
  let path = ''
  let width = 0
  for (let at = 0; at < run.length; at++) {
    width++
    const next = run[at + 1]
    if (next === run[at]) continue
    path += next === undefined ? `h${width}` : `h${width}v${next - run[at]!}`
    width = 0
  }
  return path
}
