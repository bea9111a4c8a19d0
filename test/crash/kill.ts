import type { Point, Stage } from './stage.ts'
import { damageIn, disturb, freshCopy, MUTATING, namePoints, recover } from './stage.ts'

/** What came of disturbing a run at one point. */
export interface Verdict {
  /** `missed`: the run never came to the point, or another call was met, again and again. */
  readonly kind: 'sound' | 'broken' | 'missed'
  readonly problem?: string
}

/** Where the sweep kills: before every call that changes the disk. */
export function killPoints({ points }: Stage): Point[] {
  return points.filter(({ call, what }) => MUTATING.includes(call) && (call !== 'openat' || what.startsWith('create ')))
}

/** A run's numbers shift a little by what V8 and libuv do in between. */
const TRIES = 10

/**
 * Kills a run at a point, looks at what is there, runs once more and compares. A run that was killed elsewhere has to recover
 * as well.
 */
export async function killAt(stage: Stage, { call, at, isMain, what }: Point, worker = 0): Promise<Verdict> {
  for (let attempt = 0, when = at; attempt < TRIES; attempt++) {
    const base = freshCopy(stage, worker)
    const { signal, calls, mainThread } = await disturb(stage, base, { call, at: when, isMain, what: 'signal=KILL' })
    const problem = damageIn(stage, base) ?? (await recover(stage, base))
    if (problem !== null) return { kind: 'broken', problem }
    const met = namePoints(calls, base, mainThread)
    if (signal === 'SIGKILL' && met.at(-1)?.what === what && met.at(-1)?.at === when) return { kind: 'sound' }
    const passed = met.find((each) => each.what === what)
    when = passed === undefined ? when + 1 : passed.at
  }
  return { kind: 'missed' }
}
