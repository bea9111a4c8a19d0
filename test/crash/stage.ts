import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Host, hostFor } from './host.ts'
import { copyTree, type Product, type Run, runFlowscan } from './product.ts'
import { hashOfRemains, namesProcess } from './remains.ts'
import type { Scenario } from './scenarios.ts'
import { differenceOf, type State, stateOf, viewOf } from './state.ts'
import {
  type Call,
  type Injection,
  isCreating,
  pathsOf,
  type TracedRun,
  trace,
  withoutChance,
  withoutPid,
} from './strace.ts'

/** What changes something on the disk. A kill before `close` leaves what a kill before the next of these does. */
export const MUTATING = [
  ...['openat', 'write', 'pwrite64', 'writev', 'fsync', 'fdatasync', 'ftruncate', 'copy_file_range', 'sendfile'],
  ...['rename', 'renameat', 'renameat2', 'mkdir', 'mkdirat', 'link', 'linkat', 'symlink', 'symlinkat'],
  ...['unlink', 'unlinkat', 'rmdir', 'fchmod', 'utimensat'],
]

/** What only looks, or lets go. */
export const LOOKING = ['close', 'read', 'pread64', 'getdents64', 'statx', 'newfstatat', 'fstat', 'access', 'readlink']

const ALL = [...MUTATING, ...LOOKING]

/** A system call of an undisturbed run at which it can be disturbed. */
export interface Point {
  readonly call: string
  /** The first of its paths, where `PID` stands for the process id, and which of its thread's calls of this name with this path it is. */
  readonly path: string
  readonly at: number
  /** Which of its thread's calls of this name it is, whatever their paths. */
  readonly number: number
  readonly isMain: boolean
  /** The paths, and which of its calls with these paths it is: alike in every run. */
  readonly what: string
}

/** A call that fails in every run that is traced. */
type Standing = Point & { readonly error: string }

/** A scenario made ready: its directory before, and what comes of it undisturbed. */
export interface Stage {
  readonly scenario: Scenario
  readonly product: Product
  /** Holds `before`, and a working directory for each worker. */
  readonly root: string
  readonly before: string
  readonly expected: State
  readonly views: readonly State[]
  /** Of the undisturbed run, all calls that touch the directory. */
  readonly calls: readonly Call[]
  /** What fails in every run that is traced. */
  readonly always: Standing | null
  readonly points: readonly Point[]
  /** Of the undisturbed run, in milliseconds, not traced. */
  readonly ms: number
  /** What runs left of which it is known that the next mends it: `hashOfRemains`. */
  readonly mended: Set<string>
}

export async function setStage(scenario: Scenario, root: string, product: Product): Promise<Stage> {
  const before = join(root, 'before')
  mkdirSync(before, { recursive: true })
  await scenario.prepare(before, async (command) => {
    mustSucceed(await runFlowscan(product, before, command), `${scenario.name}: ${command}`)
  })
  const undisturbed = join(root, 'undisturbed')
  copyTree(before, undisturbed)
  const run = await runFlowscan(product, undisturbed, scenario.command)
  mustSucceed(run, scenario.name)
  const always = await standingOf(scenario, root, product, before)
  const everywhere = always === null ? [] : [injectionEverywhere(always)]
  const traced = join(root, 'traced')
  copyTree(before, traced)
  const { calls, mainThread, ...ended } = await trace(product, traced, scenario.command, ALL, everywhere)
  mustSucceed(ended, `${scenario.name}, traced`)
  const expected = scenario.stateOf(undisturbed)
  const difference = differenceOf(expected, scenario.stateOf(traced))
  if (difference !== null) throw new Error(`${scenario.name}: two undisturbed runs differ: ${difference}`)
  const ours = calls.filter((call) => pathsOf(call, traced).length > 0)
  return {
    scenario,
    product,
    root,
    before,
    expected,
    views: [viewOf(before), viewOf(undisturbed)],
    calls: ours.map((call) => ({ ...call, args: call.args.replaceAll(traced, before) })),
    always,
    points: namePoints(ours, traced, mainThread, always).filter(({ call }) => call !== always?.call),
    ms: run.ms,
    mended: new Set(),
  }
}

/** The rename of the scenario that always fails, if there is one. */
async function standingOf(
  { crosses, name, command }: Scenario,
  root: string,
  product: Product,
  before: string,
): Promise<Standing | null> {
  if (crosses === undefined) return null
  const base = join(root, 'crossing')
  copyTree(before, base)
  const { calls, mainThread } = await trace(product, base, command, ['rename'])
  const point = namePoints(calls, base, mainThread).find(({ what }) => crosses.test(what))
  if (point === undefined) throw new Error(`${name}: no rename is like ${crosses}`)
  return { ...point, error: 'error=EXDEV' }
}

/** Where calls with all paths are to be listed, too. */
function injectionEverywhere({ call, number, isMain, error }: Standing): Injection {
  return { call, at: number, isMain, what: error }
}

function mustSucceed({ code, signal, stderr }: Run, what: string): void {
  if (code !== 0) throw new Error(`${what}: an undisturbed run ended with ${code ?? signal}: ${stderr}`)
}

/** The points of a run. Where several threads beside the main one have a so many-th call of a name, it is the first of them that can be met. */
export function namePoints(
  calls: readonly Call[],
  base: string,
  mainThread: number,
  always: Standing | null = null,
): Point[] {
  const seen = new Map<string, number>()
  const numberOf = countByPath(always?.path)
  const points = new Map<string, Point>()
  for (const call of calls) {
    const named = pathsOf(call, base)
    if (named.length === 0) continue
    const paths = named.map((path) => withoutPid(path, mainThread))
    const text = `${isCreating(call) ? 'create' : call.name} ${named.map(withoutChance).join(' -> ')}`
    const count = (seen.get(text) ?? 0) + 1
    seen.set(text, count)
    const isMain = call.thread === mainThread
    const [path, at] = [paths[0]!, numberOf(call, paths)]
    const key = `${call.name} ${path} ${at} ${isMain}`
    if (!points.has(key))
      points.set(key, { call: call.name, path, at, number: call.at, isMain, what: `${text} #${count}` })
  }
  return [...points.values()]
}

/** Counts what strace counts when it looks at the calls of a thread that have this path or the one that is `always` looked at. */
function countByPath(always: string | undefined): (call: Call, paths: readonly string[]) => number {
  const counts = new Map<string, number>()
  const increase = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)
  return ({ thread, name }, paths) => {
    const of = (...parts: readonly string[]) => [thread, name, ...parts].join(' ')
    const isAlways = always !== undefined && paths.includes(always)
    for (const path of new Set(paths)) {
      increase(of(path))
      if (isAlways) increase(of(path, 'and always'))
    }
    const own = counts.get(of(paths[0]!))!
    const others = always === undefined ? 0 : (counts.get(of(always)) ?? 0)
    return own + others - (counts.get(of(paths[0]!, 'and always')) ?? 0)
  }
}

let copies = 0

/** A copy of the directory before, for one trial of one worker: under a new name, so that no process knows it from another trial. */
export function freshCopy({ root, before }: Stage, worker: number): string {
  const mine = join(root, `worker-${worker}`)
  rmSync(mine, { recursive: true, force: true })
  mkdirSync(mine)
  const base = join(mine, String(++copies))
  copyTree(before, base)
  return base
}

/** What came of disturbing a run at one point. */
export interface Verdict {
  /** `missed`: another call was met, again and again. */
  readonly kind: 'sound' | 'broken' | 'missed'
  readonly problem?: string
}

/** A call that is sometimes met too early or too late is met in the end. */
const TRIES = 5

/** Runs flowscan on a directory, under strace: in a process of its own, or in one in which it runs again and again. */
type Way = (base: string, names: readonly string[], injections: readonly Injection[]) => Promise<TracedRun>

/** Tells the problem after a disturbed run, or `null`. */
type Judge = (run: Run, base: string) => Promise<string | null>

/**
 * Runs the scenario's command on a fresh copy, disturbed at a point, and judges what comes of it. A run in which another call was met has to be
 * judged well, too.
 */
export function disturb(
  stage: Stage,
  point: Point,
  disturbance: string,
  worker: number,
  judge: Judge,
): Promise<Verdict> {
  const { product, scenario } = stage
  const way: Way = (base, ...more) => trace(product, base, scenario.command, ...more)
  return disturbIn(way, stage, point, disturbance, worker, judge)
}

/** `disturb`, some times as fast: in a process in which flowscan ran before. Unless all is well there, a process of its own decides. */
export async function disturbInHost(
  stage: Stage,
  point: Point,
  disturbance: string,
  worker: number,
  judge: Judge,
): Promise<Verdict> {
  const way: Way = (base, ...more) => traceInHost(stage, worker, base, ...more)
  const verdict = await disturbIn(way, stage, point, disturbance, worker, judge)
  return verdict.kind === 'sound' ? verdict : disturb(stage, point, disturbance, worker, judge)
}

async function disturbIn(
  way: Way,
  stage: Stage,
  point: Point,
  disturbance: string,
  worker: number,
  judge: Judge,
): Promise<Verdict> {
  const { always } = stage
  const standing = always === null ? [] : [{ ...always, what: always.error }]
  const injections = [{ ...point, what: disturbance }, ...standing]
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const base = freshCopy(stage, worker)
    const run = await way(
      base,
      injections.map(({ call }) => call),
      injections,
    )
    const problem = await judge(run, base)
    if (problem !== null) return { kind: 'broken', problem }
    if (namePoints(run.calls, base, run.mainThread, always).some((met) => isSame(met, point))) return { kind: 'sound' }
  }
  return { kind: 'missed' }
}

function isSame(a: Point, b: Point): boolean {
  return a.call === b.call && a.path === b.path && a.at === b.at && a.isMain === b.isMain
}

/** A host that left a lock or a temporary name behind ends: the next run has to find that the process is dead. */
async function traceInHost(
  stage: Stage,
  worker: number,
  base: string,
  names: readonly string[],
  injections: readonly Injection[],
): Promise<TracedRun> {
  const host = await hostOf(stage, 'disturbing', worker)
  const run = await host.trace(base, stage.scenario.command, names, injections)
  if (!host.isFit() || namesProcess(base)) await host.end()
  return run
}

function hostOf(stage: Stage, purpose: 'disturbing' | 'mending', worker: number): Promise<Host> {
  const { product, scenario, root, before } = stage
  return hostFor(product, scenario.command, purpose, worker, () => {
    const spare = join(root, `spare-${purpose}-${worker}`)
    rmSync(spare, { recursive: true, force: true })
    copyTree(before, spare)
    return spare
  })
}

/** What is wrong after a disturbed run or after the one that follows it; `null`: nothing. What was judged well once is, when it comes again. */
export async function settle(stage: Stage, base: string, worker: number): Promise<string | null> {
  const remains = hashOfRemains(base)
  if (stage.mended.has(remains)) return null
  const problem = damageIn(stage, base) ?? (await recover(stage, base, worker))
  if (problem === null) stage.mended.add(remains)
  return problem
}

/** What is wrong after a disturbed run, before anything mends it; `null`: nothing. */
export function damageIn(stage: Stage, base: string): string | null {
  const mixed = mixtureIn(stage.views, viewOf(base))
  if (mixed !== null) return mixed
  const now = stateOf(base, ['flows', 'saved', 'data'])
  const contents = new Set(Object.values(now))
  const lost = Object.entries(stateOf(stage.before, ['flows', 'saved', 'data/parts'])).filter(
    ([path, content]) => !contents.has(content) && !isSealed(path, now),
  )
  return lost.length === 0 ? null : `lost: ${lost.map(([path]) => path).join(', ')}`
}

/** A part may have gone once its day has a ledger; what the segment holds, the comparison after the next run shows. */
function isSealed(path: string, state: State): boolean {
  const day = /^data\/parts\/([^/]+)/.exec(path)?.[1]
  return (
    day !== undefined &&
    Object.keys(state).some((each) => each.startsWith(`data/sealed/${day}-`) && each.endsWith('.json.gz'))
  )
}

/**
 * Pages of the archive come before the release that links to them, and are renewed after it, each by itself. Published windows never change, and those that no catalog
 * names yet are nobody's concern.
 */
const BESIDE = /^\/(scoreboard\/\d{4}|data\/\d+[mhd])\//

/** Why this is neither the old site nor the new one; `null`: it is one of them. */
function mixtureIn(views: readonly State[], view: State): string | null {
  const released = (state: State) => Object.fromEntries(Object.entries(state).filter(([path]) => !BESIDE.test(path)))
  const differences = views.map((each) => differenceOf(released(each), released(view)))
  if (!differences.includes(null)) return `the site is neither the old nor the new one: ${differences.join(' | ')}`
  const odd = Object.keys(view).filter((path) => BESIDE.test(path) && !views.some((each) => each[path] === view[path]))
  const gone = Object.keys(views[0]!).filter((path) => BESIDE.test(path) && view[path] === undefined)
  return odd.length + gone.length === 0
    ? null
    : `beside the release is what no build made: ${[...odd, ...gone].join(', ')}`
}

/** Runs the command once more, undisturbed: what is then not as it should be; `null`: nothing. */
export async function recover(stage: Stage, base: string, worker = 0): Promise<string | null> {
  const { scenario, expected } = stage
  const host = await hostOf(stage, 'mending', worker)
  const { code, signal, stderr } = await host.run(base, scenario.command)
  if (code !== 0) return `the next run ended with ${code ?? signal}: ${stderr.trim()}`
  const difference = differenceOf(expected, scenario.stateOf(base))
  return difference === null ? null : `after the next run: ${difference}`
}
