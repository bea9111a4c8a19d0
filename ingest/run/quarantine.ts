import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DecodeError } from '../model/errors.ts'
import type { Reason } from '../model/reason.ts'
import { moveFile, writeFileDurably } from '../store/files.ts'

export function reasonOf(file: string, error: Error, origin: Pick<Reason, 'source' | 'when'> = {}): Reason {
  return { file, ...origin, reason: error.message, ...(error instanceof DecodeError ? { byte: error.byte } : {}) }
}

/** Where what cannot be used is kept. */
export function quarantinePath(data: string): string {
  return join(data, 'quarantine')
}

/** An id for something whose content nobody reads. */
export function asideId(...identity: readonly unknown[]): string {
  return createHash('sha256').update(identity.join('\0')).digest('hex').slice(0, 32)
}

/** Writes why, in `quarantine/<id>/reason.json`. Returns the directory, where what it is about may lie. */
export function recordReason(data: string, id: string, reason: Reason): string {
  const directory = join(quarantinePath(data), id)
  const path = join(directory, 'reason.json')
  if (!existsSync(path)) writeFileDurably(path, Buffer.from(`${JSON.stringify(reason, null, 2)}\n`))
  return directory
}

/** Moves a file that cannot be used to its place aside, beside its reason. Nothing is deleted. */
export function setAside(data: string, id: string, path: string, name: string, reason: Reason): void {
  moveFile(path, join(recordReason(data, id, reason), name), 'again')
}
