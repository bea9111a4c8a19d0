import { join } from 'node:path'
import { STEPS, type StepName } from '../model/time.ts'
import { readDerived } from './derived-file.ts'
import { DamagedFile, listDirectory, writeJson } from './files.ts'
import { storeRoot } from './generation.ts'

const SCHEMA = 1

/** By resolution, the first window that is kept; `boards`: the first day whose slots have scoreboard pages. Absent: all are. */
export type Floors = { readonly [Kind in StepName | 'boards']?: string }

/** How far everything was derived, and from when on it is kept. */
export interface SeriesIndex {
  /** By day, the hash (`hashOf`) of its parts as they were when everything was last derived. */
  readonly days: { readonly [day: string]: string }
  readonly since: Floors
}

export function indexPath(data: string): string {
  return join(storeRoot(data), 'series', 'index.json.gz')
}

/** Throws DamagedDerived, and NewerSchema. */
export function readIndex(data: string): SeriesIndex {
  const stored = readDerived<{ schema: number } & Partial<SeriesIndex>>(indexPath(data), SCHEMA)?.value
  return stored === undefined
    ? { days: {}, since: floorsOf(data) }
    : { days: stored.days ?? {}, since: stored.since ?? {} }
}

/** `since` of the index; of one that is damaged, what the directories tell. */
export function readFloors(data: string): Floors {
  try {
    return readIndex(data).since
  } catch (error) {
    if (error instanceof DamagedFile) return floorsOf(data)
    throw error
  }
}

/** Without an index: a resolution is kept from its first window on where the next coarser one goes further back. */
function floorsOf(data: string): Floors {
  const [first, ...coarser] = (Object.keys(STEPS) as StepName[]).map((step) => ({
    step,
    names: listWindows(data, step),
  }))
  const floors: { [Step in StepName]?: string } = {}
  let finer = first!
  for (const each of coarser) {
    const [from] = finer.names
    if (from !== undefined && each.names[0] !== undefined && each.names[0] < from) floors[finer.step] = from
    finer = each
  }
  return floors
}

/** The windows of a resolution that are stored, ascending. */
export function listWindows(data: string, step: StepName): string[] {
  return listDirectory(join(storeRoot(data), 'series', step)).map((name) => name.replace(/\.json\.gz$/, ''))
}

/** Is a window kept, as far as the floors say? */
export function isSince(since: Floors, kind: keyof Floors, window: string): boolean {
  return window >= (since[kind] ?? '')
}

export function writeIndex(data: string, { days, since }: SeriesIndex): void {
  const sorted = Object.entries(days).sort(([a], [b]) => (a < b ? -1 : 1))
  const some = Object.keys(since).length > 0 ? { since } : {}
  writeJson(indexPath(data), { schema: SCHEMA, ...some, days: Object.fromEntries(sorted) })
}
