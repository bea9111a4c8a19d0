import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LoadedConfig } from '../config/load.ts'
import { compareDerived, type Difference } from '../store/compare.ts'
import { refuseNewerStore } from '../store/derive.ts'
import { DamagedDerived } from '../store/derived-file.ts'
import { DamagedFile, readJson } from '../store/files.ts'
import { checkGeneration, generationPath, storeRoot } from '../store/generation.ts'
import { isMark, mendMarks } from '../store/superseded.ts'
import { checkDerived } from './check-derived.ts'
import { checkParts } from './check-parts.ts'
import { createFindings, type Defect, type Findings } from './defect.ts'
import { acquireLock, refuseWhileLocked } from './lock.ts'
import { createDoubts, type Repair, repair } from './repair.ts'
import { findStrangers } from './strangers.ts'
import { bringUpToDate } from './up-to-date.ts'

/** What was looked at, and what was found. */
export interface StoreCheck {
  readonly parts: number
  readonly derived: number
  /** Was everything derived anew, and compared? */
  readonly isCompared: boolean
  readonly defects: readonly Defect[]
}

export type OnStep = (what: string, done: number, all: number) => void

/**
 * Reads everything in a data directory and tells what is wrong: checksums, schemas, files that hold something else than their names
 * say, parts that do not add up, derived files that were not made from what is there. `deep`: where nothing of that was found, everything
 * is also derived anew, elsewhere, and compared byte for byte. Changes nothing. Throws a UserError (75) while a run is at work.
 */
export function fsck(data: string, deep: boolean, onStep: OnStep = () => {}): StoreCheck {
  refuseWhileLocked(data)
  return checkStore(data, deep, onStep)
}

/**
 * `fsck`, then mends what can be mended, as a run would that met it: damaged files are set aside in quarantine; parts are made again from
 * their saved flow files, series and boards from the parts. Returns what was found before. Throws a UserError (75) while a run is at
 * work, and (74) where a newer flowscan has worked: then nothing was changed.
 */
export async function repairStore(
  loaded: LoadedConfig,
  deep: boolean,
  onRepair: (repair: Repair) => void,
  onStep: OnStep = () => {},
): Promise<StoreCheck> {
  const { data } = loaded.config
  const release = acquireLock(data)
  try {
    refuseNewerStore(data)
    const check = checkStore(data, deep, onStep)
    const newer = check.defects.find(({ kind }) => kind === 'newer')
    if (newer?.cause !== undefined) throw newer.cause
    const doubts = createDoubts()
    for (const { cause, path } of check.defects) {
      if (cause !== undefined) await repair(loaded, cause, doubts, onRepair)
      for (const day of dayInName(path)) doubts.anew.add(day)
      if (isMark(path)) mendMarks(dirname(join(data, path)))
    }
    const onDay = (_day: string, done: number, all: number) => onStep('adding up days', done, all)
    await bringUpToDate(loaded, { onDay, onRepair }, doubts)
    return check
  } finally {
    release()
  }
}

/** The day of a file that was derived from one day's parts. */
function dayInName(path: string): string[] {
  return /(?:^|\/)(?:series\/\w+|boards)\/(\d{4}-\d\d-\d\d)\./.exec(path)?.slice(1) ?? []
}

function checkStore(data: string, deep: boolean, onStep: OnStep): StoreCheck {
  if (!existsSync(data)) return { parts: 0, derived: 0, isCompared: false, defects: [] }
  const findings = createFindings(data)
  const parts = checkParts(data, findings, (done, all) => onStep('reading days of parts', done, all))
  const derived = checkDerived(data, parts, findings, (done, all) => onStep('reading series and boards', done, all))
  const isCompared = deep && findings.defects.length === 0
  if (isCompared)
    addDifferences(
      storeRoot(data),
      compareDerived(data, undefined, (_day, done, all) => onStep('adding up days', done, all)),
      findings,
    )
  findings.look(generationPath(storeRoot(data)), () => checkGeneration(data))
  checkLeft(join(data, 'left.json.gz'), findings)
  findStrangers(data, findings)
  return { parts: parts.count, derived, isCompared, defects: findings.defects }
}

function addDifferences(root: string, differences: readonly Difference[], findings: Findings): void {
  for (const { path: below, found } of differences) {
    const path = join(root, below)
    if (found === 'it has gone') findings.add('damage', path, found)
    else findings.addWrong(path, found)
  }
}

/** What has become of files that stay where they are: without it they are read again. */
function checkLeft(path: string, findings: Findings): void {
  findings.look(path, () => {
    try {
      readJson(path)
    } catch (error) {
      throw error instanceof DamagedFile ? new DamagedDerived(path, error) : error
    }
  })
}
