import { disturb, MUTATING, type Point, type Stage, settle, type Verdict } from './stage.ts'

/** Where the sweep kills: before every call that changes the disk. */
export function killPoints({ points }: Stage): Point[] {
  return points.filter(({ call, what }) => MUTATING.includes(call) && (call !== 'openat' || what.startsWith('create ')))
}

/** Kills a run at a point, looks at what is there, runs once more and compares. */
export function killAt(stage: Stage, point: Point, worker = 0): Promise<Verdict> {
  return disturb(stage, point, 'signal=KILL', worker, (_run, base) => settle(stage, base, worker))
}
