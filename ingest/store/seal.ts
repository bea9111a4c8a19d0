import { DAY_SECONDS, SLOT_SECONDS, startOfDay } from '../model/time.ts'
import { removeFiles } from './files.ts'
import { listDayDirectories, listLoose, listStoredParts, looseDirectory, newestSlot, readPartBytes } from './part.ts'
import { hashOf, listSegments, removeSegments, writeSegment } from './segment.ts'

/** A long flow reaches 24 hours back, and a late file is no rarity within another day. */
const OPEN_SECONDS = 2 * DAY_SECONDS

/**
 * Puts the parts of every day that was over 48 hours before the newest slot into one segment each, two files instead of hundreds.
 * Nothing that is derived changes, for a day's parts stay the same. Returns the days. Throws DamagedPart and DamagedSegment.
 */
export function sealOldDays(data: string): string[] {
  const newest = newestSlot(data)
  if (newest === null) return []
  const isOld = (day: string) => startOfDay(day) + DAY_SECONDS + OPEN_SECONDS <= newest + SLOT_SECONDS
  const directories = listDayDirectories(data).filter(isOld)
  const loose = directories.filter((day) => listLoose(data, day).length > 0)
  const twice = [...listSegments(data)].flatMap(([day, { length }]) => (length > 1 ? [day] : []))
  const days = [...new Set([...loose, ...twice])].sort()
  for (const day of days) sealDay(data, day)
  // A kill may come between the last part and the directory it was in.
  for (const day of directories) removeFiles(looseDirectory(data, day), [], true)
  return days
}

/** Seals a day as it is now; what it was in before is removed once all is in place and read back. */
function sealDay(data: string, day: string): void {
  const before = listSegments(data).get(day) ?? []
  const loose = listLoose(data, day)
  const parts = listStoredParts(data, day)
  const kept = writeSegment(data, day, hashOf(parts), function* () {
    for (const part of parts) yield { name: part.name, bytes: readPartBytes(data, part) }
  })
  removeSegments(
    data,
    before.filter(({ name }) => name !== kept.name),
  )
  removeFiles(
    looseDirectory(data, day),
    loose.map(({ name }) => name),
    true,
  )
}
