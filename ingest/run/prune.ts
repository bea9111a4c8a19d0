import type { LoadedConfig } from '../config/load.ts'
import { refuseNewerStore } from '../store/derive.ts'
import { sweepTemporaries } from '../store/files.ts'
import { newestSlot } from '../store/part.ts'
import { clockDoubt, type Faded, fade, isNothing, planFading, planLeftovers } from '../store/retention.ts'
import { acquireLock } from './lock.ts'

/**
 * Lets everything fade that is older than `retention` says, at once, whatever the clock says, for somebody asked. `isRehearsal`: only tells what
 * would go. `null` when nothing is stored. Throws a UserError (75) while a run is at work.
 */
export function prune({ config }: LoadedConfig, isRehearsal: boolean): Faded | null {
  const { data, retention } = config
  const release = acquireLock(data)
  try {
    refuseNewerStore(data)
    if (!isRehearsal) sweepTemporaries(data)
    const faded = planFading(data, retention, Infinity)
    if (faded !== null && !isRehearsal) fade(data, faded)
    return faded
  } finally {
    release()
  }
}

/**
 * What a run lets fade: two windows of each resolution at most, and only while the clock can be right; what a run that was killed left, in any case.
 * `now`: unix seconds. Returns why what is old enough does not fade; `null`: it does.
 */
export function fadeSlowly({ config: { data, retention } }: LoadedConfig, now: number): string | null {
  const newest = newestSlot(data)
  if (newest === null) return null
  const doubt = clockDoubt(newest, now)
  const planned = planFading(data, retention)
  const faded = doubt === null ? planned : planLeftovers(data)
  if (faded !== null) fade(data, faded)
  return planned === null || isNothing(planned) ? null : doubt
}
