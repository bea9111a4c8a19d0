import type { LoadedConfig } from '../config/load.ts'
import { UserError } from '../model/errors.ts'
import { partId } from '../model/part.ts'
import { DAY_SECONDS, SLOT_SECONDS, startOfDay } from '../model/time.ts'
import { hasFaded, tellsOf } from '../store/compare.ts'
import { derive, neighbours, refuseNewerStore } from '../store/derive.ts'
import { hashFile, sweepTemporaries } from '../store/files.ts'
import { beginGeneration, makeCurrent, storeRoot, takeOver } from '../store/generation.ts'
import { commitEncoded, listDays, listStoredParts, readPartBytes, shortId } from '../store/part.ts'
import { isSince, readIndex } from '../store/series-index.ts'
import { isMark } from '../store/superseded.ts'
import { acquireLock, waitForLock } from './lock.ts'
import { countAgain, isOfOneFile, listSaved, type SavedFile } from './saved.ts'
import { createTallier, type Tallier } from './tallier.ts'

/** What a rebuild did. */
export interface Rebuilt {
  /** The generation that counts now, and the one that counted before: directories. */
  readonly current: string
  readonly before: string
  readonly days: readonly string[]
  /** Flow files counted again, those of an earlier attempt included. */
  readonly counted: number
  /** Parts that have their old counts, for their flow files have gone or cannot be read. */
  readonly kept: number
  /** A sentence on each flow file that could not be counted. */
  readonly complaints: readonly string[]
}

export interface RebuildOptions {
  /** UTC days, both included. */
  readonly from: string
  readonly to?: string | undefined
  readonly threads?: number
}

type OnStep = (what: string, done: number, all: number) => void

/**
 * Counts the saved flow files of some days again by today's config, into a new generation, and makes it the one that counts when all is
 * whole: at every instant the store is the old or the new one. Days whose five-minute values have faded stay as they are. Ended before its time it goes on where it stopped. The old generation
 * stays. Throws a UserError (75) while a run is at work, and when something stored is damaged.
 */
export async function rebuild(
  loaded: LoadedConfig,
  { from, to, threads = 1 }: RebuildOptions,
  onStep: OnStep = () => {},
): Promise<Rebuilt> {
  const { config, fingerprint } = loaded
  const { data } = config
  const release = acquireLock(data)
  try {
    refuseNewerStore(data)
    sweepTemporaries(data)
    const before = storeRoot(data)
    const saved = listSaved(config)
    const { since } = readIndex(before)
    const told = to === undefined ? `${from} or later` : `${from} to ${to}`
    const days = [...new Set([...saved.keys(), ...listDays(before)])]
      .sort()
      .filter((day) => day >= from && day <= (to ?? day) && isSince(since, '5m', day))
    if (days.length === 0) throw new UserError(`${data}: nothing is stored of ${told}, or it has faded`)
    const root = beginGeneration(data, { from, to: to ?? '', config: fingerprint })
    const touched = [...new Set(days.flatMap(neighbours))].filter((day) => isSince(since, '5m', day))
    takeOver(before, root, (path) => !isOf(path, days) && (!tellsOf(path, touched) || hasFaded(path, since)))
    const files = days.flatMap((day) => (saved.get(day) ?? []).map((file) => ({ ...file, day })))
    const { counted, complaints } = await countFiles(loaded, root, files, threads, onStep)
    const kept = days.reduce((sum, day) => sum + keepOthers(before, root, day), 0)
    derive(root, (_day, done, all) => onStep('adding up days', done, all), { anew: new Set(touched) })
    const releaseSite = await waitForLock(config.site.dir)
    makeCurrent(data, root, days)
    releaseSite()
    return { current: root, before, days, counted, kept, complaints }
  } finally {
    release()
  }
}

/** Do parts of one of these days lie there? What tells that a part supersedes another stays true. */
function isOf(path: string, days: readonly string[]): boolean {
  return days.some((day) => path.startsWith(`parts/${day}/`) || path.startsWith(`sealed/${day}`)) && !isMark(path)
}

type DayFile = SavedFile & { readonly day: string }

async function countFiles(
  loaded: LoadedConfig,
  root: string,
  files: readonly DayFile[],
  threads: number,
  onStep: OnStep,
): Promise<{ counted: number; complaints: string[] }> {
  const tallier = createTallier(loaded, files.length, threads)
  const waiting = files.values()
  const complaints: string[] = []
  let done = 0
  const takeTurns = async (): Promise<void> => {
    for (const file of waiting) {
      const complaint = await countFile(root, file, tallier)
      if (complaint !== null) complaints.push(complaint)
      onStep('counting flow files', ++done, files.length)
    }
  }
  try {
    await Promise.all(Array.from({ length: tallier.atOnce }, takeTurns))
  } finally {
    await tallier.close()
  }
  return { counted: files.length - complaints.length, complaints: complaints.sort() }
}

/** A sentence when the file cannot be counted. */
async function countFile(root: string, file: DayFile, tallier: Tallier): Promise<string | null> {
  try {
    if (!isCounted(root, file)) commitEncoded(root, await countAgain(file, tallier))
    return null
  } catch (error) {
    if (!isOfOneFile(error)) throw error
    return `${file.path}: ${error.message}`
  }
}

/** Was it counted before an earlier attempt was ended? Its id tells, which needs no decoding. */
function isCounted(root: string, { path, day, source: { source } }: DayFile): boolean {
  const done = new Set(neighbours(day).flatMap((each) => listStoredParts(root, each).map(({ id }) => id)))
  if (done.size === 0) return false
  const content = hashFile(path)
  const start = startOfDay(day) - DAY_SECONDS
  const slots = Array.from({ length: (3 * DAY_SECONDS) / SLOT_SECONDS }, (_, at) => start + at * SLOT_SECONDS)
  return slots.some((slot) => done.has(shortId(partId(source, slot, content))))
}

/** Takes over the parts of a day that no flow file gave. Returns how many. */
function keepOthers(before: string, root: string, day: string): number {
  const there = new Set(listStoredParts(root, day).map(({ name }) => name))
  const missing = listStoredParts(before, day).filter(({ name }) => !there.has(name))
  for (const name of missing) commitEncoded(root, { ...name, bytes: readPartBytes(before, name) })
  return missing.length
}
