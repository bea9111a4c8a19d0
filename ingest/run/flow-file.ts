import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs'
import { constants as system } from 'node:os'
import type { Source } from '../config/schema.ts'
import { isCompleted, type WaitingFile } from './discover.ts'

/** A flow file opened once: everything is read through this descriptor, whatever becomes of the name. */
export interface OpenedFile {
  readonly name: string
  readonly bytes: number
  readonly source: string
  readonly descriptor: number
  /** Throws Deferred when the file is no longer what was opened, or no longer there. */
  assertUnchanged(): void
  /** Does the name still stand for what was opened? */
  isStillThere(): boolean
  close(): void
  readonly stat: BigIntStats
}

/** This file is not ready: the next run looks again. */
export class Deferred extends Error {
  override readonly name = 'Deferred'
}

/** The system does not let this file be read: no other need wait for it. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/** This is no file that flowscan reads or moves (a link, a device): it stays where it is. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/**
 * Opens a completed flow file. Throws Deferred when it is still being written or has gone; Refused when it is a link, a device, a second
 * name of another file, somebody's who may not write flow files, or has a name that cannot be said; Unreadable.
 */
export function openFlowFile({ path, name, source, mistake }: WaitingFile, nowMs: number): OpenedFile {
  if (mistake !== undefined) throw new Unreadable(mistake)
  const descriptor = open(path)
  try {
    const before = fstatSync(descriptor, { bigint: true })
    refuseOddFile(before, name, source)
    const ageMs = nowMs - Number(before.mtimeMs)
    // A time ahead of ours says nothing; a file from the future is taken as it is.
    if (ageMs >= 0 && ageMs < source.settleSeconds * 1000)
      throw new Deferred(
        `changed ${Math.round(ageMs / 1000)} s ago; it must be left alone for ${source.settleSeconds} s`,
      )
    const isStillThere = () => {
      const there = lstatSync(path, { bigint: true, throwIfNoEntry: false })
      return there !== undefined && there.dev === before.dev && there.ino === before.ino
    }
    return {
      name,
      bytes: Number(before.size),
      source: source.source,
      stat: before,
      descriptor,
      isStillThere,
      assertUnchanged() {
        const after = fstatSync(descriptor, { bigint: true })
        if (after.size !== before.size || after.mtimeNs !== before.mtimeNs)
          throw new Deferred('it changed while it was read')
        if (!isStillThere()) throw new Deferred('it was moved or replaced while it was read')
      },
      close: () => closeSync(descriptor),
    }
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

/** What the system shows in a name for bytes that are no UTF-8. */
const NO_TEXT = '\uFFFD'

/** Never follows a link, never waits for a FIFO. */
function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ELOOP')
      throw new Refused('this is a symbolic link; flowscan reads only plain files: put the file itself there')
    if (code === 'ENXIO') throw new Refused('this is a socket; expected a flow file')
    if (code === 'ENOENT' && path.includes(NO_TEXT)) throw new Refused('its name is not UTF-8; rename it')
    if (isGone(error as Error)) throw new Deferred('it has gone')
    throw new Unreadable((error as Error).message, { cause: error })
  }
}

/** Has a file gone, here or on the server that it lies on? (Node has no code for ESTALE, only its number.) */
export function isGone(error: Error): boolean {
  const { code, errno } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || errno === -system.errno.ESTALE
}

function refuseOddFile(stat: BigIntStats, name: string, { source, pattern, allowUids }: Source): void {
  if (stat.isDirectory() && !isCompleted(name, pattern))
    throw new Deferred('this directory could not be read a moment ago')
  if (stat.isDirectory()) throw new Refused('this is a directory; expected a flow file')
  if (!stat.isFile()) throw new Refused('this is no plain file (a FIFO, socket or device); expected a flow file')
  if (stat.nlink > 1n)
    throw new Refused(
      `this file has ${stat.nlink} names (hard links); flowscan moves only files that have one: copy it instead`,
    )
  if (allowUids !== undefined && !allowUids.includes(Number(stat.uid)))
    throw new Refused(
      `it belongs to user ${stat.uid}; flows.allowUids of ${JSON.stringify(source)} allows ${allowUids.join(', ')}`,
    )
}
