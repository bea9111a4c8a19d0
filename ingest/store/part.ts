import { basename, join } from 'node:path'
import type { Part } from '../model/part.ts'
import { dayOf, isoTime } from '../model/time.ts'
import { revivePart } from './counters.ts'
import { DamagedFile, encodeJson, listDirectory, readJson, writeVerified } from './files.ts'
import { assertSchema } from './schema.ts'

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
}

/** `parts/2026-11-23/20261123T1635Z-flows-0123….json.gz` below the data directory. */
export function partPath(data: string, { slot, source, id }: { slot: number; source: string; id: string }): string {
  const stamp = isoTime(slot).replace(/[-:]/g, '').slice(0, 13)
  return join(data, 'parts', dayOf(slot), `${stamp}Z-${source}-${shortId(id)}.json.gz`)
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
  if (isWhole(path)) return false
  writeVerified(path, part.bytes)
  return true
}

/** Is this a part that can be read? */
export function isWhole(path: string): boolean {
  try {
    readPart(path)
    return true
  } catch (error) {
    if (error instanceof DamagedFile) return false
    throw error
  }
}

/** A part that is not whole: its flow file, if it was saved, holds all that it held. */
export class DamagedPart extends DamagedFile {
  readonly path: string
  readonly part: PartName

  constructor(path: string, part: PartName, cause: DamagedFile) {
    super(cause.message, { cause })
    this.path = path
    this.part = part
  }
}

/** Reads a part of a day, verified. Throws DamagedPart, and what `readPart` throws. */
export function readPartOf(data: string, day: string, part: PartName): Part {
  const path = join(data, 'parts', day, part.name)
  try {
    if (dayOf(part.slot) !== day) throw new DamagedFile(`${path}: it belongs to the day ${dayOf(part.slot)}`)
    return readPart(path)
  } catch (error) {
    throw error instanceof DamagedFile ? new DamagedPart(path, part, error) : error
  }
}

/**
 * Reads a part, verified, also that it is the one its name tells of. Throws DamagedFile; NewerSchema when a newer flowscan
 * wrote it, for that is no damage.
 */
export function readPart(path: string): Part {
  const stored = readJson(path)
  if (stored === null) throw new DamagedFile(`${path}: no such part`)
  const part = stored.value as Part
  assertSchema(path, part, SCHEMA)
  if (basename(partPath('', part)) !== basename(path))
    throw new DamagedFile(`${path}: it holds the part ${basename(partPath('', part))}`)
  revivePart(part)
  return part
}

/** Days that have parts, ascending. */
export function listDays(data: string): string[] {
  return listDirectory(join(data, 'parts')).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name))
}

/** The parts of a day by their names, by slot; names that are no parts are not flowscan's and left alone. */
export function listParts(data: string, day: string): PartName[] {
  return listDirectory(join(data, 'parts', day)).flatMap((name) => {
    const match = NAME.exec(name)
    if (match === null) return []
    const [, stamp, source, id] = match as unknown as [string, string, string, string]
    return [{ name, slot: slotInStamp(stamp), source, id }]
  })
}

function slotInStamp(stamp: string): number {
  const text = stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:00Z')
  return Date.parse(text) / 1000
}

/** Every part of one slot, verified; several collectors or a restarted one give several. Throws DamagedPart. */
export function readSlotParts(data: string, slot: number): Part[] {
  const day = dayOf(slot)
  return listParts(data, day)
    .filter((name) => name.slot === slot)
    .map((name) => readPartOf(data, day, name))
}

/** The newest slot that has a part, in unix seconds; `null` when nothing was ingested. */
export function newestSlot(data: string): number | null {
  return newest(data)?.part.slot ?? null
}

/** The newest part, verified; `null` when nothing was ingested. Throws DamagedPart. */
export function readNewestPart(data: string): Part | null {
  const found = newest(data)
  return found === null ? null : readPartOf(data, found.day, found.part)
}

function newest(data: string): { day: string; part: PartName } | null {
  for (const day of listDays(data).reverse()) {
    const part = listParts(data, day).at(-1)
    if (part !== undefined) return { day, part }
  }
  return null
}
