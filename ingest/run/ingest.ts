import { join } from 'node:path'
import type { LoadedConfig } from '../config/load.ts'
import { UserError } from '../model/errors.ts'
import { dayOf, isoTime } from '../model/time.ts'
import { refuseNewerStore } from '../store/derive.ts'
import { DamagedFile, hashFile, moveFile, sweepTemporaries } from '../store/files.ts'
import { commitEncoded, shortId } from '../store/part.ts'
import { NewerSchema } from '../store/schema.ts'
import { discoverFlowFiles, type WaitingFile } from './discover.ts'
import { Deferred, type OpenedFile, openFlowFile, Refused, Unreadable } from './flow-file.ts'
import { type LeftFiles, readLeftFiles } from './left.ts'
import { acquireLock } from './lock.ts'
import { setAside } from './quarantine.ts'
import { deriveAndRepair, type Repair } from './repair.ts'
import { createTallier, type Tallier } from './tallier.ts'

/** What became of one flow file. */
export type Outcome =
  | { readonly kind: 'counted'; readonly slot: number; readonly flows: number; readonly warnings: readonly string[] }
  | { readonly kind: 'known'; readonly slot: number }
  | { readonly kind: 'deferred' | 'refused' | 'quarantined' | 'unreadable'; readonly reason: string }

/** Who wants to hear how it goes. */
export interface IngestListener {
  onFile?(name: string, outcome: Outcome, done: number, all: number): void
  onDay?(day: string, done: number, all: number): void
  onRepair?(repair: Repair): void
}

/** How many files had each outcome, and which UTC days changed. */
export interface IngestResult {
  readonly counts: { readonly [K in Outcome['kind']]: number }
  readonly days: readonly string[]
}

/**
 * Reads every completed flow file that waits, stores what it adds up to, moves it to `flows.saved`, and brings series and boards up to date. One
 * file after the other, each whole: its part is durable before the file moves, so a kill at any moment costs nothing and counts nothing twice.
 * A damaged file is set aside with its reason; the others go on. `threads` count files at once where many wait, and share the work
 * where one is large. Throws a UserError when another run holds the lock (75), and what the disk refuses.
 */
export async function ingest(loaded: LoadedConfig, listener: IngestListener = {}, threads = 1): Promise<IngestResult> {
  const { data } = loaded.config
  const release = acquireLock(data)
  try {
    refuseNewerStore(data)
    sweepTemporaries(data)
    const waiting = discoverFlowFiles(loaded.config)
    const left = readLeftFiles(data)
    const counts = await ingestFiles(waiting, loaded, left, listener, threads)
    const days = await deriveAndRepair(loaded, listener.onDay, listener.onRepair)
    left.save(new Set(waiting.map(({ path }) => path)))
    return { counts, days }
  } finally {
    release()
  }
}

/** Files may be read and counted by several threads at once; this one alone writes. */
async function ingestFiles(
  waiting: readonly WaitingFile[],
  loaded: LoadedConfig,
  left: LeftFiles,
  listener: IngestListener,
  threads: number,
): Promise<IngestResult['counts']> {
  const counts = { counted: 0, known: 0, deferred: 0, refused: 0, quarantined: 0, unreadable: 0 }
  const tallier = createTallier(loaded, waiting.length, threads)
  const files = waiting.values()
  let done = 0
  const takeTurns = async (): Promise<void> => {
    for (const file of files) {
      const outcome = await ingestFile(file, loaded, left, tallier)
      done++
      if (outcome === null) continue
      counts[outcome.kind]++
      listener.onFile?.(file.name, outcome, done, waiting.length)
    }
  }
  try {
    await Promise.all(Array.from({ length: tallier.atOnce }, takeTurns))
  } finally {
    await tallier.close()
  }
  return counts
}

/** `null`: the file was dealt with by an earlier run and stays where it is. */
async function ingestFile(
  file: WaitingFile,
  loaded: LoadedConfig,
  left: LeftFiles,
  tallier: Tallier,
): Promise<Outcome | null> {
  let opened: OpenedFile
  try {
    opened = openFlowFile(file, loaded.config.flows, Date.now())
  } catch (error) {
    return outcomeOf(error, file, loaded.config.data, null)
  }
  try {
    if (left.knows(file.path, opened.stat)) return null
    return await countFile(file, opened, loaded, left, tallier)
  } catch (error) {
    const { flows, data } = loaded.config
    const outcome = outcomeOf(error, file, data, flows.saved === false ? null : opened)
    if (flows.saved === false && outcome.kind === 'quarantined') left.add(file.path, opened.stat)
    return outcome
  } finally {
    opened.close()
  }
}

async function countFile(
  { path, name }: WaitingFile,
  opened: OpenedFile,
  { config }: LoadedConfig,
  left: LeftFiles,
  tallier: Tallier,
): Promise<Outcome> {
  // Also when it could not be counted: half a change looks like damage.
  const { part, flows, warnings } = await tallier.tally(opened).finally(() => opened.assertUnchanged())
  const isNew = commitEncoded(config.data, part)
  const { saved } = config.flows
  if (saved === false) left.add(path, opened.stat)
  else moveFile(path, join(saved, dayOf(part.slot), name), shortId(part.id))
  if (!isNew) return { kind: 'known', slot: part.slot }
  return { kind: 'counted', slot: part.slot, flows, warnings }
}

/** An error of one file is an outcome; an error of the disk under our own data is not. */
function outcomeOf(error: unknown, file: WaitingFile, data: string, opened: OpenedFile | null): Outcome {
  if (error instanceof Deferred) return { kind: 'deferred', reason: error.message }
  if (error instanceof Unreadable) return { kind: 'unreadable', reason: error.message }
  if (error instanceof Refused) return { kind: 'refused', reason: error.message }
  if (error instanceof UserError && !(error instanceof DamagedFile) && !(error instanceof NewerSchema)) {
    if (opened !== null) setAside(data, shortId(hashFile(file.path)), file.path, file.name, error)
    return { kind: 'quarantined', reason: error.message }
  }
  throw error
}

/** What one line of a log says of a file. */
export function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'counted':
      return `${outcome.flows} flows in slot ${isoTime(outcome.slot)}`
    case 'known':
      return `counted before, in slot ${isoTime(outcome.slot)}`
    case 'deferred':
      return `left for the next run: ${outcome.reason}`
    case 'refused':
      return `left alone: ${outcome.reason}`
    case 'quarantined':
      return `set aside: ${outcome.reason}`
    case 'unreadable':
      return `cannot be read: ${outcome.reason}`
  }
}
