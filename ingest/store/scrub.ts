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
  const days = listDays(data).map((day) => () => checkParts(data, day))
  const derived = listDerived(data).map((path) => () => checkDerived(path))
  for (const [at, check] of [...days, ...derived].entries()) if (at % ROUND === turn) check()
}

function listDerived(data: string): string[] {
  const series = (Object.keys(STEPS) as StepName[]).flatMap((step) =>
    listWindows(data, step).map((window) => seriesPath(data, step, window)),
  )
  const boards = listDirectory(join(storeRoot(data), 'boards')).map((name) =>
    boardPath(data, name.replace(/\.json\.gz$/, '')),
  )
  return [...series, ...boards]
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
