import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Product } from '../crash/product.ts'
import { compareStore } from './compare.ts'
import { configFor, importProduct } from './flowscan.ts'
import { type Truth, truthOf } from './oracle.ts'
import { DAY, isTooLate, type PlannedFile, planFiles, type Shape } from './plan.ts'
import type { RunRecord, Task } from './runs.ts'

export interface SoakOptions {
  readonly product: Product
  readonly shape: Shape
  /** Days that one process works for. */
  readonly restartEvery: number
  /** Is the site built after the first year and at the end, too? */
  readonly builds: boolean
  /** What the numbers must be; another one shows that the comparison notices. */
  readonly truthOf?: typeof truthOf
  readonly log?: (line: string) => void
  /** Does the runs of some days; in a process of its own if not given. */
  readonly perform?: (task: Task, tell: (run: RunRecord) => void) => Promise<void>
}

/** Files and bytes of a kind. */
export interface Amount {
  readonly files: number
  readonly bytes: number
}

/** How things stood at the end of a year. */
export interface YearRecord {
  readonly year: number
  readonly values: number
  readonly differences: readonly string[]
  /** Medians over the year. */
  readonly cpuMs: number
  readonly rss: number
  readonly heap: number
  readonly amounts: Readonly<Record<string, Amount>>
  readonly expected: Readonly<Record<string, number>>
  /** Milliseconds of processor; `null`: not asked for. */
  readonly buildMs: number | null
}

export interface SoakResult {
  readonly years: readonly YearRecord[]
  readonly runs: number
  /** What must not be, in words. */
  readonly problems: readonly string[]
}

export const YEAR = 365

/** Lets the years pass in a directory of its own and tells what was not as it should be. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const base = mkdtempSync(join(tmpdir(), 'flowscan-soak-'))
  try {
    return await soakIn(base, options)
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

async function soakIn(base: string, options: SoakOptions): Promise<SoakResult> {
  const { shape, product, restartEvery, log = () => {}, perform = inProcess } = options
  const files = planFiles(shape)
  const runs: RunRecord[] = []
  const years: YearRecord[] = []
  for (let from = 0; from < shape.days; ) {
    const to = Math.min(shape.days, from + restartEvery, (Math.floor(from / YEAR) + 1) * YEAR)
    await perform({ kind: 'runs', product, base, shape, from, to }, (run) => runs.push(run))
    if (to % YEAR === 0 || to === shape.days) {
      years.push(await closeYear(base, options, files, runs, to))
      log([describeYear(years.at(-1)!), ...years.at(-1)!.differences].join('\n  '))
    }
    from = to
  }
  const problems = [
    ...years.flatMap(({ differences }) => differences),
    ...problemsOfRuns(shape, files, runs),
    ...(await problemsOfStore(base, options, files)),
    ...problemsOfYears(years),
  ]
  return { years, runs: runs.length, problems }
}

/** Does a task in a process of its own, hands on what it prints. */
async function inProcess<T>(task: Task, tell: (line: T) => void): Promise<void> {
  const text = JSON.stringify(task, (_key, value) => (value === Number.POSITIVE_INFINITY ? 'forever' : value))
  const program = new URL('process.mjs', import.meta.url).pathname
  const child = spawn(process.execPath, ['--expose-gc', program, text], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  for await (const line of createInterface(child.stdout)) tell(JSON.parse(line))
  const code = await ended
  if (code !== 0) throw new Error(`the process for days ${task.from} to ${task.to} ended with ${code}`)
}

async function closeYear(
  base: string,
  options: SoakOptions,
  files: readonly PlannedFile[],
  runs: readonly RunRecord[],
  to: number,
): Promise<YearRecord> {
  const { shape, product, builds } = options
  const truth: Truth = (options.truthOf ?? truthOf)(shape, files, to - 1)
  const year = Math.ceil(to / YEAR)
  const { values, differences } = compareStore(await importProduct(product), base, shape, truth, to - 1)
  const own = runs.filter(({ day }) => Math.floor(day / YEAR) === year - 1)
  let buildMs: number | null = null
  if (builds && (year === 1 || to === shape.days))
    await inProcess<number>({ kind: 'build', product, base, shape, from: to, to }, (ms) => {
      buildMs = ms
    })
  return {
    year,
    values,
    differences,
    cpuMs: medianOf(own.map((run) => run.cpuMs)),
    rss: medianOf(own.map((run) => run.rss)),
    heap: medianOf(own.flatMap((run) => run.heap ?? [])),
    amounts: amountsIn(join(base, 'data')),
    expected: expectedFiles(shape, truth, to),
    buildMs,
  }
}

const KINDS = ['parts', 'sealed', 'series/5m', 'series/30m', 'series/2h', 'series/1d', 'boards', 'quarantine']

function amountsIn(data: string): Record<string, Amount> {
  return Object.fromEntries(
    KINDS.map((kind) => {
      const files = listFiles(join(data, kind))
      return [kind, { files: files.length, bytes: files.reduce((sum, path) => sum + statSync(path).size, 0) }]
    }),
  )
}

function listFiles(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/**
 * The retention formula: how many files there should be after so many days. A window is there if traffic reaches into it, and while it is not over
 * its age; parts stay a day longer and are sealed, two files a day, once their day was over for two days. Boards of days stay.
 */
function expectedFiles({ start, retention }: Shape, { slots, boards }: Truth, days: number): Record<string, number> {
  const last = start + (days - 1) * DAY
  const windows = (age: number, length: number) => {
    const first = nameOf(last - Math.min(age, days) * DAY, length)
    const names = new Set([...slots.keys()].map((slot) => nameOf(slot, length)))
    return [...names].filter((name) => name >= first).length
  }
  const isSealed = (day: number) => day >= last - (retention['5m'] + 1) * DAY && day <= last - 3 * DAY
  return {
    sealed: 2 * [...boards.keys()].filter(isSealed).length,
    'series/5m': windows(retention['5m'], DAY_NAME),
    'series/30m': windows(retention['30m'], DAY_NAME),
    'series/2h': windows(retention['2h'], MONTH_NAME),
    'series/1d': windows(retention['1d'], YEAR_NAME),
    boards: boards.size,
  }
}

const [DAY_NAME, MONTH_NAME, YEAR_NAME] = [10, 7, 4] as const

function nameOf(seconds: number, length: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, length)
}

/** What each run should have done to each file that came, and that nothing goes while the clock is wrong. */
function problemsOfRuns(shape: Shape, files: readonly PlannedFile[], runs: readonly RunRecord[]): string[] {
  const expected = { counted: 0, known: 0, quarantined: 0 }
  for (const file of files)
    for (const [at, arrival] of file.arrivals.entries()) {
      const isAgain = file.arrivals.slice(0, at).some(({ what }) => what === arrival.what)
      if (arrival.what === 'damaged' || isTooLate(shape, file, arrival)) expected.quarantined++
      else if (isAgain) expected.known++
      else expected.counted++
    }
  const found: Record<string, number> = {}
  for (const { counts } of runs)
    for (const [kind, count] of Object.entries(counts)) found[kind] = (found[kind] ?? 0) + count
  const wrong = Object.entries({ ...Object.fromEntries(Object.keys(found).map((kind) => [kind, 0])), ...expected })
    .filter(([kind, count]) => found[kind] !== count)
    .map(([kind, count]) => `${kind}: ${found[kind]} files, expected ${count}`)
  const failed = runs
    .filter(({ exitCode }) => exitCode !== 0)
    .map(({ day, exitCode }) => `day ${day}: exit code ${exitCode}`)
  const gone = runs
    .filter((run) => run.gone.length > 0)
    .map((run) => `day ${run.day}: gone while the clock was wrong: ${run.gone.slice(0, 3).join(', ')}`)
  return [...wrong, ...failed.slice(0, 3), ...gone.slice(0, 3)]
}

/** Nothing may wait, no temporary name be left, and fsck find nothing. */
async function problemsOfStore(
  base: string,
  { product, shape }: SoakOptions,
  files: readonly PlannedFile[],
): Promise<string[]> {
  const flowscan = await importProduct(product)
  const { config } = configFor(flowscan, base, shape)
  const waiting = listFiles(join(base, 'flows'))
  const temporary = listFiles(config.data).filter((path) => path.includes('/.tmp-'))
  const saved = listFiles(join(base, 'saved')).length
  const sent = files.flatMap(({ arrivals }) => arrivals).length
  const { defects } = flowscan.fsck(config.data, true)
  return [
    ...waiting.map((path) => `still waits: ${path}`),
    ...temporary.map((path) => `temporary: ${path}`),
    ...(saved > sent ? [`${saved} files in saved, but only ${sent} were sent`] : []),
    ...defects.slice(0, 3).map(({ path, found }) => `fsck: ${path}: ${found}`),
  ]
}

/** The time of a run is compared with the first year, sizes with the second, the first in which the store is full. */
function problemsOfYears(years: readonly YearRecord[]): string[] {
  const problems: string[] = []
  for (const { year, amounts, expected } of years)
    for (const [kind, files] of Object.entries(expected))
      if (isFarFrom(amounts[kind]!.files, files))
        problems.push(`year ${year}: ${amounts[kind]!.files} files in ${kind}, expected ${files}`)
  const [first, second, last] = [years[0]!, years[1], years.at(-1)!]
  if (second === undefined || last.year <= 2) return problems
  for (const { year, amounts, expected } of years.slice(2)) {
    const bytes = bytesByFormula(second.amounts, expected)
    if (isFarFrom(totalBytes(amounts), bytes))
      problems.push(`year ${year}: ${totalBytes(amounts)} bytes, expected ${Math.round(bytes)}`)
  }
  if (last.cpuMs > 1.2 * first.cpuMs)
    problems.push(`a run took ${last.cpuMs} ms of processor in year ${last.year}, ${first.cpuMs} in the first`)
  for (const memory of ['rss', 'heap'] as const)
    if (last[memory] > 1.1 * second[memory])
      problems.push(`${memory}: ${last[memory]} bytes in year ${last.year}, ${second[memory]} in the second`)
  return problems
}

function isFarFrom(found: number, expected: number): boolean {
  return Math.abs(found - expected) > Math.max(1, 0.05 * expected)
}

/** As many files as there should be, each as large as those of its kind after the second year; what has no formula counts as little as it is. */
export function bytesByFormula(second: YearRecord['amounts'], expected: YearRecord['expected']): number {
  return Object.entries(expected).reduce((sum, [kind, files]) => {
    const { files: then, bytes } = second[kind]!
    return sum + (then === 0 ? 0 : (bytes / then) * files)
  }, 0)
}

/** Of the kinds that the formula tells of. */
export function totalBytes(amounts: YearRecord['amounts']): number {
  return KINDS.filter((kind) => kind !== 'parts' && kind !== 'quarantine').reduce(
    (sum, kind) => sum + amounts[kind]!.bytes,
    0,
  )
}

export function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function describeYear({ year, values, differences, cpuMs, rss, heap, amounts, buildMs }: YearRecord): string {
  const all = Object.values(amounts)
  const files = all.reduce((sum, amount) => sum + amount.files, 0)
  const built = buildMs === null ? '' : `, a build ${(buildMs / 1000).toFixed(1)} s`
  return `year ${year}: ${values} values, ${differences.length} differ; a run ${cpuMs.toFixed(1)} ms of processor${built}; RSS ${mebibytes(rss)}, heap ${mebibytes(heap)}; ${files} files, ${mebibytes(all.reduce((sum, amount) => sum + amount.bytes, 0))}`
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
