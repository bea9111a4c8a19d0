import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { copyTree, type Product, type Run, runFlowscan } from './product.ts'
import type { Scenario } from './scenarios.ts'
import { differenceOf, type State, stateOf, viewOf } from './state.ts'
import { type Call, type Injection, isCreating, pathsOf, trace, withoutChance } from './strace.ts'

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
  readonly at: number
  readonly isMain: boolean
  /** The paths, and which of its calls with these paths it is: alike in every run. */
  readonly what: string
}

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
  readonly always: readonly Injection[]
  readonly points: readonly Point[]
  /** Of the undisturbed run, in milliseconds, not traced. */
  readonly ms: number
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
  const traced = join(root, 'traced')
  copyTree(before, traced)
  const { calls, mainThread, ...ended } = await trace(product, traced, scenario.command, ALL, always)
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
    points: namePoints(ours, traced, mainThread).filter(({ call }) => always.every((each) => each.call !== call)),
    ms: run.ms,
  }
}

/** The rename of the scenario that always fails, if there is one. */
async function standingOf(
  { crosses, name, command }: Scenario,
  root: string,
  product: Product,
  before: string,
): Promise<Injection[]> {
  if (crosses === undefined) return []
  const base = join(root, 'crossing')
  copyTree(before, base)
  const { calls, mainThread } = await trace(product, base, command, ['rename'])
  const point = namePoints(calls, base, mainThread).find(({ what }) => crosses.test(what))
  if (point === undefined) throw new Error(`${name}: no rename is like ${crosses}`)
  return [{ call: 'rename', at: point.at, isMain: true, what: 'error=EXDEV' }]
}

function mustSucceed({ code, signal, stderr }: Run, what: string): void {
  if (code !== 0) throw new Error(`${what}: an undisturbed run ended with ${code ?? signal}: ${stderr}`)
}

/** The points of a run. Where several threads beside the main one have a so many-th call of a name, it is the first of them that can be met. */
export function namePoints(calls: readonly Call[], base: string, mainThread: number): Point[] {
  const seen = new Map<string, number>()
  const points = new Map<string, Point>()
  for (const call of calls) {
    const paths = pathsOf(call, base).map(withoutChance).join(' -> ')
    if (paths === '') continue
    const text = `${isCreating(call) ? 'create' : call.name} ${paths}`
    const count = (seen.get(text) ?? 0) + 1
    seen.set(text, count)
    const isMain = call.thread === mainThread
    const key = `${call.name} ${call.at} ${isMain}`
    if (!points.has(key)) points.set(key, { call: call.name, at: call.at, isMain, what: `${text} #${count}` })
  }
  return [...points.values()]
}

/** A fresh copy of the directory before, for one worker. */
export function freshCopy({ root, before }: Stage, worker: number): string {
  const base = join(root, `worker-${worker}`)
  rmSync(base, { recursive: true, force: true })
  copyTree(before, base)
  return base
}

/** What came of disturbing a run at one point. */
export interface Verdict {
  /** `missed`: another call was met, again and again. */
  readonly kind: 'sound' | 'broken' | 'missed'
  readonly problem?: string
}

/** A run's numbers shift a little by what V8 and libuv do in between. */
const TRIES = 20

/**
 * Runs the scenario's command on a fresh copy, disturbed at a point, and judges what comes of it: `judge` tells the problem, or `null`. A run that
 * was disturbed elsewhere has to be judged well, too; then the next is disturbed a call earlier or later.
 */
export async function disturb(
  stage: Stage,
  { call, at, isMain, what }: Point,
  disturbance: string,
  worker: number,
  judge: (run: Run, base: string) => Promise<string | null>,
): Promise<Verdict> {
  for (let attempt = 0, when = at; attempt < TRIES; attempt++) {
    const base = freshCopy(stage, worker)
    const injections = [{ call, at: when, isMain, what: disturbance }, ...stage.always]
    const names = injections.map((each) => each.call)
    const run = await trace(stage.product, base, stage.scenario.command, names, injections)
    const problem = await judge(run, base)
    if (problem !== null) return { kind: 'broken', problem }
    const passed = namePoints(run.calls, base, run.mainThread).find((each) => each.what === what)
    if (passed?.at === when) return { kind: 'sound' }
    when = passed?.at ?? (attempt % 2 === 0 ? at : when + 1)
  }
  return { kind: 'missed' }
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

/** Pages of the archive come before the release that links to them, and are renewed after it, each by itself. */
const ARCHIVED = /^\/scoreboard\/\d{4}\//

/** Why this is neither the old site nor the new one; `null`: it is one of them. */
function mixtureIn(views: readonly State[], view: State): string | null {
  const released = (state: State) => Object.fromEntries(Object.entries(state).filter(([path]) => !ARCHIVED.test(path)))
  const differences = views.map((each) => differenceOf(released(each), released(view)))
  if (!differences.includes(null)) return `the site is neither the old nor the new one: ${differences.join(' | ')}`
  const odd = Object.keys(view).filter(
    (path) => ARCHIVED.test(path) && !views.some((each) => each[path] === view[path]),
  )
  const gone = Object.keys(views[0]!).filter((path) => ARCHIVED.test(path) && view[path] === undefined)
  return odd.length + gone.length === 0 ? null : `the archive holds what no build made: ${[...odd, ...gone].join(', ')}`
}

/** Runs the command once more, undisturbed: what is then not as it should be; `null`: nothing. */
export async function recover({ product, scenario, expected }: Stage, base: string): Promise<string | null> {
  const { code, signal, stderr } = await runFlowscan(product, base, scenario.command)
  if (code !== 0) return `the next run ended with ${code ?? signal}: ${stderr.trim()}`
  const difference = differenceOf(expected, scenario.stateOf(base))
  return difference === null ? null : `after the next run: ${difference}`
}
