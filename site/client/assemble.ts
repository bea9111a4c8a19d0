import { countedFromJson } from '../../ingest/model/counted.ts'
import { type Counter, counterFromJson } from '../../ingest/model/counter.ts'
import { DIRECTIONS } from '../../ingest/model/direction.ts'
import { MEASURES, type Measure } from '../../ingest/model/measure.ts'
import type { CellSeries, DirectionSeries } from '../../ingest/model/series.ts'
import type { Measured } from '../cells.ts'
import type { Plan } from './plan.ts'
import type { PublishedSeries, WindowData } from './published.ts'

/** Cells over a planned stretch, exact: what no window covers is unknown. */
export function assemble({ from, to, stepSeconds }: Plan, windows: readonly WindowData[]): Measured {
  const length = (to - from) / stepSeconds
  const known = new Array<number>(length).fill(0)
  const counted = new Map<string, number[]>()
  const cells = new Map<string, CellSeries>()
  for (const { index, cells: published } of windows) {
    const first = (index.from - from) / stepSeconds
    replace(known, index.known, first)
    for (const [key, seconds] of countedFromJson(index.counted, index.known)) {
      const whole = counted.get(key) ?? new Array<number>(length).fill(0)
      counted.set(key, whole)
      replace(whole, seconds, first)
    }
    for (const [name, cell] of published) {
      const whole = cells.get(name) ?? {}
      cells.set(name, whole)
      for (const direction of DIRECTIONS) {
        const series = cell[direction]
        if (series !== undefined) add(whole, direction, series, first, length)
      }
    }
  }
  return { known, counted, cells }
}

function replace(whole: number[], seconds: readonly number[], first: number): void {
  for (const [point, each] of seconds.entries()) if (isWithin(first + point, whole.length)) whole[first + point] = each
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Columns = { [M in Measure]: Counter[] }

function add(
  cell: Mutable<CellSeries>,
  direction: (typeof DIRECTIONS)[number],
  series: PublishedSeries,
  first: number,
  length: number,
): void {
  cell[direction] ??= emptySeries(series.max !== undefined, length)
  const { sum, max } = cell[direction] as { sum: Columns; max: Columns }
  for (const measure of MEASURES) {
    put(sum[measure], series[measure], first + series.at)
    if (series.max !== undefined) put(max[measure], series.max[measure], first + series.at)
  }
}

function emptySeries(hasMax: boolean, length: number): DirectionSeries {
  const zeros = () => new Array<Counter>(length).fill(0)
  const columns = () => ({ octets: zeros(), packets: zeros(), flows: zeros() })
  const sum = columns()
  return { sum, max: hasMax ? columns() : sum }
}

function put(column: Counter[], values: readonly (number | string)[], start: number): void {
  for (const [at, value] of values.entries())
    if (isWithin(start + at, column.length)) column[start + at] = counterFromJson(value)
}

function isWithin(point: number, length: number): boolean {
  return point >= 0 && point < length
}
