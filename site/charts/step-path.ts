/*
 * SVG path data of steps: a point's average holds for all of its step, so it is drawn as wide as that. Across, the unit is a
 * point; up, whatever the heights are counted in, in whole numbers. Heights are NaN where nobody measured.
 */
export type Heights = Float64Array

/** Filled from zero up to the heights; every run of known points is closed by itself. */
export function stepArea(heights: Heights): string {
  return runsOf(heights, isKnown)
    .map((run) => `M${run.start} 0v${heights[run.start]}${stepsOf(heights, run)}v${-heights[run.end - 1]!}z`)
    .join('')
}

/** A line over the heights, broken where nobody measured. */
export function stepLine(heights: Heights): string {
  return runsOf(heights, isKnown)
    .map((run) => `M${run.start} ${heights[run.start]}${stepsOf(heights, run)}`)
    .join('')
}

/** Filled from end to end of the axis where nobody measured. */
export function gapArea(heights: Heights, [top, bottom]: readonly [number, number]): string {
  return gapsOf(heights)
    .map(({ start, end }) => `M${start} ${bottom}h${end - start}v${top - bottom}h${start - end}z`)
    .join('')
}

/** Points that follow each other: the first of them, and the one behind the last. */
export interface Run {
  readonly start: number
  readonly end: number
}

/** Stretches of points that nobody measured. */
export function gapsOf(heights: Heights): Run[] {
  return runsOf(heights, Number.isNaN)
}

function isKnown(height: number): boolean {
  return !Number.isNaN(height)
}

function runsOf(heights: Heights, isIn: (height: number) => boolean): Run[] {
  const runs: Run[] = []
  for (let at = 0; at < heights.length; at++) {
    if (!isIn(heights[at]!)) continue
    const start = at
    while (at < heights.length && isIn(heights[at]!)) at++
    runs.push({ start, end: at })
  }
  return runs
}

/** From the start of a run to its end, one command a step; equal neighbours share one. */
function stepsOf(heights: Heights, { start, end }: Run): string {
  let path = ''
  let width = 0
  for (let at = start; at < end - 1; at++) {
    width++
    const up = heights[at + 1]! - heights[at]!
    if (up === 0) continue
    path += `h${width}v${up}`
    width = 0
  }
  return `${path}h${width + 1}`
}
