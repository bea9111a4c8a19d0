import { join } from 'node:path'
import { DecodeError, type UserError } from '../model/errors.ts'
import { moveFile, writeFileDurably } from '../store/files.ts'

/** Makes a place for a file that cannot be used, in `quarantine/<id>/`, beside a `reason.json`. Returns where the file shall be. */
export function makeRoomAside(data: string, id: string, name: string, error: UserError): string {
  const directory = join(data, 'quarantine', id)
  const reason = { file: name, reason: error.message, ...(error instanceof DecodeError ? { byte: error.byte } : {}) }
  writeFileDurably(join(directory, 'reason.json'), Buffer.from(`${JSON.stringify(reason, null, 2)}\n`))
  return join(directory, name)
}

/** Moves a file that cannot be used to its place aside. Nothing is deleted. */
export function setAside(data: string, id: string, path: string, name: string, error: UserError): void {
  moveFile(path, makeRoomAside(data, id, name, error), 'again')
}
