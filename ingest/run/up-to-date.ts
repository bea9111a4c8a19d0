import type { LoadedConfig } from '../config/load.ts'
import type { Alarm } from '../model/alarm.ts'
import { derive } from '../store/derive.ts'
import { DamagedPart, newestSlot } from '../store/part.ts'
import { haveFaded } from '../store/retention.ts'
import { scrub, turnOf } from '../store/scrub.ts'
import { sealOldDays } from '../store/seal.ts'
import { listOrphans } from '../store/segment.ts'
import { readFloors } from '../store/series-index.ts'
import { acquireLock } from './lock.ts'
import { fadeSlowly } from './prune.ts'
import { isSaved } from './recount.ts'
import { createDoubts, type Doubtful, isDamage, type OnRepair, repair } from './repair.ts'
import { adoptOrphan } from './unpack.ts'

/** Who wants to hear how it goes. */
export interface StoreListener {
  onDay?: ((day: string, done: number, all: number) => void) | undefined
  onRepair?: OnRepair | undefined
  onAlarm?: ((alarm: Alarm) => void) | undefined
}

/**
 * Everything that follows from the parts: derives series and boards, lets fade what is old (by `now`, unix seconds, if that can be right), seals, and
 * looks for rot. What is found damaged on the way is repaired, and it goes on. Days in doubt are made anew. Returns the days that changed.
 */
export async function bringUpToDate(
  loaded: LoadedConfig,
  { onDay, onRepair = () => {}, onAlarm = () => {} }: StoreListener,
  doubts: Doubtful = createDoubts(),
  now = Date.now() / 1000,
): Promise<string[]> {
  const { data } = loaded.config
  const days = new Set<string>()
  const floors = readFloors(data)
  for (const orphan of listOrphans(data)) if (!haveFaded(floors, orphan.day)) adoptOrphan(data, orphan)
  const pass = async () => {
    for (const day of derive(data, onDay, doubts)) days.add(day)
    const whyNot = fadeSlowly(loaded, now)
    if (whyNot !== null)
      onAlarm({
        subject: 'clock',
        what: `nothing fades: ${whyNot}`,
        mend: 'flowscan prune does it whatever the clock says',
      })
    sealOldDays(data)
    await scrubPiece(loaded, onRepair)
    return [...days].sort()
  }
  return untilSound(pass, (error) => repair(loaded, error, doubts, onRepair))
}

/** A part that nothing needs now and no flow file can replace stays where it is: the series that were made of it are right. */
async function scrubPiece({ config }: LoadedConfig, onRepair: OnRepair): Promise<void> {
  const newest = newestSlot(config.data)
  if (newest === null) return
  try {
    scrub(config.data, turnOf(newest))
  } catch (error) {
    if (!(error instanceof DamagedPart) || isSaved(config, error.part)) throw error
    onRepair({ path: error.part.path, isLeft: true })
  }
}

/** Does something that reads what is stored. Damage that it meets is repaired, and it is done again. */
export function repairing<T>(loaded: LoadedConfig, act: () => Promise<T>, onRepair: OnRepair): Promise<T> {
  return untilSound(act, async (error) => {
    if (!isDamage(error)) throw error
    const release = acquireLock(loaded.config.data)
    try {
      const doubts = createDoubts()
      await repair(loaded, error, doubts, onRepair)
      await bringUpToDate(loaded, { onRepair }, doubts)
    } finally {
      release()
    }
  })
}

/** What was mended and is damaged in the same way again is not ours to mend. */
async function untilSound<T>(act: () => Promise<T>, mend: (error: unknown) => Promise<void>): Promise<T> {
  const met = new Set<string>()
  for (;;) {
    try {
      return await act()
    } catch (error) {
      const { message } = error as Error
      if (met.has(message)) throw error
      met.add(message)
      await mend(error)
    }
  }
}
