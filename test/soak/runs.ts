import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Product } from '../crash/product.ts'
import { writeArrival } from './flow-file.ts'
import { configFor, type Flowscan, importProduct } from './flowscan.ts'
import { type Arrival, clockErrorOf, DAY, type PlannedFile, planFiles, type Shape } from './plan.ts'

/** What one process does: the runs of some days, or one build of the site. */
export interface Task {
  readonly kind: 'runs' | 'build'
  readonly product: Product
  readonly base: string
  readonly shape: Shape
  /** The first day, and the first one no more. */
  readonly from: number
  readonly to: number
}

/** What a run was like. */
export interface RunRecord {
  readonly day: number
  readonly counts: Readonly<Record<string, number>>
  readonly exitCode: number
  readonly cpuMs: number
  /** Bytes of the process, and of the objects in it once garbage was collected; `null`: it was not, this time. */
  readonly rss: number
  readonly heap: number | null
  /** What had gone from the store while the clock was wrong. */
  readonly gone: readonly string[]
}

/** Lets the files of each day arrive and runs flowscan at ten past midnight by a clock that is years off at times. */
export async function runDays(
  { product, base, shape, from, to }: Omit<Task, 'kind'>,
  tell: (run: RunRecord) => void,
): Promise<void> {
  const flowscan = await importProduct(product)
  const loaded = configFor(flowscan, base, shape)
  const arrivals = arrivalsByDay(planFiles(shape))
  const realNow = Date.now
  try {
    for (let day = from; day < to; day++) {
      for (const [file, arrival] of arrivals.get(day) ?? []) put(base, shape, file, arrival)
      setClock(shape, day + 1, clockErrorOf(day))
      tell(await runDay(flowscan, loaded, base, day))
    }
  } finally {
    Date.now = realNow
  }
}

/** Whatever asks for the time is told ten minutes past midnight. */
function setClock({ start }: Shape, day: number, yearsOff: number): void {
  const now = (start + day * DAY + 600 + yearsOff * 365 * DAY) * 1000
  Date.now = () => now
}

/** The site as it is built when there is none; milliseconds of processor. */
export async function buildOnce({ product, base, shape, to }: Task): Promise<number> {
  const flowscan = await importProduct(product)
  const { config } = configFor(flowscan, base, shape)
  rmSync(config.site.dir, { recursive: true, force: true })
  setClock(shape, to, 0)
  const began = process.cpuUsage()
  await flowscan.buildSite(config)
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1000
}

async function runDay(
  { ingest }: Flowscan,
  loaded: Parameters<Flowscan['ingest']>[0],
  base: string,
  day: number,
): Promise<RunRecord> {
  const before = clockErrorOf(day) === 0 ? [] : keptIn(base)
  const began = process.cpuUsage()
  const { counts, exitCode } = await ingest(loaded)
  const { user, system } = process.cpuUsage(began)
  const { rss } = process.memoryUsage()
  const after = new Set(before.length === 0 ? [] : keptIn(base))
  const gone = before.filter((name) => !after.has(name))
  return { day, counts: { ...counts }, exitCode, cpuMs: (user + system) / 1000, rss, heap: heapOn(day), gone }
}

/** Collecting garbage makes the next run slower. */
function heapOn(day: number): number | null {
  if (globalThis.gc === undefined || day % 10 !== 0) return null
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

function arrivalsByDay(files: readonly PlannedFile[]): Map<number, (readonly [PlannedFile, Arrival])[]> {
  const days = new Map<number, (readonly [PlannedFile, Arrival])[]>()
  for (const file of files)
    for (const arrival of file.arrivals) days.set(arrival.day, [...(days.get(arrival.day) ?? []), [file, arrival]])
  return days
}

function put(base: string, shape: Shape, file: PlannedFile, arrival: Arrival): void {
  const path = join(base, 'flows', file.source, arrival.name)
  if (existsSync(path)) throw new Error(`${path}: two files of this name wait on one day; choose another seed`)
  writeArrival(shape, file, arrival, path)
}

/** Series, boards and days of parts. */
function keptIn(base: string): string[] {
  const data = join(base, 'data')
  const names = (directory: string) =>
    readdirSync(join(data, directory), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(data, join(entry.parentPath, entry.name)))
  const days = ['parts', 'sealed'].flatMap((directory) =>
    existsSync(join(data, directory)) ? readdirSync(join(data, directory)).map((name) => name.slice(0, 10)) : [],
  )
  return [...names('series'), ...names('boards'), ...new Set(days)]
}
