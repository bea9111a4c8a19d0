import { lstatSync } from 'node:fs'
import { timeInName } from '../aggregate/file-slot.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Alarm } from '../model/alarm.ts'
import { EXIT, UserError } from '../model/errors.ts'
import type { Reason } from '../model/reason.ts'
import { isoTime } from '../model/time.ts'
import { refuseNewerStore } from '../store/derive.ts'
import { DamagedFile, hashOpen, makeDirectory, moveFile, sweepTemporaries } from '../store/files.ts'
import { commitEncoded, shortId } from '../store/part.ts'
import { horizonOf } from '../store/retention.ts'
import { NewerSchema } from '../store/schema.ts'
import { discoverFlowFiles, type WaitingFile } from './discover.ts'
import { Deferred, type OpenedFile, openFlowFile, Refused, Unreadable } from './flow-file.ts'
import { type LeftFiles, readLeftFiles } from './left.ts'
import { acquireLock, isLocked } from './lock.ts'
import { copiedFrom, settleWithNamesakes } from './namesakes.ts'
import { assertPrivate } from './privacy.ts'
import { asideId, reasonOf, recordReason, setAside } from './quarantine.ts'
import type { Repair } from './repair.ts'
import { assertRoom, NoRoom } from './room.ts'
import { savedPath } from './saved.ts'
import { createTallier, NoThreads, type TalliedFile, type Tallier } from './tallier.ts'
import { bringUpToDate } from './up-to-date.ts'

/** What became of one flow file. */
export type Outcome =
  | {
      readonly kind: 'counted'
      readonly slot: number
      readonly flows: number
      readonly warnings: readonly string[]
      /** When the file last changed, unix ms. */
      readonly changedMs: number
    }
  /** `copyOf`: it came before under another name. */
  | { readonly kind: 'known'; readonly slot: number; readonly copyOf: string | null }
  | { readonly kind: 'deferred' | 'refused' | 'quarantined'; readonly reason: string }
  /** Could not be read, or made flowscan fail; in so many runs. */
  | { readonly kind: 'unreadable' | 'failed'; readonly reason: string; readonly attempts: number }

/** Who wants to hear how it goes. */
export interface IngestListener {
  onFile?(file: WaitingFile, outcome: Outcome, done: number, all: number): void
  onDay?(day: string, done: number, all: number): void
  onRepair?(repair: Repair): void
  /** Something that somebody should look at: it stands in `health.json`. */
  onAlarm?(alarm: Alarm): void
}

/** How many files had each outcome, and which UTC days changed. */
export interface IngestResult {
  readonly counts: { readonly [K in Outcome['kind']]: number }
  readonly days: readonly string[]
  /** What a command should end with: 0, unless a file made flowscan fail, or could not be read in more than three runs. */
  readonly exitCode: number
}

/** In so many runs a file may fail. */
const ATTEMPTS = 3

/** What the files of one run have in common. */
interface Run {
  readonly loaded: LoadedConfig
  readonly left: LeftFiles
  readonly tallier: Tallier
  /** Unix seconds: files of earlier slots come too late. */
  readonly horizon: number
}

/**
 * Reads every completed flow file that waits, stores what it adds up to, moves it to `saved` of its source, and brings series and boards up to
 * date. One file after the other, each whole: its part is durable before the file moves, so a kill at any moment costs nothing and counts nothing
 * twice. A damaged file is set aside with its reason, and so is one that makes flowscan itself fail in three runs; the others go on. `threads` count
 * files at once where many wait, and share the work where one is large; none: all is done in this one. Throws a UserError when another run holds the lock (75), when there is
 * too little room or everybody may write where only flowscan should (74), and what the disk refuses.
 */
export async function ingest(loaded: LoadedConfig, listener: IngestListener = {}, threads = 0): Promise<IngestResult> {
  const { data } = loaded.config
  assertPrivate(loaded.config)
  const hasDied = isLocked(data)
  const release = acquireLock(data)
  try {
    refuseNewerStore(data)
    sweepTemporaries(data)
    const waiting = discoverFlowFiles(loaded.config)
    const left = readLeftFiles(data)
    // Where the last run died, or a file made it fail, files are counted apart: whatever they do, the run goes on.
    const isApart = threads > 0 && (hasDied || left.failing() > 0)
    const tallier = createTallier(loaded, waiting.length, threads, isApart)
    const { counts, exitCode } = await ingestFiles(
      waiting,
      { loaded, left, tallier, horizon: horizonOf(data) },
      listener,
    )
    const days = await bringUpToDate(loaded, listener)
    left.save(new Set(waiting.map(({ path }) => path)))
    return { counts, days, exitCode }
  } finally {
    release()
  }
}

/** Files may be read and counted by several threads at once; this one alone writes. */
async function ingestFiles(
  waiting: readonly WaitingFile[],
  run: Run,
  listener: IngestListener,
): Promise<Omit<IngestResult, 'days'>> {
  const counts = { counted: 0, known: 0, deferred: 0, refused: 0, quarantined: 0, unreadable: 0, failed: 0 }
  const files = waiting.values()
  let done = 0
  let exitCode: number = EXIT.ok
  const takeTurns = async (): Promise<void> => {
    for (const file of files) {
      const outcome = await ingestFile(file, run)
      done++
      if (outcome === null) continue
      counts[outcome.kind]++
      if (outcome.kind === 'failed') exitCode = EXIT.bug
      else if (outcome.kind === 'unreadable' && outcome.attempts > ATTEMPTS) exitCode ||= EXIT.io
      listener.onFile?.(file, outcome, done, waiting.length)
    }
  }
  try {
    await Promise.all(Array.from({ length: run.tallier.atOnce }, takeTurns))
  } finally {
    await run.tallier.close()
  }
  return { counts, exitCode }
}

/** `null`: the file was dealt with by an earlier run and stays where it is. */
async function ingestFile(file: WaitingFile, run: Run): Promise<Outcome | null> {
  let opened: OpenedFile | null = null
  try {
    opened = openFlowFile(file, Date.now())
    if (run.left.knows(file.path, opened.stat)) return null
    return await countFile(file, opened, run)
  } catch (error) {
    return outcomeOf(error, file, opened, run)
  } finally {
    opened?.close()
  }
}

/** Counting this file failed as it never should: flowscan's fault, but the file is what shows it. */
class Failed extends Error {
  override readonly name = 'Failed'
}

async function countFile(
  file: WaitingFile,
  opened: OpenedFile,
  { loaded, left, tallier, horizon }: Run,
): Promise<Outcome> {
  const { data } = loaded.config
  const { maxBytes, saved } = file.source
  if (opened.bytes > maxBytes)
    throw new UserError(`${opened.bytes} bytes; flows.maxBytes allows ${maxBytes}: raise it if the file is sound`)
  for (const directory of saved === false ? [data] : [data, saved]) {
    makeDirectory(directory)
    assertRoom(directory, opened.bytes)
  }
  // Looked at also when it could not be counted: half a change looks like damage.
  const tallied = await tally(opened, tallier).finally(() => opened.assertUnchanged())
  const { part, flows, warnings } = tallied
  refuseTooLate(part.slot, horizon)
  settleWithNamesakes(data, file, opened, tallied, left)
  const isNew = commitEncoded(data, part)
  const copyOf = isNew ? null : copiedFrom(file, tallied, opened.bytes, left)
  const target = savedPath(file, part.slot)
  if (target === null) left.add(file.path, opened.stat, shortId(part.id))
  else if (opened.isStillThere()) moveFile(file.path, target, shortId(part.id))
  if (!isNew) return { kind: 'known', slot: part.slot, copyOf }
  return { kind: 'counted', slot: part.slot, flows, warnings, changedMs: Number(opened.stat.mtimeMs) }
}

function refuseTooLate(slot: number, horizon: number): void {
  if (slot < horizon)
    throw new UserError(
      `it comes too late: its slot is ${isoTime(slot)}, and five-minute values before ${isoTime(horizon)} have faded; keep them longer (retention.5m) if files come so late`,
    )
}

async function tally(opened: OpenedFile, tallier: Tallier): Promise<TalliedFile> {
  try {
    return await tallier.tally(opened)
  } catch (error) {
    if ([UserError, Deferred, Unreadable, NoThreads].some((kind) => error instanceof kind)) throw error
    throw new Failed(error instanceof Error ? (error.stack ?? error.message) : String(error), { cause: error })
  }
}

/** What the operator can mend, but nothing that setting a flow file aside would. */
const NOT_OF_THE_FILE = [DamagedFile, NewerSchema, NoRoom]

/** An error of one file is an outcome; an error of the disk under our own data is not. */
function outcomeOf(error: unknown, file: WaitingFile, opened: OpenedFile | null, { loaded, left }: Run): Outcome {
  const { config } = loaded
  const aside = (reason: Error): Outcome => {
    putAside(file, opened, loaded, left, reason)
    return { kind: 'quarantined', reason: reason.message }
  }
  if (error instanceof Deferred) return { kind: 'deferred', reason: error.message }
  if (error instanceof Refused) {
    recordReason(config.data, asideId(file.source.source, file.path), describe(error, file, loaded))
    return { kind: 'refused', reason: error.message }
  }
  if (error instanceof Unreadable || error instanceof Failed) {
    const attempts = left.failed(file.path, lstatSync(file.path, { bigint: true, throwIfNoEntry: false }))
    if (error instanceof Unreadable) return { kind: 'unreadable', reason: error.message, attempts }
    if (attempts >= ATTEMPTS) return aside(new UserError(`flowscan failed ${attempts} times on it: ${error.message}`))
    return { kind: 'failed', reason: error.message, attempts }
  }
  if (error instanceof UserError && !NOT_OF_THE_FILE.some((kind) => error instanceof kind)) return aside(error)
  throw error
}

/** Moves a file that cannot be counted to the quarantine, or remembers it where it must stay; the reason is written in any case. */
function putAside(
  file: WaitingFile,
  opened: OpenedFile | null,
  loaded: LoadedConfig,
  left: LeftFiles,
  error: Error,
): void {
  if (opened === null) return
  const { source, path, name } = file
  const { stat, bytes, descriptor } = opened
  const isTooLarge = bytes > source.maxBytes
  const id = isTooLarge ? asideId(source.source, name, stat.size, stat.mtimeNs) : shortId(hashOpen(descriptor))
  const reason = describe(error, file, loaded)
  if (source.saved === false) {
    recordReason(loaded.config.data, id, reason)
    left.add(path, stat)
  } else if (opened.isStillThere()) {
    setAside(loaded.config.data, id, path, name, reason)
    left.forget(path)
  }
}

function describe(error: Error, { path, name, place, source }: WaitingFile, { config }: LoadedConfig): Reason {
  const ms = timeInName(name, config.site.timeZone) ?? lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
  return reasonOf(place, error, { source: source.source, when: isoTime(ms / 1000) })
}

/** What one line of a log says of a file. */
export function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'counted':
      return `${outcome.flows} flows in slot ${isoTime(outcome.slot)}`
    case 'known':
      return `counted before, in slot ${isoTime(outcome.slot)}${outcome.copyOf === null ? '' : `: a copy of ${outcome.copyOf}`}`
    case 'deferred':
      return `left for the next run: ${outcome.reason}`
    case 'refused':
      return `left alone: ${outcome.reason}`
    case 'quarantined':
      return `set aside: ${outcome.reason}`
    case 'unreadable':
      return `cannot be read, ${times(outcome.attempts)}: ${outcome.reason}`
    case 'failed':
      return `flowscan failed on it, ${times(outcome.attempts)}; please report it: ${outcome.reason}`
  }
}

function times(runs: number): string {
  return runs === 1 ? 'for the first time' : `in ${runs} runs`
}
