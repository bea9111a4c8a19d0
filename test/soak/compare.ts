import { join } from 'node:path'
import type { StepName } from '../../ingest/model/time.ts'
import type { Flowscan } from './flowscan.ts'
import { CELLS, type Hosts, type Truth, WAYS, WIDTH, widen } from './oracle.ts'
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

type Differences = ReturnType<typeof createDifferences>

function createDifferences() {
  const differences: string[] = []
  let values = 0
  return {
    compare(what: () => string, expected: bigint | number | null, found: unknown): void {
      values++
      if (found === expected || (found !== null && expected !== null && BigInt(found as number) === BigInt(expected)))
        return
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

const NOTHING = { known: 0, skewed: 0, sums: Array(WIDTH).fill(0n), most: Array(WIDTH).fill(0n) }

function compareSeries(
  { readSeries }: Flowscan,
  data: string,
  step: StepName,
  from: number,
  to: number,
  truth: Truth,
  { compare }: Differences,
): void {
  const series = readSeries(data, step, { from, to })
  const points = truthAt(truth, step)
  for (let at = 0; at < series.length; at++) {
    const start = series.from + at * SECONDS[step]
    const expected = points.get(start) ?? NOTHING
    const of = (what: string) => () => `${step} ${new Date(start * 1000).toISOString()} ${what}`
    compare(of('seconds known'), expected.known, series.known[at])
    compare(of('skewed'), expected.skewed, series.quality.get('skewed')?.[at] ?? 0)
    let index = 0
    for (const cell of CELLS)
      for (const way of WAYS) {
        const stored = series.cells.get(cell)?.[way]
        for (const measure of MEASURES) {
          compare(of(`${cell} ${way} ${measure}`), expected.sums[index]!, stored?.sum[measure][at] ?? 0)
          compare(of(`${cell} ${way} ${measure}, maximum`), expected.most[index]!, stored?.max[measure][at] ?? 0)
          index++
        }
      }
  }
}

function compareBoard(
  { readDayBoard }: Flowscan,
  data: string,
  start: number,
  hosts: Hosts | undefined,
  { compare }: Differences,
): void {
  const day = new Date(start * 1000).toISOString().slice(0, 10)
  const board = readDayBoard(data, day)?.board
  const of = (what: string) => () => `board ${day} ${what}`
  compare(of('is there'), hosts === undefined ? 0 : 1, board === undefined ? 0 : 1)
  if (hosts === undefined || board === undefined) return
  const found = new Map(board.inside.rows.map(([address, ...counters]) => [address, counters as readonly unknown[]]))
  found.set('', [...board.total.in, ...board.total.out])
  for (const address of new Set([...hosts.keys(), ...found.keys()]))
    for (let at = 0; at < 6; at++)
      compare(of(`${address} ${at}`), hosts.get(address)?.[at] ?? 0n, found.get(address)?.[at] ?? 0)
}
