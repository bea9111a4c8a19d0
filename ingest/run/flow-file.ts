import { type BigIntStats, closeSync, constants, fstatSync, openSync } from 'node:fs'
import type { Config } from '../config/schema.ts'
import type { WaitingFile } from './discover.ts'

/** A flow file opened once: everything is read through this descriptor, whatever becomes of the name. */
export interface OpenedFile {
  readonly name: string
  readonly bytes: number
  readonly source: string
  readonly descriptor: number
  /** Throws Deferred when the file is no longer what was opened. */
  assertUnchanged(): void
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

/** This is no file that flowscan reads or moves (a link, a device, one too large): it stays where it is. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/**
 * Opens a completed flow file. Throws Deferred when it is still being written or has gone; Refused when it is a link,
 * a device, a second name of another file, or too large.
 */
export function openFlowFile({ path, name }: WaitingFile, flows: Config['flows'], nowMs: number): OpenedFile {
  const descriptor = open(path)
  try {
    const before = fstatSync(descriptor, { bigint: true })
    refuseOddFile(before, flows.maxBytes)
    const ageMs = nowMs - Number(before.mtimeMs)
    // A time ahead of ours says nothing; a file from the future is taken as it is.
    if (ageMs >= 0 && ageMs < flows.settleSeconds * 1000)
      throw new Deferred(
        `changed ${Math.round(ageMs / 1000)} s ago; it must be left alone for ${flows.settleSeconds} s`,
      )
    return {
      name,
      bytes: Number(before.size),
      source: flows.source,
      stat: before,
      descriptor,
      assertUnchanged() {
        const after = fstatSync(descriptor, { bigint: true })
        if (after.size !== before.size || after.mtimeNs !== before.mtimeNs)
          throw new Deferred('it changed while it was read')
      },
      close: () => closeSync(descriptor),
    }
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

/** Never follows a link, never waits for a FIFO. */
function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ELOOP')
      throw new Refused('this is a symbolic link; flowscan reads only plain files: put the file itself there')
    if (code === 'ENXIO') throw new Refused('this is a socket; expected a flow file')
    if (code === 'ENOENT' || code === 'ESTALE') throw new Deferred('it has gone')
    throw new Unreadable((error as Error).message, { cause: error })
  }
}

function refuseOddFile(stat: BigIntStats, maxBytes: number): void {
  if (!stat.isFile()) throw new Refused('this is no plain file (a FIFO, socket or device); expected a flow file')
  if (stat.nlink > 1n)
    throw new Refused(
      `this file has ${stat.nlink} names (hard links); flowscan moves only files that have one: copy it instead`,
    )
  if (stat.size > BigInt(maxBytes))
    throw new Refused(`${stat.size} bytes; flows.maxBytes allows ${maxBytes}: raise it if the file is sound`)
}
