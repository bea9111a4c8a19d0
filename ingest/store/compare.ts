import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DAY_SECONDS, STEPS, type StepName, startOfDay } from '../model/time.ts'
import { derive } from './derive.ts'
import { inScratchStore, listFiles } from './files.ts'
import { storeRoot } from './generation.ts'
import { listDays } from './part.ts'
import { type Floors, isSince, readIndex } from './series-index.ts'
import { startOfWindow, windowOf } from './windows.ts'

/** A derived file that is not what the parts give. */
export interface Difference {
  /** Below the root of the store. */
  readonly path: string
  readonly found: 'it has gone' | 'no part gives it' | 'it differs from what the parts give'
}

const DERIVED = ['series', 'boards']

/**
 * Derives days (all when absent) from the parts, elsewhere, and compares every file that tells of them byte for byte. Nothing is changed.
 * Throws DamagedPart; DamagedDerived of days beside these.
 */
export function compareDerived(
  data: string,
  days: readonly string[] = listDays(data),
  onDay: (day: string, done: number, all: number) => void = () => {},
): Difference[] {
  const root = storeRoot(data)
  const stored = listFiles(root, DERIVED)
  const { since } = readIndex(data)
  const kept = days.filter((day) => isSince(since, '5m', day))
  const isAll = Object.keys(since).length === 0 && listDays(data).every((day) => days.includes(day))
  const linked = isAll ? [] : stored.filter((path) => !tellsOf(path, kept) || hasFaded(path, since))
  return inScratchStore(root, ['parts', 'sealed', ...linked], (scratch) => {
    derive(scratch, onDay, isAll ? {} : { anew: new Set(kept) })
    const compared = new Set([...stored, ...listFiles(scratch, DERIVED)])
    for (const path of linked) if (path !== INDEX) compared.delete(path)
    return [...compared].sort().flatMap((path) => compareFile(path, join(root, path), join(scratch, path)))
  })
}

const INDEX = join('series', 'index.json.gz')

/** Have half hours faded that a two-hour file was made from? `path`: below the data directory. */
export function hasFaded(path: string, since: Floors): boolean {
  const [, month] = /^series\/2h\/([\d-]+)\.json\.gz$/.exec(path) ?? []
  return month !== undefined && !isSince(since, '30m', `${month}-01`)
}

/** Does a derived file, by its path below the data directory, tell of one of these days? */
export function tellsOf(path: string, days: readonly string[]): boolean {
  const [, step, name] = /^(?:series\/(\w+)|boards)\/([\d-]+)\.json\.gz$/.exec(path) ?? []
  if (name === undefined) return false
  const from = startOfWindow(name)
  const window = step === undefined ? { length: 1, seconds: DAY_SECONDS } : widthOf(step as StepName, from)
  const to = from + window.length * window.seconds
  return days.some((day) => startOfDay(day) >= from && startOfDay(day) < to)
}

function widthOf(step: StepName, from: number): { length: number; seconds: number } {
  return { length: windowOf(step, from).length, seconds: STEPS[step] }
}

function compareFile(path: string, stored: string, made: string): Difference[] {
  if (!existsSync(stored)) return [{ path, found: 'it has gone' }]
  if (!existsSync(made)) return [{ path, found: 'no part gives it' }]
  const isEqual = readFileSync(stored).equals(readFileSync(made))
  return isEqual ? [] : [{ path, found: 'it differs from what the parts give' }]
}
