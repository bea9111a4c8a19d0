import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { UserError } from '../model/errors.ts'
import type { Part } from '../model/part.ts'
import { isoTime, startOfDay } from '../model/time.ts'
import { DamagedFile, decodeJson, isThere } from '../store/files.ts'
import { commitEncoded } from '../store/part.ts'
import { ledgerPath, removeSegments, type Segment, segmentPath, splitSegment } from '../store/segment.ts'
import { reasonOf, setAside } from './quarantine.ts'

/** A segment without a ledger: written by a run that was killed, or the ledger was lost. */
export function adoptOrphan(data: string, orphan: Segment): void {
  if (unpack(data, orphan)) removeSegments(data, [orphan])
  else setSegmentAside(data, orphan, new DamagedFile(`${segmentPath(data, orphan)}: not whole, and without its ledger`))
}

/** Gives the parts of a segment files of their own again, as far as they are whole; `false` when some were not. */
export function unpack(data: string, segment: Segment): boolean {
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

export function setSegmentAside(data: string, segment: Segment, error: UserError): void {
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
