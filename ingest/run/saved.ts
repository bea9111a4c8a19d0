import { statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { timeInName } from '../aggregate/file-slot.ts'
import type { Config, Source } from '../config/schema.ts'
import { UserError } from '../model/errors.ts'
import { dayOf } from '../model/time.ts'
import { listDirectory } from '../store/files.ts'
import type { EncodedPart } from '../store/part.ts'
import { discoverFlowFiles, type WaitingFile } from './discover.ts'
import { Deferred, type OpenedFile, openFlowFile, Refused, Unreadable } from './flow-file.ts'
import type { Tallier } from './tallier.ts'

/** A flow file that was counted before and can be read again. */
export type SavedFile = WaitingFile

/** Where an ingested file of a slot is kept. `null`: it stays where it is. */
export function savedPath({ source, place }: WaitingFile, slot: number): string | null {
  return source.saved === false ? null : join(source.saved, dayOf(slot), place)
}

/**
 * Flow files of every source that can be read again, by the UTC day under which they were saved; those that were left where they are by the
 * day in their names.
 */
export function listSaved(config: Config): Map<string, SavedFile[]> {
  const days = new Map<string, SavedFile[]>()
  const add = (day: string, file: SavedFile) => {
    const known = days.get(day)
    if (known === undefined) days.set(day, [file])
    else known.push(file)
  }
  for (const source of config.flows) {
    if (source.saved === false) continue
    for (const day of listDirectory(source.saved).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name)))
      for (const path of savedFiles(join(source.saved, day))) add(day, toSaved(path, source))
  }
  if (config.flows.every(({ saved }) => saved !== false)) return days
  for (const file of discoverFlowFiles(config).filter(({ source }) => source.saved === false)) {
    const ms = timeInName(file.name, config.site.timeZone)
    if (ms !== null) add(dayOf(ms / 1000), file)
  }
  return days
}

/** Every flow file in a directory of `saved`, by path. */
export function savedFiles(directory: string): string[] {
  return listDirectory(directory).flatMap((name) => {
    const path = join(directory, name)
    return statSync(path).isDirectory() ? savedFiles(path) : [path]
  })
}

function toSaved(path: string, source: Source): SavedFile {
  const name = unmarkedName(path)
  return { path, name, place: name, source }
}

/** The name that the collector gave to a saved flow file: without the mark behind it where the name was taken. */
export function unmarkedName(path: string): string {
  return basename(path).replace(/\.[0-9a-f]{32}$/, '')
}

/** Opens one of them. Throws what `openFlowFile` throws, but never for its age. */
export function openSaved(file: SavedFile): OpenedFile {
  return openFlowFile({ ...file, source: { ...file.source, settleSeconds: 0 } }, Date.now())
}

/** Counts one of them. Throws what `tally` throws, and what `openSaved` does. */
export async function countAgain(file: SavedFile, tallier: Tallier): Promise<EncodedPart> {
  const opened = openSaved(file)
  try {
    const { part } = await tallier.tally(opened)
    opened.assertUnchanged()
    return part
  } finally {
    opened.close()
  }
}

/** Does an error tell of one flow file alone? Then others can be read all the same. */
export function isOfOneFile(error: unknown): error is Error {
  return [Deferred, Refused, Unreadable, UserError].some((kind) => error instanceof kind)
}
