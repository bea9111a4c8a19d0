import { statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../model/errors.ts'
import { partId } from '../model/part.ts'
import { dayOf, isoTime } from '../model/time.ts'
import { hashFile, hashOpen, isThere, listDirectory } from '../store/files.ts'
import { listParts, partPath, readPart, shortId } from '../store/part.ts'
import { markSuperseded } from '../store/superseded.ts'
import type { WaitingFile } from './discover.ts'
import type { OpenedFile } from './flow-file.ts'
import type { LeftFiles } from './left.ts'
import { savedFiles, savedPath, unmarkedName } from './saved.ts'
import type { TalliedFile } from './tallier.ts'

/**
 * A flow file that was counted before, of the same source and slot and under the same name. `path`: where its content still lies.
 */
interface Namesake {
  readonly id: string
  readonly bytes: number
  readonly path?: string
}

/**
 * Tells how a flow file stands to those of the same name that were counted before, and marks the part that is superseded: where one
 * begins with the other, the longer counts, whichever came first. To be called before the file's part is stored. Throws a UserError when both claim
 * to be the same capture and are not.
 */
export function settleWithNamesakes(
  data: string,
  file: WaitingFile,
  opened: OpenedFile,
  tallied: TalliedFile,
  left: LeftFiles,
): void {
  const { part } = tallied
  const id = shortId(part.id)
  const marks: (readonly [shorter: string, longer: string])[] = []
  for (const earlier of namesakesOf(data, file, tallied, left)) {
    if (earlier.id === id) continue
    if (beginsWith(opened, earlier, tallied)) marks.push([earlier.id, id])
    else if (isBeginningOf(opened, earlier, tallied)) marks.push([id, earlier.id])
    else refuseSameCapture(data, earlier, tallied)
  }
  for (const [shorter, longer] of marks) markSuperseded(partPath(data, { ...part, id: shorter }), longer)
}

function namesakesOf(data: string, file: WaitingFile, { part }: TalliedFile, left: LeftFiles): Namesake[] {
  const { slot, source } = part
  const saved = savedPath(file, slot)
  if (saved !== null)
    return namedAs(saved).map((path) => ({
      id: shortId(partId(source, slot, hashFile(path))),
      bytes: statSync(path).size,
      path,
    }))
  const before = left.partOf(file.path)
  const stored = before === undefined ? undefined : findPart(data, slot, before)
  return stored === undefined ? [] : [{ id: before!, bytes: readPart(data, stored).file.bytes }]
}

/** Files of this path and, where it was taken, of the same path with a mark behind it. */
function namedAs(path: string): string[] {
  if (!isThere(path)) return []
  const name = basename(path)
  return listDirectory(dirname(path))
    .filter((other) => other === name || unmarkedName(other) === name)
    .map((other) => join(dirname(path), other))
}

function findPart(data: string, slot: number, id: string) {
  return listParts(data, dayOf(slot)).find((part) => part.id === id && part.slot === slot)
}

function beginsWith({ bytes, descriptor }: OpenedFile, earlier: Namesake, { part }: TalliedFile): boolean {
  if (bytes <= earlier.bytes) return false
  return shortId(partId(part.source, part.slot, hashOpen(descriptor, earlier.bytes))) === earlier.id
}

function isBeginningOf({ bytes }: OpenedFile, earlier: Namesake, { part }: TalliedFile): boolean {
  if (earlier.path === undefined || bytes >= earlier.bytes) return false
  return partId(part.source, part.slot, hashFile(earlier.path, bytes)) === part.id
}

/** Two captures of one slot (a collector that was started again, a clock that was set back) begin at different moments, and both count. */
function refuseSameCapture(data: string, earlier: Namesake, { part, startMs, records }: TalliedFile): void {
  const stored = findPart(data, part.slot, earlier.id)
  const isCounted = findPart(data, part.slot, shortId(part.id)) !== undefined
  if (stored === undefined || isCounted || records === 0) return
  const other = readPart(data, stored)
  if (other.file.startMs !== startMs || other.total.records === 0) return
  const began = startMs === null ? `the slot ${isoTime(part.slot)}` : new Date(startMs).toISOString()
  throw new UserError(
    `another file of this name and source, with other flows of the same capture (${began}), was counted before${earlier.path === undefined ? '' : ` (${earlier.path})`}; find out which is right: flowscan inspect shows both`,
  )
}

/** The other path under which the content of a file that was counted before is kept or was read; `null`: it came under no other. */
export function copiedFrom(file: WaitingFile, { part }: TalliedFile, bytes: number, left: LeftFiles): string | null {
  const { slot, source, id } = part
  const saved = savedPath(file, slot)
  if (saved === null) {
    const first = left.firstPathOf(shortId(id))
    return first === undefined || first === file.path || !isThere(first) ? null : first
  }
  const isSame = (path: string) => statSync(path).size === bytes && partId(source, slot, hashFile(path)) === id
  if (namedAs(saved).some(isSame)) return null
  return savedFiles(join(file.source.saved as string, dayOf(slot))).find(isSame) ?? null
}
