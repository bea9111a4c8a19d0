import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import {
  DamagedFile,
  hashFile,
  listDirectory,
  readJson,
  readPiece,
  removeFiles,
  writeJson,
  writePiecesDurably,
} from './files.ts'
import { storeRoot } from './generation.ts'
import { assertSchema } from './schema.ts'

/*
 * A segment holds the parts of a day one behind the other, just as they lay in files of their own (gzip joins so: `zcat` shows all). Its
 * ledger tells where each lies; written last, it is what makes the segment count. Both are immutable: a day that gets a late part
 * gets another segment, and for a moment has two that name the same parts, which changes nothing.
 */
const SCHEMA = 1
const NAME = /^(\d{4}-\d\d-\d\d)-([0-9a-f]{32})-[0-9a-f]{32}$/
const LEDGER = '.json.gz'
const PIECES = '.parts.gz'

/** A segment as its name tells of it. */
export interface Segment {
  /** Without the ending of its two files. */
  readonly name: string
  readonly day: string
  /** Which parts it holds (`hashOf`). */
  readonly listing: string
}

/** Where in a segment a part lies. */
export interface SealedPart {
  /** The name that its file had. */
  readonly name: string
  readonly at: number
  readonly bytes: number
}

/** A segment that cannot be used as it is: its ledger, or the file that the ledger speaks of, is damaged or has gone. */
export class DamagedSegment extends DamagedFile {
  readonly segment: Segment

  constructor(segment: Segment, message: string, options?: ErrorOptions) {
    super(message, options)
    this.segment = segment
  }
}

export function sealedDirectory(data: string): string {
  return join(storeRoot(data), 'sealed')
}

export function ledgerPath(data: string, { name }: Pick<Segment, 'name'>): string {
  return join(sealedDirectory(data), `${name}${LEDGER}`)
}

export function segmentPath(data: string, { name }: Pick<Segment, 'name'>): string {
  return join(sealedDirectory(data), `${name}${PIECES}`)
}

/** Which parts a day has, told by the hash of their names. */
export function hashOf(parts: readonly { readonly name: string }[]): string {
  return createHash('sha256')
    .update(parts.map(({ name }) => name).join('\n'))
    .digest('hex')
    .slice(0, 32)
}

/** What lies in `sealed`, by the ending of names. A run asks for it time and again, and there are two names for each day that is kept. */
interface Listing {
  readonly directory: string
  readonly mtimeNs: bigint
  readonly byDay: ReadonlyMap<string, readonly Segment[]>
  readonly orphans: readonly Segment[]
}

let listing: Listing | null = null

/** To be called when names in `sealed` have changed: the time of the directory tells of others' changes, but not of two within a tick of its clock. */
export function forgetListing(): void {
  listing = null
}

function list(data: string): Pick<Listing, 'byDay' | 'orphans'> {
  const directory = sealedDirectory(data)
  const mtimeNs = statSync(directory, { bigint: true, throwIfNoEntry: false })?.mtimeNs
  if (mtimeNs === undefined) return { byDay: new Map(), orphans: [] }
  if (listing?.directory !== directory || listing.mtimeNs !== mtimeNs) {
    const names = listDirectory(directory)
    const sealed = segmentsIn(names, LEDGER)
    const whole = new Set(sealed.map(({ name }) => name))
    const orphans = segmentsIn(names, PIECES).filter(({ name }) => !whole.has(name))
    listing = { directory, mtimeNs, byDay: groupByDay(sealed), orphans }
  }
  return listing
}

/** Every segment that has a ledger, by day. */
export function listSegments(data: string): ReadonlyMap<string, readonly Segment[]> {
  return list(data).byDay
}

/** Segments without a ledger: a run was killed before it wrote one, or it was lost. */
export function listOrphans(data: string): readonly Segment[] {
  return list(data).orphans
}

function groupByDay(segments: readonly Segment[]): Map<string, Segment[]> {
  const byDay = new Map<string, Segment[]>()
  for (const segment of segments) byDay.set(segment.day, [...(byDay.get(segment.day) ?? []), segment])
  return byDay
}

function segmentsIn(names: readonly string[], ending: string): Segment[] {
  return names.flatMap((file) => {
    const match = file.endsWith(ending) ? NAME.exec(file.slice(0, -ending.length)) : null
    return match === null ? [] : [{ name: match[0], day: match[1]!, listing: match[2]! }]
  })
}

/** The parts of a segment, by name. Throws DamagedSegment. */
export function readLedger(data: string, segment: Segment): SealedPart[] {
  try {
    const stored = readJson(ledgerPath(data, segment)) as { value: { parts: SealedPart[] } } | null
    if (stored === null) throw new DamagedFile(`${ledgerPath(data, segment)}: has gone`)
    assertSchema(ledgerPath(data, segment), stored.value, SCHEMA)
    const { parts } = stored.value
    if (hashOf(parts) !== segment.listing)
      throw new DamagedFile(`${ledgerPath(data, segment)}: is the ledger of another segment`)
    return parts
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error
    throw new DamagedSegment(segment, error.message, { cause: error })
  }
}

/** The bytes of a part; they tell themselves whether they are whole. */
export function readSealed(data: string, segment: Segment, { at, bytes }: SealedPart): Uint8Array {
  try {
    return readPiece(segmentPath(data, segment), at, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new DamagedSegment(segment, `${segmentPath(data, segment)}: has gone`, { cause: error })
  }
}

/**
 * Writes a segment and reads it back, then its ledger. `pieces` are asked for twice, so that only one part is in memory at a time;
 * `listing`: the hash of their names.
 */
export function writeSegment(
  data: string,
  day: string,
  listing: string,
  pieces: () => Iterable<{ readonly name: string; readonly bytes: Uint8Array }>,
): Segment {
  const hash = createHash('sha256')
  const parts: SealedPart[] = []
  let at = 0
  for (const { name, bytes } of pieces()) {
    hash.update(bytes)
    parts.push({ name, at, bytes: bytes.length })
    at += bytes.length
  }
  const content = hash.digest('hex')
  const segment = { name: `${day}-${listing}-${content.slice(0, 32)}`, day, listing }
  const path = segmentPath(data, segment)
  writePiecesDurably(
    path,
    (function* () {
      for (const { bytes } of pieces()) yield bytes
    })(),
  )
  forgetListing()
  if (hashFile(path) !== content)
    throw new DamagedFile(`${path}: reads back other than it was written; is the disk failing?`)
  writeJson(ledgerPath(data, segment), { schema: SCHEMA, parts })
  forgetListing()
  return segment
}

/** Removes segments whose parts lie elsewhere; ledgers first, for one without its segment is a damage. */
export function removeSegments(data: string, segments: readonly Segment[]): void {
  for (const ending of [LEDGER, PIECES])
    removeFiles(
      sealedDirectory(data),
      segments.map(({ name }) => `${name}${ending}`),
    )
  forgetListing()
}

/** How gzip begins a file without name and time: the odds that this turns up within a part are one in 2^64 a byte. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])

/** What may be parts in a segment whose ledger is of no use: the stretches between what looks like the beginnings of gzip files. */
export function* splitSegment(bytes: Buffer): Generator<Uint8Array> {
  for (let from = bytes.indexOf(HEADER); from >= 0; ) {
    const next = bytes.indexOf(HEADER, from + 1)
    yield bytes.subarray(from, next < 0 ? bytes.length : next)
    from = next
  }
}
