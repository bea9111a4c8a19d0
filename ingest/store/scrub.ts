import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SLOT_SECONDS, STEPS, type StepName } from '../model/time.ts'
import { boardPath } from './boards.ts'
import { seriesPath } from './derive.ts'
import { DamagedDerived } from './derived-file.ts'
import { checkJson, DamagedFile, listDirectory } from './files.ts'
import { storeRoot } from './generation.ts'
import { listDays, listStoredParts, readPartBytes } from './part.ts'
import { listWindows } from './series-index.ts'

/** Slots of a week: so long it takes until everything was read once more. */
const ROUND = (7 * 86_400) / SLOT_SECONDS

/** Which piece it is the turn of: another for each slot that comes, so that a round takes a week. */
export function turnOf(slot: number): number {
  return (slot / SLOT_SECONDS) % ROUND
}

/**
 * Reads the piece of what is stored whose turn it is, so that rot is found while what it can be mended from is still there. Throws DamagedPart,
 * DamagedSegment and DamagedDerived.
 */
export function scrub(data: string, turn: number): void {
  let before = 0
  for (const { names, check } of listAll(data)) {
    const first = (((turn - before) % ROUND) + ROUND) % ROUND
    for (let at = first; at < names.length; at += ROUND) check(names[at]!)
    before += names.length
  }
}

/** Everything there is, by kind; only what it is the turn of is more than a name. */
function listAll(data: string): { readonly names: readonly string[]; check(name: string): void }[] {
  const series = (Object.keys(STEPS) as StepName[]).map((step) => ({
    names: listWindows(data, step),
    check: (window: string) => checkDerived(seriesPath(data, step, window)),
  }))
  const boards = listDirectory(join(storeRoot(data), 'boards'))
  return [
    { names: listDays(data), check: (day) => checkParts(data, day) },
    ...series,
    { names: boards, check: (name) => checkDerived(boardPath(data, name.replace(/\.json\.gz$/, ''))) },
  ]
}

function checkParts(data: string, day: string): void {
  for (const part of listStoredParts(data, day)) readPartBytes(data, part)
}

function checkDerived(path: string): void {
  try {
    checkJson(readFileSync(path), path)
  } catch (error) {
    throw error instanceof DamagedFile ? new DamagedDerived(path, error) : error
  }
}
