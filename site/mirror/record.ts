import { join } from 'node:path'
import { encodeJson } from '../../ingest/store/files.ts'
import { readRemembered } from '../remembered.ts'
import { writeFiles } from '../write.ts'

/*
 * What flowscan wrote into a plain directory: everything else in it is somebody else's. It is written down before anything is, and so holds at every moment at least
 * what is there; where it cannot be read, what is there is taken for somebody else's. One file for each unit, and one that names the units, so that nobody reads a list of files that did not change.
 */
const SCHEMA = 1
/** In the directory itself, so that it tells of that directory and no other. */
export const FOLDER = '.flowscan'

/** By unit, its state when it was last brought up to date; `null`: it is not. */
export type UnitStates = { readonly [path: string]: string | null }
/** By path below the root of the site, the state of the file that was copied; `null`: it may be missing, old or new. */
export type FileStates = { readonly [path: string]: string | null }

export function readUnits(mirror: string): UnitStates {
  return readRemembered<{ units: UnitStates }>(join(mirror, FOLDER, 'units.json.gz'), SCHEMA)?.units ?? {}
}

export async function writeUnits(mirror: string, units: UnitStates): Promise<void> {
  await writeRecord(join(mirror, FOLDER, 'units.json.gz'), { units })
}

export function readFiles(mirror: string, unit: string): FileStates {
  return readRemembered<{ files: FileStates }>(unitPath(mirror, unit), SCHEMA)?.files ?? {}
}

export async function writeFileStates(mirror: string, unit: string, files: FileStates): Promise<void> {
  await writeRecord(unitPath(mirror, unit), { files })
}

/** Where the files of a unit are written down. */
export function unitPath(mirror: string, unit: string): string {
  return join(mirror, FOLDER, `${unit === '' ? 'release' : unit.replaceAll('/', '+')}.json.gz`)
}

async function writeRecord(path: string, content: object): Promise<void> {
  await writeFiles([{ path, text: encodeJson({ schema: SCHEMA, ...content }).bytes }], 0)
}
