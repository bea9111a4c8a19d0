import type { BothWays } from './chart.ts'
import { greatestOf, knownOnly, type Rates, sumOf } from './rates.ts'
import { type Heights, stepArea } from './step-path.ts'

export interface SparklineOptions {
  /** Pixels. */
  readonly width?: number
  readonly height?: number
  /** Of the member shown; out is paler. */
  readonly color?: string
}

/** Pixels that a step of a sparkline is wide at least. */
const STEP_PIXELS = 2

/**
 * In above the line, out below, as one small SVG for index tables: the average of as many points as share two pixels. Both
 * ways share a scale that the greatest average fills; unknown points leave gaps. Hidden from screen readers: the numbers
 * stand beside it.
 */
export function renderSparkline(rates: BothWays<Rates>, options: SparklineOptions = {}): string {
  const { width = 96, height = 24, color = 'var(--series-1)' } = options
  const points = Math.max(rates.in.length, rates.out.length, 1)
  const perStep = Math.ceil((points * STEP_PIXELS) / width)
  const [above, below] = [averages(rates.in, perStep), averages(rates.out, perStep)]
  const most = { in: greatestOf(above), out: greatestOf(below) }
  const scale = most.in + most.out === 0 ? 0 : (height - 1) / (most.in + most.out)
  const zero = most.in + most.out === 0 ? height - 1 : Math.round(most.in * scale)
  const area = (averaged: Heights, sign: 1 | -1) =>
    stepArea(averaged.map((rate) => sign * Math.round(rate * scale * 10)))
  const across = (width * perStep) / points
  const transform = `translate(0 ${zero + 0.5}) scale(${round(across)} -.1)`
  return (
    `<svg class="sparkline" aria-hidden="true" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">` +
    `<path fill="${color}" transform="${transform}" d="${area(above, 1)}"/>` +
    `<path fill="${color}" fill-opacity=".6" transform="${transform}" d="${area(below, -1)}"/>` +
    `<path stroke="var(--chart-peak)" vector-effect="non-scaling-stroke" d="M0 ${zero + 0.5}h${width}"/></svg>`
  )
}

/** Of every `perStep` points, those that are known; NaN where none is. */
function averages(rates: Rates, perStep: number): Heights {
  return new Float64Array(Math.ceil(rates.length / perStep)).map((_, step) => {
    const some = rates.subarray(step * perStep, (step + 1) * perStep)
    return sumOf(some) / knownOnly(some).length
  })
}

function round(pixels: number): number {
  return Math.round(pixels * 1000) / 1000
}
