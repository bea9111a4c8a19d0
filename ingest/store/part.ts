import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Part } from '../model/part.ts'
import { dayOf, isoTime } from '../model/time.ts'
import { revivePart } from './counters.ts'
import {
  checkJson,
  DamagedFile,
  decodeJson,
  encodeJson,
  isThere,
  listDirectory,
  removeFiles,
  writeVerified,
} from './files.ts'
import { storeRoot } from './generation.ts'
import { assertSchema } from './schema.ts'
import {
  DamagedSegment,
  hashOf,
  listSegments,
  readLedger,
  readSealed,
  type SealedPart,
  type Segment,
  segmentPath,
} from './segment.ts'
import { isMark, withoutSuperseded } from './superseded.ts'

const SCHEMA = 1
/** Digits of the id that a name shows: enough that no two parts ever share them. */
const ID_LENGTH = 32
const NAME = /^(\d{8}T\d{4})Z-([a-z0-9-]+)-([0-9a-f]{32})\.json\.gz$/

/** A part as its name tells of it. */
export interface PartName {
  readonly name: string
  /** Unix seconds. */
  readonly slot: number
  readonly source: string
  /** The shortened id. */
  readonly id: string
  /** The file that it lies in. */
  readonly path: string
  /** Where in a segment it lies when it has no file of its own. */
  readonly sealed?: SealedPart & { readonly segment: Segment }
}

/** `parts/2026-11-23/20261123T1635Z-flows-0123….json.gz` below the data directory. */
export function partPath(data: string, { slot, source, id }: { slot: number; source: string; id: string }): string {
  const stamp = isoTime(slot).replace(/[-:]/g, '').slice(0, 13)
  return join(looseDirectory(data, dayOf(slot)), `${stamp}Z-${source}-${shortId(id)}.json.gz`)
}

/** Where the parts of a day lie until they are sealed. */
export function looseDirectory(data: string, day: string): string {
  return join(storeRoot(data), 'parts', day)
}

export function shortId(id: string): string {
  return id.slice(0, ID_LENGTH)
}

/** A part as it will lie on the disk, and what names it: cheap to hand from thread to thread. */
export interface EncodedPart extends Pick<Part, 'slot' | 'source' | 'id'> {
  readonly bytes: Uint8Array
}

export function encodePart(part: Part): EncodedPart {
  const { slot, source, id } = part
  return { slot, source, id, bytes: encodeJson(part).bytes }
}

/** Stores a part, verified. One that is there already and whole stays as it is: `false`. */
export function commitPart(data: string, part: Part): boolean {
  return commitEncoded(data, encodePart(part))
}

/** `commitPart` for one that another thread has encoded. */
export function commitEncoded(data: string, part: EncodedPart): boolean {
  const path = partPath(data, part)
  if (isStored(data, basename(path))) return false
  writeVerified(path, part.bytes)
  return true
}

/** Is a part of this name where it belongs, in a file of its own or sealed, and can it be read? */
export function isStored(data: string, name: string): boolean {
  const part = partNamed(name)
  if (part === null) return false
  const day = dayOf(part.slot)
  const path = join(looseDirectory(data, day), name)
  try {
    const found = isThere(path) ? { ...part, path } : listSealed(data, day).find((each) => each.name === name)
    return found !== undefined && readPart(data, found).slot === part.slot
  } catch (error) {
    if (error instanceof DamagedFile) return false
    throw error
  }
}

/** A part that is not whole: its flow file, if it was saved, holds all that it held. */
export class DamagedPart extends DamagedFile {
  readonly part: PartName

  constructor(part: PartName, cause: DamagedFile) {
    super(cause.message, { cause })
    this.part = part
  }
}

/**
 * Reads a part, verified, also that it is the one its name tells of and lies where it belongs. Throws DamagedPart; DamagedSegment;
 * NewerSchema when a newer flowscan wrote it, for that is no damage.
 */
export function readPart(data: string, part: PartName): Part {
  return checked(data, part, (bytes, place) => {
    const stored = decodeJson(bytes, place).value as Part
    assertSchema(place, stored, SCHEMA)
    const path = partPath(data, stored)
    if (basename(path) !== part.name) throw new DamagedFile(`${place}: it holds the part ${basename(path)}`)
    if (part.sealed === undefined && path !== part.path)
      throw new DamagedFile(`${place}: it belongs to the day ${dayOf(part.slot)}`)
    revivePart(stored)
    return stored
  })
}

/** The bytes of a part as stored, verified. Throws DamagedPart and DamagedSegment. */
export function readPartBytes(data: string, part: PartName): Uint8Array {
  return checked(data, part, (bytes, place) => {
    checkJson(bytes, place)
    return bytes
  })
}

function checked<Result>(data: string, part: PartName, check: (bytes: Uint8Array, place: string) => Result): Result {
  try {
    return check(readAsIs(data, part), part.sealed === undefined ? part.path : `${part.path}: ${part.name}`)
  } catch (error) {
    throw error instanceof DamagedFile && !(error instanceof DamagedSegment) ? new DamagedPart(part, error) : error
  }
}

/** The bytes of a part, whole or not. */
export function readAsIs(data: string, part: PartName): Uint8Array {
  if (part.sealed !== undefined) return readSealed(data, part.sealed.segment, part.sealed)
  try {
    return readFileSync(part.path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const moved = listSealed(data, dayOf(part.slot)).find(({ name }) => name === part.name)
    if (moved === undefined) throw new DamagedFile(`${part.path}: no such part`)
    return readAsIs(data, moved)
  }
}

/** Days that have parts, ascending. */
export function listDays(data: string): string[] {
  return [...new Set([...listLooseDays(data), ...listSegments(data).keys()])].sort()
}

function listLooseDays(data: string): string[] {
  return listDayDirectories(data).filter((day) => listLoose(data, day).length > 0)
}

/** Days that have a directory of parts, ascending; it may be empty, or hold nothing but marks. */
export function listDayDirectories(data: string): string[] {
  return listDirectory(join(storeRoot(data), 'parts')).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name))
}

/** The parts of a day that count, by their names, by slot: those that no other supersedes. Throws DamagedSegment. */
export function listParts(data: string, day: string): PartName[] {
  return thatCount(data, day, listStoredParts(data, day))
}

/** Of the stored parts of a day, those that no other supersedes. */
export function thatCount(data: string, day: string, stored: readonly PartName[]): PartName[] {
  return withoutSuperseded(stored, listDirectory(looseDirectory(data, day)))
}

/** `listParts` with those that are superseded. Names that are no parts are not flowscan's and left alone. */
export function listStoredParts(data: string, day: string): PartName[] {
  const parts = new Map([...listSealed(data, day), ...listLoose(data, day)].map((part) => [part.name, part]))
  return [...parts.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Those of a day that lie in files of their own. */
export function listLoose(data: string, day: string): PartName[] {
  const directory = looseDirectory(data, day)
  return listDirectory(directory).flatMap((name) => {
    const part = partNamed(name)
    return part === null ? [] : [{ ...part, path: join(directory, name) }]
  })
}

/** Removes all that lies in the directory of a day and is flowscan's: parts, and marks of those superseded. */
export function removeLoose(data: string, day: string): void {
  const directory = looseDirectory(data, day)
  removeFiles(
    directory,
    listDirectory(directory).filter((name) => NAME.test(name) || isMark(name)),
    true,
  )
}

function listSealed(data: string, day: string): PartName[] {
  return (listSegments(data).get(day) ?? []).flatMap((segment) =>
    readLedger(data, segment).flatMap(({ name, at, bytes }) => {
      const part = partNamed(name)
      return part === null ? [] : [{ ...part, path: segmentPath(data, segment), sealed: { segment, name, at, bytes } }]
    }),
  )
}

/** By day, which parts it has (`hashOf`). Of a sealed day its segment's name tells, and nothing is read. */
export function hashDays(data: string): Map<string, string> {
  const segments = listSegments(data)
  const loose = new Set(listDayDirectories(data))
  return new Map(
    listDays(data).map((day) => {
      const [only, ...more] = segments.get(day) ?? []
      const isSealed = only !== undefined && more.length === 0 && !loose.has(day)
      return [day, isSealed ? only.listing : hashOf(listParts(data, day))]
    }),
  )
}

function partNamed(name: string): Omit<PartName, 'path'> | null {
  const match = NAME.exec(name)
  if (match === null) return null
  const [, stamp, source, id] = match as unknown as [string, string, string, string]
  return { name, slot: slotInStamp(stamp), source, id }
}

function slotInStamp(stamp: string): number {
  const text = stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:00Z')
  return Date.parse(text) / 1000
}

/** Every part of one slot, verified; several collectors or a restarted one give several. Throws DamagedPart and DamagedSegment. */
export function readSlotParts(data: string, slot: number): Part[] {
  return listParts(data, dayOf(slot))
    .filter((part) => part.slot === slot)
    .map((part) => readPart(data, part))
}

/** The newest slot that has a part, in unix seconds; `null` when nothing was ingested. */
export function newestSlot(data: string): number | null {
  return newest(data)?.slot ?? null
}

/** The newest part, verified; `null` when nothing was ingested. Throws DamagedPart. */
export function readNewestPart(data: string): Part | null {
  const found = newest(data)
  return found === null ? null : readPart(data, found)
}

function newest(data: string): PartName | null {
  // Days are sealed by the newest slot, which therefore lies in a file of its own, unless that was damaged.
  const loose = listLooseDays(data).reverse()
  for (const day of loose.length > 0 ? loose : listDays(data).reverse()) {
    const part = listParts(data, day).at(-1)
    if (part !== undefined) return part
  }
  return null
}
