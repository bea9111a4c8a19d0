import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { killPoints } from './kill.ts'
import { copyTree } from './product.ts'
import { hashOfRemains } from './remains.ts'
import { freshCopy, MUTATING, namePoints, type Stage, settle, type Verdict } from './stage.ts'
import { type Call, traceStopping } from './strace.ts'

/*
 * What a SIGKILL leaves is what is there at that moment, for the page cache outlives the process. So one run can stand for hundreds that are killed: it
 * is stopped behind each call that may change the disk, and a copy of what is there, in which its process is a dead one, is judged as if the run had
 * been killed before its next.
 */

/** A place at which the run stood still, and what came of what was there. */
export interface Stillness {
  /** The point: before it the kill would have been. */
  readonly what: string
  readonly verdict: Verdict
}

const SAYS_EVERY_MS = 30_000

/**
 * Stops a run of the scenario behind every call of its main thread that changes the disk, and judges what is there. Each worker has a run of its own, and
 * judges every so many-th stop.
 */
export async function standStill(stage: Stage, workers = 1): Promise<Stillness[]> {
  const shares = await Promise.all(Array.from({ length: workers }, (_, worker) => standShare(stage, worker, workers)))
  return [...new Map(shares.flat().map((each) => [each.what, each])).values()]
}

async function standShare(stage: Stage, worker: number, workers: number): Promise<Stillness[]> {
  const base = freshCopy(stage, worker)
  const verdicts = new Map<number, Verdict>()
  const judge = async (index: number, pid: number): Promise<void> => {
    if (index % workers === worker) verdicts.set(index, await judgeCopy(stage, base, pid, worker))
  }
  await judge(0, 0)
  const run = await traceStopping(stage.product, base, stage.scenario.command, MUTATING)
  let said = performance.now()
  for (let index = 1; await run.untilStop(); index++) {
    await judge(index, run.pid)
    run.goOn()
    if (performance.now() - said < SAYS_EVERY_MS) continue
    said = performance.now()
    console.log(`${stage.scenario.name}: stood still ${index} times, ${stage.mended.size} states`)
  }
  const { code, stderr } = await run.ended
  if (code !== 0) throw new Error(`${stage.scenario.name}: a run that was only stopped ended with ${code}: ${stderr}`)
  return nameStops(stage, run.calls(), base, run.pid, verdicts)
}

/** What is there before a call is what was there behind the one before it, whatever that was. */
function nameStops(
  stage: Stage,
  calls: readonly Call[],
  base: string,
  pid: number,
  verdicts: ReadonlyMap<number, Verdict>,
): Stillness[] {
  const wanted = new Set(killPoints(stage).map(({ what }) => what))
  const points = new Map(namePoints(calls, base, pid).map(({ call, number, what }) => [`${call} ${number}`, what]))
  return calls.flatMap(({ name, at }, index) => {
    const what = points.get(`${name} ${at}`)
    const verdict = verdicts.get(index)
    return what !== undefined && wanted.has(what) && verdict !== undefined ? [{ what, verdict }] : []
  })
}

/** The copy has the directory's own name while it is judged. */
async function judgeCopy(stage: Stage, base: string, pid: number, worker: number): Promise<Verdict> {
  if (stage.mended.has(hashOfRemains(base))) return { kind: 'sound' }
  const aside = `${base}.aside`
  renameSync(base, aside)
  try {
    copyTree(aside, base)
    declareDead(base, pid)
    const problem = await settle(stage, base, worker)
    return problem === null ? { kind: 'sound' } : { kind: 'broken', problem }
  } finally {
    rmSync(base, { recursive: true })
    renameSync(aside, base)
  }
}

/** Names another process than the one that was stopped, one that has ended, wherever that is named. */
function declareDead(base: string, pid: number): void {
  const dead = spawnSync('true').pid
  const paths = readdirSync(base, { recursive: true, withFileTypes: true }).map((entry) =>
    join(entry.parentPath, entry.name),
  )
  for (const path of paths.sort((a, b) => b.length - a.length)) {
    const name = basename(path).replace(new RegExp(`(\\.tmp-(?:stale-)?)${pid}\\b`), `$1${dead}`)
    if (name !== basename(path)) renameSync(path, join(dirname(path), name))
    else if (name === 'lock') writeFileSync(path, readFileSync(path, 'utf8').replace(`"pid":${pid},`, `"pid":${dead},`))
  }
}
