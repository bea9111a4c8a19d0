import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { LoadedConfig } from '../config/load.ts'
import type { UserError } from '../model/errors.ts'
import { type Part, partId } from '../model/part.ts'
import { DAY_SECONDS, dayOf, isoTime, SLOT_SECONDS, startOfDay } from '../model/time.ts'
import { type Doubts, derive, MissingParts, neighbours } from '../store/derive.ts'
import { DamagedDerived } from '../store/derived-file.ts'
import { DamagedFile, decodeJson, hashFile, isThere, removeFiles, writeFileDurably } from '../store/files.ts'
import {
  commitEncoded,
  DamagedPart,
  isStored,
  listStoredParts,
  looseDirectory,
  newestSlot,
  type PartName,
  readAsIs,
  shortId,
} from '../store/part.ts'
import { scrub, turnOf } from '../store/scrub.ts'
import { sealDay, sealOldDays } from '../store/seal.ts'
import {
  DamagedSegment,
  ledgerPath,
  listOrphans,
  removeSegments,
  type Segment,
  segmentPath,
  splitSegment,
} from '../store/segment.ts'
import { isSince, readFloors } from '../store/series-index.ts'
import type { Alarm } from './alarm.ts'
import type { OpenedFile } from './flow-file.ts'
import { acquireLock } from './lock.ts'
import { fadeSlowly } from './prune.ts'
import { reasonOf, recordReason, setAside } from './quarantine.ts'
import { isOfOneFile, listSaved, openSaved } from './saved.ts'
import { tallyTask } from './tallier.ts'

/** What became of damage. */
export type Repair =
  /** Parts: the saved flow files that were counted again, and whether a slot is a gap now, because one has gone. */
  | { readonly path: string; readonly from: readonly string[]; readonly isGap: boolean }
  /** A series, a board or the index: made anew from what it was derived from, unless that has faded. */
  | { readonly path: string; readonly derived: true; readonly isGap?: true }
  /** A part that only looking for rot has met: it stays, for what was made of it is sound. */
  | { readonly path: string; readonly isLeft: true }

type OnRepair = (repair: Repair) => void

/** Who wants to hear how it goes. */
export interface RepairListener {
  onDay?: ((day: string, done: number, all: number) => void) | undefined
  onRepair?: OnRepair | undefined
  onAlarm?: ((alarm: Alarm) => void) | undefined
}

/** What repairs leave to be derived again. */
export interface Doubtful extends Doubts {
  readonly anew: Set<string>
  readonly givenUp: Set<string>
}

export function createDoubts(): Doubtful {
  return { anew: new Set(), givenUp: new Set() }
}

/**
 * Derives, lets fade what is old (by `now`, unix seconds, if that can be right), seals, and looks for rot, whatever that has done: what is damaged is set aside in `quarantine`. Parts that are damaged or have gone are made again from
 * their saved flow files, by today's config; where those have gone, too, a slot becomes a gap, never a wrong number. Derived files are made
 * anew, as are the days in doubt. Nothing is deleted. Returns the days that changed.
 */
export async function deriveAndRepair(
  loaded: LoadedConfig,
  { onDay, onRepair = () => {}, onAlarm = () => {} }: RepairListener,
  doubts: Doubtful = createDoubts(),
  now = Date.now() / 1000,
): Promise<string[]> {
  const { data } = loaded.config
  const days = new Set<string>()
  for (const orphan of listOrphans(data)) adoptOrphan(data, orphan)
  const bringUpToDate = async () => {
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
  return untilSound(bringUpToDate, (error) => repair(loaded, error, doubts, onRepair))
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

function isSaved(config: LoadedConfig['config'], { slot, id }: PartName): boolean {
  const day = dayOf(slot)
  return (listSaved(config).get(day) ?? []).some(({ path, source: { source } }) =>
    idsOf(source, day, hashFile(path)).includes(id),
  )
}

/** Does something that reads what is stored. Damage that it meets is repaired, and it is done again. */
export function repairing<T>(loaded: LoadedConfig, act: () => Promise<T>, onRepair: OnRepair): Promise<T> {
  return untilSound(act, async (error) => {
    if (!isDamage(error)) throw error
    const release = acquireLock(loaded.config.data)
    try {
      const doubts = createDoubts()
      await repair(loaded, error, doubts, onRepair)
      await deriveAndRepair(loaded, { onRepair }, doubts)
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

type Damage = DamagedPart | DamagedSegment | MissingParts | DamagedDerived

function isDamage(error: unknown): error is Damage {
  return [DamagedPart, DamagedSegment, MissingParts, DamagedDerived].some((kind) => error instanceof kind)
}

/** Repairs what an error tells of; throws any other error. Parts made again may count otherwise by today's config: the days they reach into are in doubt. */
export async function repair(
  loaded: LoadedConfig,
  error: unknown,
  doubts: Doubtful,
  onRepair: OnRepair,
): Promise<void> {
  if (!isDamage(error)) throw error
  if (error instanceof DamagedDerived) {
    const { path } = error
    if (isThere(path))
      setAside(loaded.config.data, shortId(hashFile(path)), path, basename(path), reasonOf(basename(path), error))
    return onRepair({ path, derived: true, ...(isLost(loaded.config.data, path) && { isGap: true }) })
  }
  const { day, ...mended } = await repairParts(loaded, error, doubts)
  if (mended.from.length > 0) for (const each of neighbours(day)) doubts.anew.add(each)
  onRepair(mended)
}

/** Has what a file of one day was made from faded? */
function isLost(data: string, path: string): boolean {
  const day = /(?:series\/30m|boards)\/(\d{4}-\d\d-\d\d)\.json\.gz$/.exec(path)?.[1]
  return day !== undefined && !isSince(readFloors(data), '5m', day)
}

interface PartsRepair {
  readonly day: string
  readonly path: string
  readonly from: readonly string[]
  readonly isGap: boolean
}

function repairParts(
  loaded: LoadedConfig,
  error: Exclude<Damage, DamagedDerived>,
  doubts: Doubtful,
): Promise<PartsRepair> {
  if (error instanceof DamagedPart) return repairPart(loaded, error, doubts)
  if (error instanceof DamagedSegment) return repairSegment(loaded, error)
  return replaceParts(loaded, error, doubts)
}

/** At every moment the part's name holds the damaged one or the new one, while there is a flow file to make it from: a kill costs nothing. */
async function repairPart(loaded: LoadedConfig, damaged: DamagedPart, { givenUp }: Doubtful): Promise<PartsRepair> {
  const { data } = loaded.config
  const { part } = damaged
  const { path, name, id, sealed } = part
  const day = dayOf(part.slot)
  const isInPlace = sealed !== undefined || path === join(looseDirectory(data, day), name)
  // Another run was faster.
  if (isInPlace && isStored(data, name)) return { day, path, from: [], isGap: false }
  const reason = reasonOf(name, damaged, { source: part.source, when: isoTime(part.slot) })
  writeFileDurably(join(recordReason(data, id, reason), name), readAsIs(data, part))
  const from = await recount(loaded, day, (ids) => ids.includes(id))
  const isGap = !isStored(data, name)
  if (isGap) givenUp.add(id)
  if (sealed === undefined && (isGap || !isInPlace)) removeFiles(dirname(path), [name])
  else if (isGap) sealDay(data, day, new Set([name]))
  return { day, path, from, isGap }
}

/** The parts that are whole get files of their own again, the segment is set aside, and its other parts are counted again. */
async function repairSegment(loaded: LoadedConfig, damaged: DamagedSegment): Promise<PartsRepair> {
  const { data } = loaded.config
  const { segment } = damaged
  const { day } = segment
  unpack(data, segment)
  setSegmentAside(data, segment, damaged)
  const known = new Set(listStoredParts(data, day).map(({ id }) => id))
  const from = await recount(loaded, day, (ids) => !ids.some((id) => known.has(id)))
  return { day, path: ledgerPath(data, segment), from, isGap: false }
}

/** What no flow file gives is given up: then the next derivation goes without. */
async function replaceParts(
  loaded: LoadedConfig,
  { day, ids }: MissingParts,
  { givenUp }: Doubtful,
): Promise<PartsRepair> {
  const { data } = loaded.config
  const wanted = new Set(ids)
  const from = await recount(loaded, day, (possible) => possible.some((id) => wanted.has(id)))
  const there = new Set(listStoredParts(data, day).map(({ id }) => id))
  const gone = ids.filter((id) => !there.has(id))
  for (const id of gone) givenUp.add(id)
  return { day, path: looseDirectory(data, day), from, isGap: gone.length > 0 }
}

/** A segment without a ledger: written by a run that was killed, or the ledger was lost. */
function adoptOrphan(data: string, orphan: Segment): void {
  if (unpack(data, orphan)) removeSegments(data, [orphan])
  else setSegmentAside(data, orphan, new DamagedFile(`${segmentPath(data, orphan)}: not whole, and without its ledger`))
}

/** Gives the parts of a segment files of their own again, as far as they are whole; `false` when some were not. */
function unpack(data: string, segment: Segment): boolean {
  const path = segmentPath(data, segment)
  if (!isThere(path)) return false
  let isWhole = true
  for (const piece of splitSegment(readFileSync(path))) {
    try {
      commitEncoded(data, { ...(decodeJson(piece, path).value as Part), bytes: piece })
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error
      isWhole = false
    }
  }
  return isWhole
}

function setSegmentAside(data: string, segment: Segment, error: UserError): void {
  for (const path of [ledgerPath(data, segment), segmentPath(data, segment)])
    if (isThere(path))
      setAside(
        data,
        segment.name,
        path,
        basename(path),
        reasonOf(basename(path), error, { when: isoTime(startOfDay(segment.day)) }),
      )
}

/**
 * Counts saved flow files of a day again and stores their parts. `wants`: of the ids that the part may have, one for each slot of the
 * day. Something else that lies there is no reason to stop looking. Returns the files.
 */
async function recount(
  loaded: LoadedConfig,
  day: string,
  wants: (ids: readonly string[]) => boolean,
): Promise<string[]> {
  const { config } = loaded
  const counted: string[] = []
  for (const file of listSaved(config).get(day) ?? []) {
    let opened: OpenedFile | undefined
    try {
      opened = openSaved(file)
      if (!wants(idsOf(opened.source, day, hashFile(file.path)))) continue
      const { part } = await tallyTask(opened, loaded)
      opened.assertUnchanged()
      commitEncoded(config.data, part)
      counted.push(file.path)
    } catch (error) {
      if (!isOfOneFile(error)) throw error
    } finally {
      opened?.close()
    }
  }
  return counted
}

function idsOf(source: string, day: string, content: string): string[] {
  const slots = Array.from({ length: DAY_SECONDS / SLOT_SECONDS }, (_, at) => startOfDay(day) + at * SLOT_SECONDS)
  return slots.map((slot) => shortId(partId(source, slot, content)))
}

/** What one line of a log says of a repair. */
export function describeRepair(repair: Repair): string {
  if ('isLeft' in repair) return `${repair.path}: ${LEFT}`
  return `${repair.path}: damaged or gone; what was left of it is in quarantine; ${mendOf(repair)}`
}

/** What is told of a damaged part that stays. */
export const LEFT =
  'a part in it is damaged and no saved flow file holds what it held; series and boards made of it stay as they are'

function mendOf(repair: Exclude<Repair, { isLeft: true }>): string {
  if ('derived' in repair) return repair.isGap ? 'what it was made from has faded: a gap' : 'made anew'
  const { from, isGap } = repair
  const told = from.length === 0 ? [] : [`counted again: ${from.join(', ')}`]
  return [...told, isGap ? 'no saved flow file holds what it held, so its slot is a gap' : 'nothing is lost'].join('; ')
}
