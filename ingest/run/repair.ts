import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { LoadedConfig } from '../config/load.ts'
import { partId } from '../model/part.ts'
import { dayOf } from '../model/time.ts'
import { derive, neighbours } from '../store/derive.ts'
import { DamagedDerived } from '../store/derived-file.ts'
import { hashFile, writeFileDurably } from '../store/files.ts'
import {
  commitEncoded,
  DamagedPart,
  type EncodedPart,
  isWhole,
  type PartName,
  partPath,
  shortId,
} from '../store/part.ts'
import type { OpenedFile } from './flow-file.ts'
import { acquireLock } from './lock.ts'
import { makeRoomAside, setAside } from './quarantine.ts'
import { isOfOneFile, listSaved, openSaved } from './saved.ts'
import { tallyTask } from './tallier.ts'

/** What became of a damaged file. */
export type Repair =
  /** A part, and the saved flow file it was made from again; `null`: there is none, and its slot is a gap. */
  | { readonly path: string; readonly from: string | null }
  /** A series, a board or the index: made anew from what it was derived from. */
  | { readonly path: string; readonly derived: true }

type OnRepair = (repair: Repair) => void

/**
 * `derive`, whatever rot has done: a damaged part is set aside in `quarantine` and made again from its saved flow file, by today's
 * config; where that has gone, too, the slot becomes a gap, never a wrong number. A damaged derived file is set aside and made anew, as
 * are the days of `anew`. Nothing is deleted.
 */
export async function deriveAndRepair(
  loaded: LoadedConfig,
  onDay: ((day: string, done: number, all: number) => void) | undefined,
  onRepair: OnRepair = () => {},
  anew: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  const { data } = loaded.config
  const days = new Set<string>()
  const doubtful = new Set(anew)
  for (;;) {
    try {
      for (const day of derive(data, onDay, doubtful)) days.add(day)
      return [...days].sort()
    } catch (error) {
      for (const day of await repair(loaded, error, onRepair)) doubtful.add(day)
    }
  }
}

/** Does something that reads what is stored. Damage that it meets is repaired, and it is done again. */
export async function repairing<T>(loaded: LoadedConfig, act: () => Promise<T>, onRepair: OnRepair): Promise<T> {
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (!isDamage(error)) throw error
      const release = acquireLock(loaded.config.data)
      try {
        await deriveAndRepair(loaded, undefined, onRepair, await repair(loaded, error, onRepair))
      } finally {
        release()
      }
    }
  }
}

function isDamage(error: unknown): error is DamagedPart | DamagedDerived {
  return error instanceof DamagedPart || error instanceof DamagedDerived
}

/** Repairs what an error tells of; throws any other error. Returns the days to make anew: those that a part made again may reach into. */
export async function repair(loaded: LoadedConfig, error: unknown, onRepair: OnRepair): Promise<ReadonlySet<string>> {
  if (!isDamage(error)) throw error
  const { path } = error
  if (error instanceof DamagedPart) {
    // Else another run was faster.
    const isDamaged = path !== partPath(loaded.config.data, error.part) || !isWhole(path)
    if (isDamaged) onRepair({ path, from: await repairPart(loaded, error) })
    return new Set(neighbours(dayOf(error.part.slot)))
  }
  setAside(loaded.config.data, shortId(hashFile(path)), path, basename(path), error)
  onRepair({ path, derived: true })
  return new Set()
}

/**
 * Returns the flow file from which it was made again. At every moment the part's name holds the damaged one or the new one, while there
 * is a flow file to make it from: a kill costs nothing.
 */
async function repairPart(loaded: LoadedConfig, damaged: DamagedPart): Promise<string | null> {
  const { data } = loaded.config
  const { path, part } = damaged
  const isInPlace = path === partPath(data, part)
  const found = await findFlowFile(loaded, part)
  if (found !== null && isInPlace)
    writeFileDurably(makeRoomAside(data, part.id, part.name, damaged), readFileSync(path))
  if (found !== null) commitEncoded(data, found.part)
  if (found === null || !isInPlace) setAside(data, part.id, path, part.name, damaged)
  return found?.from ?? null
}

/** Finds the saved flow file of a part by its content, and counts it. Something else that lies there is no reason to stop looking. */
async function findFlowFile(
  loaded: LoadedConfig,
  { source, slot, id }: PartName,
): Promise<{ from: string; part: EncodedPart } | null> {
  for (const file of listSaved(loaded.config).get(dayOf(slot)) ?? []) {
    let opened: OpenedFile | undefined
    try {
      opened = openSaved(loaded.config, file)
      if (shortId(partId(source, slot, hashFile(file.path))) !== id) continue
      const { part } = await tallyTask({ ...opened, source }, loaded)
      opened.assertUnchanged()
      if (shortId(part.id) === id) return { from: file.path, part }
    } catch (error) {
      if (!isOfOneFile(error)) throw error
    } finally {
      opened?.close()
    }
  }
  return null
}

/** What one line of a log says of a repair. */
export function describeRepair(repair: Repair): string {
  return `${repair.path}: damaged, set aside in quarantine; ${mendOf(repair)}`
}

function mendOf(repair: Repair): string {
  if ('derived' in repair) return 'made anew'
  return repair.from === null
    ? 'no saved flow file holds what it held, so its slot is a gap'
    : `made again from ${repair.from}`
}
