import { failAt, troublesOf } from './error.ts'
import { killAt, killPoints } from './kill.ts'
import { canMount, runShort, shortagesOf } from './mounts.ts'
import { violationsOf } from './order.ts'
import { type Cut, canCutPower, cutPower, makeDisk } from './power.ts'
import { killAtMoment, momentOf } from './random.ts'
import type { Stage, Verdict } from './stage.ts'
import { standStill } from './still.ts'

/** One disturbance, and what comes of it. */
export interface Trial {
  /** Alike in every run, so that a broken off one can go on. */
  readonly id: string
  /** What it is counted under. */
  readonly kind: string
  /** Of several at one place: which. */
  readonly place?: string
  run(worker: number): Promise<Verdict>
}

/** A way to disturb a scenario. */
export interface Sweep {
  readonly name: string
  readonly title: string
  /** Why it cannot be done here; `null`: it can. */
  obstacle(): string | null
  /** Its trials are thousands: a sample of them may do. */
  readonly isLong?: true
  trialsOf(stage: Stage, sizes: Sizes): Trial[] | Promise<Trial[]>
}

/** How many where the number is free. */
export interface Sizes {
  readonly randomKills: number
  readonly powerCuts: number
  readonly workers: number
}

const NO_MOUNT = 'mounting takes root'

export const sweeps: readonly Sweep[] = [
  {
    name: 'order',
    title: 'Order of calls',
    obstacle: () => null,
    trialsOf: (stage) => [{ id: 'order', kind: 'run', run: () => Promise.resolve(judgeOrder(stage)) }],
  },
  {
    name: 'kill',
    title: 'Killed before a system call',
    isLong: true,
    obstacle: () => null,
    trialsOf: (stage) =>
      killPoints(stage).map((point) => ({
        id: point.what,
        kind: point.what.split(' ')[0]!,
        run: (worker) => killAt(stage, point, worker),
      })),
  },
  {
    name: 'still',
    title: 'Stopped where a kill would be',
    obstacle: () => null,
    trialsOf: async (stage, { workers }) =>
      (await standStill(stage, workers)).map(({ what, verdict }) => ({
        id: what,
        kind: what.split(' ')[0]!,
        run: () => Promise.resolve(verdict),
      })),
  },
  {
    name: 'error',
    title: 'A system call fails',
    isLong: true,
    obstacle: () => null,
    trialsOf: (stage) =>
      troublesOf(stage).map((trouble) => ({
        id: `${trouble.what} ${trouble.point.what}`,
        kind: trouble.what.replace('error=', '').replace('retval=0', 'short write'),
        place: trouble.point.what,
        run: (worker) => failAt(stage, trouble, worker),
      })),
  },
  {
    name: 'short',
    title: 'A full or read-only file system',
    obstacle: () => (canMount() ? null : NO_MOUNT),
    trialsOf: async (stage) =>
      (await shortagesOf(stage, 2)).map((shortage) => ({
        id: JSON.stringify(shortage),
        kind: typeof shortage === 'string' ? shortage : Object.keys(shortage)[0]!,
        run: (worker) => runShort(stage, shortage, worker),
      })),
  },
  {
    name: 'random',
    title: 'Killed at a moment',
    obstacle: () => null,
    trialsOf: (stage, { randomKills }) =>
      Array.from({ length: randomKills }, (_, n) => {
        const moment = momentOf(n, randomKills)
        const alone = moment.againAfter === null ? 'alone' : 'twice'
        const kind = moment.secondAfter === null ? alone : 'with a second'
        return { id: `${n} of ${randomKills}`, kind, run: (worker) => killAtMoment(stage, moment, worker) }
      }),
  },
  {
    name: 'power',
    title: 'Power failure on ext4',
    obstacle: () => (canCutPower() ? null : `${NO_MOUNT}, and mkfs.ext4, losetup and perl`),
    trialsOf: async (stage, { powerCuts }) => {
      const disk = await makeDisk(stage)
      return Array.from({ length: powerCuts }, (_, n) => ({
        id: `${n} of ${powerCuts}`,
        kind: 'cut',
        run: (worker) => cutPower(stage, disk, cutOf(n, powerCuts), worker),
      }))
    },
  },
]

/** Modules load in the first half of a run. Every tenth cut comes at the end. */
function cutOf(n: number, count: number): Cut {
  return n % 10 === 9 ? 'at the end' : 0.5 + (0.7 * (n + 0.5)) / count
}

function judgeOrder({ calls, before }: Stage): Verdict {
  const violations = violationsOf(calls, before)
  return violations.length === 0 ? { kind: 'sound' } : { kind: 'broken', problem: violations.join('\n') }
}
