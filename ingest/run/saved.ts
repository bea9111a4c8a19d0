import { join } from 'node:path'
import { timeInName } from '../aggregate/file-slot.ts'
import type { Config } from '../config/schema.ts'
import { UserError } from '../model/errors.ts'
import { dayOf } from '../model/time.ts'
import { listDirectory } from '../store/files.ts'
import { discoverFlowFiles } from './discover.ts'
import { Deferred, type OpenedFile, openFlowFile, Refused, Unreadable } from './flow-file.ts'

/** A flow file that was counted before and can be read again. */
export interface SavedFile {
  readonly path: string
  readonly name: string
}

/** Flow files that can be read again, by the UTC day under which they were saved; those that were left where they are by the day in their names. */
export function listSaved(config: Config): Map<string, SavedFile[]> {
  const { saved } = config.flows
  return saved === false ? listLeft(config) : listDays(saved)
}

function listDays(saved: string): Map<string, SavedFile[]> {
  const days = listDirectory(saved).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name))
  return new Map(
    days.map((day) => [day, listDirectory(join(saved, day)).map((name) => ({ path: join(saved, day, name), name }))]),
  )
}

function listLeft(config: Config): Map<string, SavedFile[]> {
  const days = new Map<string, SavedFile[]>()
  for (const file of discoverFlowFiles(config)) {
    const ms = timeInName(file.name, config.site.timeZone)
    if (ms === null) continue
    const day = dayOf(ms / 1000)
    days.set(day, [...(days.get(day) ?? []), file])
  }
  return days
}

/** Opens one of them. Throws what `openFlowFile` throws, but never for its age. */
export function openSaved({ flows }: Config, file: SavedFile): OpenedFile {
  return openFlowFile(file, { ...flows, settleSeconds: 0 }, Date.now())
}

/** Does an error tell of one flow file alone? Then others can be read all the same. */
export function isOfOneFile(error: unknown): error is Error {
  return [Deferred, Refused, Unreadable, UserError].some((kind) => error instanceof kind)
}
