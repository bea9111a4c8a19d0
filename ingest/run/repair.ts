import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LoadedConfig } from '../config/load.ts'
import { UserError } from '../model/errors.ts'
import { partId } from '../model/part.ts'
import { dayOf } from '../model/time.ts'
import { derive } from '../store/derive.ts'
import { hashFile, listDirectory, writeFileDurably } from '../store/files.ts'
import { commitEncoded, DamagedPart, type EncodedPart, type PartName, shortId } from '../store/part.ts'
import { Deferred, type OpenedFile, openFlowFile, Refused, Unreadable } from './flow-file.ts'
import { makeRoomAside, setAside } from './quarantine.ts'
import { tallyTask } from './tallier.ts'

/** What became of a damaged part. */
export interface Repair {
  readonly path: string
  /** The saved flow file it was made from again; `null`: there is none, and its slot is a gap. */
  readonly from: string | null
}

/**
 * `derive`, whatever rot has done to parts: a damaged one is set aside in `quarantine` and made again from its saved flow file, by
 * today's config. Where that has gone, too, the slot becomes a gap, never a wrong number. Nothing is deleted.
 */
export async function deriveAndRepair(
  loaded: LoadedConfig,
  onDay: ((day: string, done: number, all: number) => void) | undefined,
  onRepair: (repair: Repair) => void = () => {},
): Promise<string[]> {
  const { data } = loaded.config
  const days = new Set<string>()
  for (;;) {
    try {
      for (const day of derive(data, onDay)) days.add(day)
      return [...days].sort()
    } catch (error) {
      if (!(error instanceof DamagedPart)) throw error
      onRepair(await repair(loaded, error))
    }
  }
}

/** At every moment the part's name holds the damaged one or the new one, while there is a flow file to make it from: a kill costs nothing. */
async function repair(loaded: LoadedConfig, damaged: DamagedPart): Promise<Repair> {
  const { data } = loaded.config
  const { path, part } = damaged
  const found = await findFlowFile(loaded, part)
  if (found === null) {
    setAside(data, part.id, path, part.name, damaged)
    return { path, from: null }
  }
  writeFileDurably(makeRoomAside(data, part.id, part.name, damaged), readFileSync(path))
  commitEncoded(data, found.part)
  return { path, from: found.from }
}

/** Finds the saved flow file of a part by its content, and counts it. */
async function findFlowFile(
  loaded: LoadedConfig,
  { source, slot, id }: PartName,
): Promise<{ from: string; part: EncodedPart } | null> {
  const { flows } = loaded.config
  if (flows.saved === false) return null
  const directory = join(flows.saved, dayOf(slot))
  for (const name of listDirectory(directory)) {
    const path = join(directory, name)
    let opened: OpenedFile | undefined
    try {
      opened = openFlowFile({ path, name }, { ...flows, settleSeconds: 0 }, Date.now())
      if (shortId(partId(source, slot, hashFile(path))) !== id) continue
      const { part } = await tallyTask({ ...opened, source }, loaded)
      opened.assertUnchanged()
      if (shortId(part.id) === id) return { from: path, part }
    } catch (error) {
      if (!isOfOneFile(error)) throw error
    } finally {
      opened?.close()
    }
  }
  return null
}

/** Something else that lies in `saved` is no reason to stop looking. */
function isOfOneFile(error: unknown): boolean {
  return [Deferred, Refused, Unreadable, UserError].some((kind) => error instanceof kind)
}

/** What one line of a log says of a repair. */
export function describeRepair({ path, from }: Repair): string {
  const told = from === null ? 'no saved flow file holds what it held, so its slot is a gap' : `made again from ${from}`
  return `${path}: damaged, set aside in quarantine; ${told}`
}
