import { join } from 'node:path'
import type { Counter } from '../../ingest/model/counter.ts'
import type { StepName } from '../../ingest/model/time.ts'
import type { Flowscan } from './flowscan.ts'
import { CELLS, type Hosts, type Truth, WAYS, widen } from './oracle.ts'
import { DAY, type Shape, SLOT } from './plan.ts'

export const SECONDS = { '5m': SLOT, '30m': 1800, '2h': 7200, '1d': DAY } as const satisfies Record<StepName, number>
const MEASURES = ['octets', 'packets', 'flows'] as const

export interface Comparison {
  /** Values that were compared. */
  readonly values: number
  /** The first few that differ, in words. */
  readonly differences: readonly string[]
}

/** Every value that is still kept at the end of a day, at every resolution, and every board, against the truth. */
export function compareStore(flowscan: Flowscan, base: string, shape: Shape, truth: Truth, day: number): Comparison {
  const found = createDifferences()
  const data = join(base, 'data')
  const to = shape.start + (day + 1) * DAY
  for (const step of Object.keys(SECONDS) as StepName[]) {
    const from = Math.max(shape.start, to - shape.retention[step] * DAY)
    for (let at = from; at < to; at += 50 * DAY)
      compareSeries(flowscan, data, step, at, Math.min(to, at + 50 * DAY), truth, found)
  }
  for (let at = shape.start; at < to; at += DAY) compareBoard(flowscan, data, at, truth.boards.get(at), found)
  return found.result()
}

export type Differences = ReturnType<typeof createDifferences>

export function createDifferences() {
  const differences: string[] = []
  let values = 0
  return {
    /** What is stored is a number as long as that is exact, then a bigint; `what`: in words, asked for when they differ. */
    compare(expected: Counter, found: unknown, what: () => string): void {
      values++
      if (found === expected) return
      if (differences.length < 10) differences.push(`${what()}: expected ${expected}, found ${found}`)
    },
    result: (): Comparison => ({ values, differences }),
  }
}

const widened = new WeakMap<Truth, Map<StepName, ReturnType<typeof widen>>>()

function truthAt(truth: Truth, step: StepName) {
  const known = widened.get(truth) ?? new Map()
  widened.set(truth, known)
  if (!known.has(step)) known.set(step, widen(truth.slots, SECONDS[step]))
  return known.get(step)!
}

export function compareSeries(
  { readSeries }: Flowscan,
  data: string,
  step: StepName,
  from: number,
  to: number,
  truth: Truth,
  { compare }: Differences,
): void {
  const series = readSeries(data, step, { from, to }, { wants: (cell) => CELLS.some((each) => each === cell) })
  const points = truthAt(truth, step)
  const momentOf = (at: number) => `${step} ${new Date((series.from + at * SECONDS[step]) * 1000).toISOString()}`
  const skewed = series.quality.get('skewed')
  const columns = CELLS.flatMap((cell) =>
    WAYS.flatMap((way) => {
      const stored = series.cells.get(cell)?.[way]
      return MEASURES.map((measure) => ({
        name: `${cell} ${way} ${measure}`,
        sum: stored?.sum[measure],
        max: stored?.max[measure],
      }))
    }),
  )
  for (let at = 0; at < series.length; at++) {
    const point = points.get(series.from + at * SECONDS[step])
    compare(point?.known ?? 0, series.known[at], () => `${momentOf(at)} seconds known`)
    compare(point?.skewed ?? 0, skewed?.[at] ?? 0, () => `${momentOf(at)} skewed`)
    for (const [index, { name, sum, max }] of columns.entries()) {
      compare(counterOf(point?.sums[index]), sum?.[at] ?? 0, () => `${momentOf(at)} ${name}`)
      compare(counterOf(point?.most[index]), max?.[at] ?? 0, () => `${momentOf(at)} ${name}, maximum`)
    }
  }
}

function counterOf(value: bigint | undefined): Counter {
  if (value === undefined) return 0
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

export function compareBoard(
  { readDayBoard }: Flowscan,
  data: string,
  start: number,
  hosts: Hosts | undefined,
  { compare }: Differences,
): void {
  const day = new Date(start * 1000).toISOString().slice(0, 10)
  const board = readDayBoard(data, day)?.board
  if (hosts !== undefined) compare(1, board === undefined ? 0 : 1, () => `board ${day} is there`)
  if (board === undefined) return
  const found = new Map(board.inside.rows.map(([address, ...counters]) => [address, counters as readonly unknown[]]))
  found.set('', [...board.total.in, ...board.total.out])
  for (const address of new Set([...(hosts?.keys() ?? []), ...found.keys()]))
    for (let at = 0; at < 6; at++)
      compare(
        counterOf(hosts?.get(address)?.[at]),
        found.get(address)?.[at] ?? 0,
        () => `board ${day} ${address} ${at}`,
      )
}
