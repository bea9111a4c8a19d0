import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { UserError } from '../model/errors.ts'
import type { Part } from '../model/part.ts'
import { isoTime, startOfDay } from '../model/time.ts'
import { DamagedFile, decodeJson, isThere } from '../store/files.ts'
import { commitEncoded } from '../store/part.ts'
import {
  ledgerPath,
  readLedger,
  readSealed,
  removeSegments,
  type Segment,
  segmentPath,
  splitSegment,
} from '../store/segment.ts'
import { reasonOf, setAside } from './quarantine.ts'

/** A segment without a ledger: written by a run that was killed, or the ledger was lost. */
export function adoptOrphan(data: string, orphan: Segment): void {
  const path = segmentPath(data, orphan)
  if (unpack(data, orphan)) removeSegments(data, [orphan])
  else setFileAside(data, orphan, path, new DamagedFile(`${path}: not whole, and without its ledger`))
}

/** Gives the parts of a segment files of their own again, as far as they are whole; `false` when some were not. */
function unpack(data: string, segment: Segment): boolean {
  const path = segmentPath(data, segment)
  return isThere(path) && commitWhole(data, path, splitSegment(readFileSync(path)))
}

function commitWhole(data: string, path: string, pieces: Iterable<Uint8Array>): boolean {
  let isWhole = true
  for (const piece of pieces) {
    try {
      commitEncoded(data, { ...(decodeJson(piece, path).value as Part), bytes: piece })
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error
      isWhole = false
    }
  }
  return isWhole
}

/**
 * What is whole in a segment gets files of its own again, by its ledger as far as that can be read, else by what looks like parts; the rest, of which
 * there may be more than was met, is missed from then on. The ledger goes first: while it counts, what it names is stored already.
 */
export function dissolve(data: string, segment: Segment, error: UserError): void {
  const pieces = piecesByLedger(data, segment)
  setFileAside(data, segment, ledgerPath(data, segment), error)
  commitWhole(data, segmentPath(data, segment), pieces)
  unpack(data, segment)
  setFileAside(data, segment, segmentPath(data, segment), error)
}

function piecesByLedger(data: string, segment: Segment): Uint8Array[] {
  try {
    return readLedger(data, segment).map((part) => readSealed(data, segment, part))
  } catch (error) {
    if (error instanceof DamagedFile) return []
    throw error
  }
}

function setFileAside(data: string, { name, day }: Segment, path: string, error: UserError): void {
  if (!isThere(path)) return
  setAside(data, name, path, basename(path), reasonOf(basename(path), error, { when: isoTime(startOfDay(day)) }))
}
