import { join } from 'node:path'
import { DAY_SECONDS, dayOf, type StepName, startOfDay } from '../model/time.ts'
import { readDerived } from './derived-file.ts'
import { DamagedFile, listDirectory, writeJson } from './files.ts'
import { storeRoot } from './generation.ts'
import { listDays } from './part.ts'

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

/**
 * Without an index: coarser values that go further back tell that finer ones have faded. Five-minute values begin a day after the parts; a long
 * flow in the first of these reaches no further than the day before it.
 */
function floorsOf(data: string): Floors {
  const [half, month, year] = (['30m', '2h', '1d'] as const).map((step) => listWindows(data, step)[0])
  const [part] = listDays(data)
  const isBefore = (coarse: string | undefined, fine: string) =>
    coarse !== undefined && coarse < fine.slice(0, coarse.length)
  return {
    ...(part !== undefined && isBefore(half, nextDay(part, -1)) && { '5m': nextDay(part, 1) }),
    ...(half !== undefined && isBefore(month, half) && { '30m': half }),
    ...(month !== undefined && isBefore(year, month) && { '2h': month }),
  }
}

function nextDay(day: string, days: number): string {
  return dayOf(startOfDay(day) + days * DAY_SECONDS)
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
