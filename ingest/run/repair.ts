import { basename, dirname, join } from 'node:path'
import type { LoadedConfig } from '../config/load.ts'
import { dayOf, isoTime } from '../model/time.ts'
import { type Doubts, MissingParts, neighbours } from '../store/derive.ts'
import { DamagedDerived } from '../store/derived-file.ts'
import { DamagedFile, hashFile, isThere, removeFiles, writeFileDurably } from '../store/files.ts'
import {
  DamagedPart,
  isStored,
  listParts,
  listStoredParts,
  looseDirectory,
  type PartName,
  readAsIs,
  shortId,
} from '../store/part.ts'
import { DamagedSegment, ledgerPath } from '../store/segment.ts'
import { isSince, readFloors } from '../store/series-index.ts'
import { reasonOf, recordReason, setAside } from './quarantine.ts'
import { recount } from './recount.ts'
import { dissolve } from './unpack.ts'

/** What became of damage. */
export type Repair =
  /** Parts: the saved flow files that were counted again, and whether a slot is a gap now, because one has gone. */
  | { readonly path: string; readonly from: readonly string[]; readonly isGap: boolean }
  /** A series, a board or the index: made anew from what it was derived from, unless that has faded. */
  | { readonly path: string; readonly derived: true; readonly isGap?: true }
  /** A part that only looking for rot has met: it stays, for what was made of it is sound. */
  | { readonly path: string; readonly isLeft: true }

export type OnRepair = (repair: Repair) => void

/** What repairs leave to be derived again. */
export interface Doubtful extends Doubts {
  readonly anew: Set<string>
  readonly givenUp: Set<string>
}

export function createDoubts(): Doubtful {
  return { anew: new Set(), givenUp: new Set() }
}

type Damage = DamagedPart | DamagedSegment | MissingParts | DamagedDerived

export function isDamage(error: unknown): error is Damage {
  return [DamagedPart, DamagedSegment, MissingParts, DamagedDerived].some((kind) => error instanceof kind)
}

/**
 * Repairs what an error tells of; throws any other error. What is damaged is set aside in `quarantine`. Parts that are damaged or have gone are made
 * again from their saved flow files, by today's config, which may count otherwise: the days they reach into are in doubt. Where those have
 * gone, too, a slot becomes a gap, never a wrong number. Derived files are left to be made anew. Nothing is deleted.
 */
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
  const isLost = !isStored(data, name)
  // What is superseded is in a longer part, too.
  const isGap = isLost && (!isInPlace || counts(data, part))
  if (isGap) givenUp.add(id)
  if (sealed === undefined && (isLost || !isInPlace)) removeFiles(dirname(path), [name])
  else if (sealed !== undefined && isLost) dissolve(data, sealed.segment, damaged)
  return { day, path, from, isGap }
}

function counts(data: string, { slot, name }: PartName): boolean {
  try {
    return listParts(data, dayOf(slot)).some((each) => each.name === name)
  } catch (error) {
    if (error instanceof DamagedFile) return true
    throw error
  }
}

/** The parts that are whole get files of their own again, the segment is set aside, and its other parts are counted again. */
async function repairSegment(loaded: LoadedConfig, damaged: DamagedSegment): Promise<PartsRepair> {
  const { data } = loaded.config
  const { segment } = damaged
  const { day } = segment
  dissolve(data, segment, damaged)
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
