import { join } from 'node:path'
import { DAY_SECONDS, dayOf, STEPS, type StepName, startOfDay } from '../model/time.ts'
import { seriesPath } from './derive.ts'
import { listFiles, removeFiles, sizeOf } from './files.ts'
import { STORE, storeRoot } from './generation.ts'
import { listDays, listLoose, newestSlot, removeLoose } from './part.ts'
import { ledgerPath, listOrphans, listSegments, removeSegments, type Segment, segmentPath } from './segment.ts'
import {
  type Floors,
  isSince,
  listWindows,
  readFloors,
  readIndex,
  type SeriesIndex,
  writeIndex,
} from './series-index.ts'
import { windowOf } from './windows.ts'

/** Ages in days. */
export type Retention = { readonly [Kind in StepName | 'boards']: number } & { readonly maxBytes?: number | undefined }

/** What is stored, as far as it can fade. */
export interface Stored {
  /** The newest slot, unix seconds. */
  readonly newest: number
  /** Windows by resolution, ascending. */
  readonly windows: { readonly [Step in StepName]: readonly string[] }
  /** Of all of `data` but quarantine; and of the parts and five-minute values of a day. Only asked for where there is a limit. */
  totalBytes(): number
  bytesOf(day: string): number
}

/** Windows of one resolution that fade in one run: time goes on by a day in a day, so two catch up. */
const MOST_PER_RUN = 2
/** Charts of the newest days, and parts that still get company. */
const LEAST_DAYS = 7
/** No clock that tells of a time before can be right. */
const RELEASED = Date.parse('2026-11-01T00:00:00Z') / 1000
const STEP_NAMES = Object.keys(STEPS) as StepName[]

/** From where on each resolution is to be kept; floors only rise, each over `most` windows at once. */
export function planFloors(stored: Stored, retention: Retention, since: Floors, most: number): Floors {
  const floors: { -readonly [Kind in keyof Floors]: string } = { ...since }
  const raise = (kind: keyof Floors, to: string) => {
    if (!isSince(floors, kind, to) || floors[kind] === to) return
    floors[kind] = to
  }
  for (const step of STEP_NAMES) {
    const seconds = retention[step] * DAY_SECONDS
    if (seconds > stored.newest) continue
    raise(step, capped(stored.windows[step], windowOf(step, stored.newest - seconds).name, most))
  }
  if (retention.boards * DAY_SECONDS <= stored.newest)
    raise('boards', dayOf(stored.newest - retention.boards * DAY_SECONDS))
  const floor = retention.maxBytes === undefined ? null : floorForBytes(stored, retention.maxBytes, floors, most)
  if (floor !== null) raise('5m', floor)
  return floors
}

/** `floor`, or the first window above the `most` oldest that are stored. */
function capped(windows: readonly string[], floor: string, most: number): string {
  const above = windows[most]
  return above !== undefined && above < floor ? above : floor
}

/** `null` while it fits: then files of earlier days are still welcome. */
function floorForBytes(stored: Stored, maxBytes: number, floors: Floors, most: number): string | null {
  const days = stored.windows['5m']
  let over = stored.totalBytes() - maxBytes
  let at = 0
  for (; at < Math.min(most, days.length - LEAST_DAYS); at++) {
    if (over <= 0 && isSince(floors, '5m', days[at]!)) break
    over -= stored.bytesOf(days[at]!)
  }
  return at === 0 ? null : days[at]!
}

/** Why nothing fades now; `null`: nothing speaks against it. A clock that is far off would otherwise take what it should keep. */
export function clockDoubt(newest: number, now: number): string | null {
  const day = dayOf(now)
  if (now < RELEASED) return `the clock tells of ${day}, before this flowscan was made; set it`
  if (now < newest - DAY_SECONDS) return `the clock tells of ${day}, over a day before the newest slot; set it`
  if (now > newest + 7 * DAY_SECONDS) return `the newest slot is over 7 days old by the clock (${day})`
  return null
}

/** What fades: by resolution, windows; days of parts. */
export interface Faded {
  readonly floors: Floors
  readonly windows: { readonly [Step in StepName]: readonly string[] }
  /** Days whose parts go (`haveFaded`). */
  readonly parts: readonly string[]
  readonly bytes: number
}

export function isNothing({ windows, parts }: Faded): boolean {
  return [...Object.values(windows), parts].every((names) => names.length === 0)
}

/** What would fade of a store by its ages, `most` windows of each resolution. `null` when nothing is stored. */
export function planFading(data: string, retention: Retention, most: number = MOST_PER_RUN): Faded | null {
  const stored = readStored(data)
  if (stored === null) return null
  return fadedBelow(data, planFloors(stored, retention, readIndex(data).since, most), stored.windows)
}

/** What a run that was killed did not come to remove; the floors stay. */
export function planLeftovers(data: string): Faded {
  return fadedBelow(data, readIndex(data).since, listAllWindows(data))
}

function readStored(data: string): Stored | null {
  const newest = newestSlot(data)
  if (newest === null) return null
  const root = storeRoot(data)
  return {
    newest,
    windows: listAllWindows(data),
    totalBytes: () => sizeOf(listFiles(root, STORE).map((path) => join(root, path))),
    bytesOf: (day) => sizeOf([seriesPath(data, '5m', day), ...partFiles(data, day)]),
  }
}

function listAllWindows(data: string): Stored['windows'] {
  const windows = Object.fromEntries(STEP_NAMES.map((step) => [step, listWindows(data, step)]))
  return windows as unknown as Stored['windows']
}

function fadedBelow(data: string, floors: Floors, all: Stored['windows']): Faded {
  const below = (step: StepName) => all[step].filter((name) => !isSince(floors, step, name))
  const windows = { '5m': below('5m'), '30m': below('30m'), '2h': below('2h'), '1d': below('1d') }
  const parts = [...new Set([...listDays(data), ...listOrphans(data).map(({ day }) => day)])]
    .filter((day) => haveFaded(floors, day))
    .sort()
  const files = [
    ...STEP_NAMES.flatMap((step) => windows[step].map((name) => seriesPath(data, step, name))),
    ...parts.flatMap((day) => partFiles(data, day)),
  ]
  return { floors, windows, parts, bytes: sizeOf(files) }
}

/** Do the parts of a day go? A day later than its five-minute values, for the day behind is made from them, too. */
export function haveFaded(floors: Floors, day: string): boolean {
  return !isSince(floors, '5m', dayOf(startOfDay(day) + DAY_SECONDS))
}

/** Segments of a day, and what a run that was killed left of one. */
function segmentsOf(data: string, day: string): Segment[] {
  return [...(listSegments(data).get(day) ?? []), ...listOrphans(data).filter((orphan) => orphan.day === day)]
}

/** The files in which the parts of a day lie. */
export function partFiles(data: string, day: string): string[] {
  const segments = segmentsOf(data, day)
  return [
    ...listLoose(data, day).map(({ path }) => path),
    ...segments.flatMap((segment) => [ledgerPath(data, segment), segmentPath(data, segment)]),
  ]
}

/**
 * Lets things fade. The floors are durable before anything goes: what is derived afterwards knows that parts below are not missing but
 * gone, and a run that was killed half-way is ended by the next.
 */
export function fade(data: string, { floors, windows, parts }: Faded): void {
  const index = readIndex(data)
  if (!isEqual(index.since, floors)) writeIndex(data, { days: daysSince(index, floors), since: floors })
  for (const step of STEP_NAMES)
    removeFiles(
      join(storeRoot(data), 'series', step),
      windows[step].map((name) => `${name}.json.gz`),
    )
  for (const day of parts) {
    removeSegments(data, segmentsOf(data, day))
    removeLoose(data, day)
  }
}

function daysSince({ days }: SeriesIndex, floors: Floors): SeriesIndex['days'] {
  return Object.fromEntries(Object.entries(days).filter(([day]) => isSince(floors, '5m', day)))
}

function isEqual(a: Floors, b: Floors): boolean {
  const kinds = Object.keys({ ...a, ...b }) as (keyof Floors)[]
  return kinds.every((kind) => a[kind] === b[kind])
}

/** A file of an earlier slot (unix seconds) comes too late: what it would be added to has faded, or would lack the days it reaches back into. */
export function horizonOf(data: string): number {
  const first = readFloors(data)['5m']
  return first === undefined ? 0 : startOfDay(first) + DAY_SECONDS
}
