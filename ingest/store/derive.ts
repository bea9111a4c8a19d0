import { basename, join } from 'node:path'
import { DIRECTIONS } from '../model/direction.ts'
import { EXIT, UserError } from '../model/errors.ts'
import type { Part } from '../model/part.ts'
import { FLAWS } from '../model/quality.ts'
import { DAY_SECONDS, dayOf, isoTime, STEPS, type StepName, startOfDay } from '../model/time.ts'
import {
  addPart,
  type BoardSum,
  boardPath,
  type DayBoard,
  readDayBoard,
  resumeBoardSum,
  writeDayBoard,
} from './boards.ts'
import { readDerived } from './derived-file.ts'
import { DamagedFile, isThere, listDirectory, writeJson } from './files.ts'
import { storeRoot } from './generation.ts'
import { addPacked, type PackedTable, packedTable } from './packed-table.ts'
import { hashDays, listParts, listStoredParts, type PartName, readNewestPart, readPart } from './part.ts'
import { isSince, listWindows, readIndex, type SeriesIndex, writeIndex } from './series-index.ts'
import {
  addCounts,
  addFlawed,
  addKnown,
  type CellChoice,
  createTable,
  replaceStretch,
  rollUp,
  type SeriesTable,
  seriesOf,
  tableToJson,
} from './series-table.ts'
import { startOfWindow, windowOf, windowsBetween } from './windows.ts'

/*
 * Series are a pure function of the set of parts: whatever the order, the batches and the crashes in between, the same
 * parts give the same bytes. README, "Deriving", tells why this order of writing heals after a kill at any point.
 */
const SCHEMA = 1

/** What a series file was made from: by day the ids of parts (5 minutes), by window the SHA-256 of the finer file (above). */
export type Inputs = { [name: string]: readonly string[] }

interface StoredTable {
  readonly table: SeriesTable
  readonly inputs: Inputs
  readonly sha256: string
}

export function seriesPath(data: string, step: StepName, window: string): string {
  return join(storeRoot(data), 'series', step, `${window}.json.gz`)
}

/** Reads a series file; `null` when there is none. Throws DamagedDerived and NewerSchema. */
export function readTable(data: string, step: StepName, window: string, choice?: CellChoice): StoredTable | null {
  const stored = readPacked(data, step, window)
  if (stored === null) return null
  const { value, sha256 } = stored
  const start = startOfWindow(window)
  const table = createTable(step, start, value.points)
  addPacked(table, value, choice)
  return { table, inputs: value.inputs, sha256 }
}

/** The same, its cells as they are written. */
export function readPackedTable(data: string, step: StepName, window: string): PackedTable | null {
  return readPacked(data, step, window)?.value ?? null
}

function readPacked(data: string, step: StepName, window: string) {
  const start = isoTime(startOfWindow(window))
  return readDerived<PackedTable & { schema: number; inputs: Inputs }>(
    seriesPath(data, step, window),
    SCHEMA,
    (table) => table.step === step && table.from === start,
    packedTable,
  )
}

function writeTable(data: string, window: string, table: SeriesTable, inputs: Inputs): string {
  const sorted = Object.fromEntries(
    Object.entries(inputs)
      .filter(([, ids]) => ids.length > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, ids]) => [name, [...ids].sort()]),
  )
  return writeJson(seriesPath(data, table.step, window), { schema: SCHEMA, inputs: sorted, ...tableToJson(table) })
}

/** One day at five minutes while parts are added to it. */
interface OpenDay {
  readonly table: SeriesTable
  readonly inputs: Map<string, Set<string>>
  isChanged: boolean
}

/** Parts that series or a board were made from, and that have gone. */
export class MissingParts extends UserError {
  /** The day that they are at home in. */
  readonly day: string
  /** Shortened. */
  readonly ids: readonly string[]

  constructor(day: string, ids: readonly string[]) {
    super(`parts of ${day} have gone: ${ids.join(', ')}`, EXIT.io)
    this.day = day
    this.ids = ids
  }
}

/** What must not be taken as it is. */
export interface Doubts {
  /** Days that are made from nothing, whatever is stored of them. */
  readonly anew?: ReadonlySet<string>
  /** Shortened ids of parts that have gone and cannot be made again. */
  readonly givenUp?: ReadonlySet<string>
}

/**
 * Brings series and boards up to date with the parts. Returns the days whose parts had changed, or of which a file had gone. Throws
 * DamagedPart, DamagedSegment, DamagedDerived, and MissingParts but for those that were given up.
 */
export function derive(
  data: string,
  onDay: (day: string, done: number, all: number) => void = () => {},
  { anew = new Set(), givenUp = new Set() }: Doubts = {},
): string[] {
  const index = readIndex(data)
  const isKept = (day: string) => isSince(index.since, '5m', day)
  const isIncomplete = createIsIncomplete(data)
  const hashes = new Map([...hashDays(data)].filter(([day]) => isKept(day)))
  const changed = [...new Set([...hashes.keys(), ...Object.keys(index.days), ...anew])]
    .filter(isKept)
    .filter((day) => anew.has(day) || hashes.get(day) !== index.days[day] || isIncomplete(day))
    .sort()
  if (changed.length === 0) return []

  const touched = new Set<string>()
  const run = createRun(data, index, hashes, { anew, givenUp })
  for (const [done, day] of changed.entries()) {
    onDay(day, done, changed.length)
    for (const each of run.deriveDay(day)) touched.add(each)
    run.closeBefore(day)
  }
  deriveCoarser(data, [...touched].sort())
  writeIndex(data, { days: Object.fromEntries(hashes), since: index.since })
  return changed
}

/** Has a file gone that was derived from a day? All names are listed once, for there are many days. */
function createIsIncomplete(data: string): (day: string) => boolean {
  const windows = (Object.keys(STEPS) as StepName[]).map((step) => ({ step, names: new Set(listWindows(data, step)) }))
  const boards = new Set(listDirectory(join(storeRoot(data), 'boards')))
  return (day) =>
    !boards.has(basename(boardPath(data, day))) ||
    windows.some(({ step, names }) => !names.has(windowOf(step, startOfDay(day)).name))
}

function createRun(
  data: string,
  { days: derived, since }: SeriesIndex,
  hashes: ReadonlyMap<string, string>,
  { anew, givenUp }: Required<Doubts>,
) {
  // Without an index nobody knows which days were whole: parts of a later day may reach into one that has gone.
  const isIndexLost =
    Object.keys(derived).length === 0 && listDirectory(join(storeRoot(data), 'series', '5m')).length > 0
  const open = new Map<string, OpenDay>()
  const listings = new Map<string, readonly PartName[]>()

  function partsOf(day: string): readonly PartName[] {
    const known = listings.get(day) ?? listParts(data, day)
    listings.set(day, known)
    return known
  }

  function openDay(day: string): OpenDay {
    const known = open.get(day)
    if (known !== undefined) return known
    // Read in any case: what a newer flowscan wrote must not be written over.
    const found = readTable(data, '5m', day)
    const stored = anew.has(day) ? null : found
    const isLost = stored === null && (anew.has(day) || isIndexLost || derived[day] !== undefined)
    const opened = stored === null || hasGone(stored.inputs) ? emptyDay(day) : fromStored(stored)
    open.set(day, opened)
    if (isLost || (stored !== null && hasGone(stored.inputs))) refill(day, opened, stored)
    return opened
  }

  /** Is there an input whose part no longer exists? Throws MissingParts unless it was given up. */
  function hasGone(inputs: Inputs): boolean {
    return Object.entries(inputs).some(([day, ids]) => {
      const present = new Set(partsOf(day).map(({ id }) => id))
      const gone = ids.filter((id) => !present.has(id))
      const superseded = new Set(gone.length === 0 ? [] : listStoredParts(data, day).map(({ id }) => id))
      const missing = gone.filter((id) => !givenUp.has(id) && !superseded.has(id))
      if (missing.length > 0) throw new MissingParts(day, missing)
      return gone.length > 0
    })
  }

  /**
   * From nothing: every part of the day and its neighbours that touches it. But of its own only those that its neighbours have already: once a day
   * lists a part, nobody looks whether they do, so new ones are left to `deriveDay`.
   */
  function refill(day: string, opened: OpenDay, stored: StoredTable | null): void {
    const listed = new Set(stored?.inputs[day])
    const isOld = (id: string) => (stored === null ? hashes.get(day) === derived[day] : listed.has(id))
    for (const home of neighbours(day))
      for (const name of partsOf(home))
        if (home !== day || isOld(name.id)) fold(opened, day, home, name.id, readPart(data, name))
    opened.isChanged = opened.inputs.size > 0 || isThere(seriesPath(data, '5m', day))
  }

  function fold(opened: OpenDay, day: string, home: string, id: string, part: Part): void {
    const ids = opened.inputs.get(home) ?? new Set()
    if (ids.has(id) || !addPartToDay(opened.table, day, home, part)) return
    opened.inputs.set(home, ids.add(id))
    opened.isChanged = true
  }

  function close(day: string): void {
    const { table, inputs, isChanged } = open.get(day)!
    if (isChanged) writeTable(data, day, table, Object.fromEntries([...inputs].map(([home, ids]) => [home, [...ids]])))
    open.get(day)!.isChanged = false
  }

  return {
    /** Adds the new parts of a day; returns every day they touch. Neighbours are written first, the day itself last. */
    deriveDay(day: string): string[] {
      const days = neighbours(day).filter((each) => isSince(since, '5m', each))
      for (const each of days) if (each === day || open.has(each) || readsAs(each)) openDay(each)
      const home = openDay(day)
      const found = readDayBoard(data, day)
      const stored = anew.has(day) ? null : found
      const board = openBoard(data, day, stored, stored !== null && hasGone({ [day]: stored.inputs }))
      for (const name of partsOf(day)) {
        const isFolded = home.inputs.get(day)?.has(name.id) === true
        if (isFolded && board.has(name.id)) continue
        const part = readPart(data, name)
        board.add(name.id, part)
        if (isFolded) continue
        for (const each of daysOf(part))
          if (each !== day && days.includes(each)) fold(openDay(each), each, day, name.id, part)
        fold(home, day, day, name.id, part)
      }
      board.write()
      for (const each of days) if (each !== day && open.has(each)) close(each)
      close(day)
      return days.filter((each) => open.has(each))
    },
    /** Days that no later one touches need no more room. */
    closeBefore(day: string): void {
      for (const known of [open, listings])
        for (const each of known.keys()) if (startOfDay(each) < startOfDay(day) - DAY_SECONDS) known.delete(each)
    },
  }

  function readsAs(day: string): boolean {
    return partsOf(day).length > 0 || isThere(seriesPath(data, '5m', day))
  }
}

function emptyDay(day: string): OpenDay {
  return { table: createTable('5m', startOfDay(day), DAY_SECONDS / STEPS['5m']), inputs: new Map(), isChanged: false }
}

function fromStored({ table, inputs }: StoredTable): OpenDay {
  return { table, inputs: new Map(Object.entries(inputs).map(([day, ids]) => [day, new Set(ids)])), isChanged: false }
}

/** A part reaches at most 24 hours back and ten minutes ahead: the day before, the day, the day behind. */
export function neighbours(day: string): string[] {
  const start = startOfDay(day)
  return [-1, 0, 1].map((days) => dayOf(start + days * DAY_SECONDS))
}

function daysOf(part: Part): string[] {
  return [...new Set(part.slots.map(({ slot }) => dayOf(slot)))]
}

/** Adds what a part holds of one day; `false` when it holds nothing of it and is not at home there. */
function addPartToDay(table: SeriesTable, day: string, home: string, part: Part): boolean {
  const pointOf = (slot: number) => (slot - table.from) / STEPS['5m']
  let touches = day === home
  if (touches) {
    addKnown(table, pointOf(part.slot), part.counted)
    for (const flaw of FLAWS) addFlawed(table, flaw, pointOf(part.slot), part.quality[flaw] ?? 0)
  }
  for (const { slot, cells } of part.slots) {
    if (dayOf(slot) !== day) continue
    touches = true
    for (const [cell, byDirection] of Object.entries(cells)) {
      for (const direction of DIRECTIONS) {
        const counts = byDirection[direction]
        if (counts !== undefined) addCounts(seriesOf(table, cell, direction), pointOf(slot), counts)
      }
    }
  }
  return touches
}

/** The day's board; begun anew when it holds a part that no longer exists. */
function openBoard(data: string, day: string, stored: DayBoard | null, hasGone: boolean) {
  const sound = hasGone ? null : stored
  const inputs = new Set(sound?.inputs)
  const sum: BoardSum = resumeBoardSum(day, sound)
  let isChanged = hasGone
  return {
    has: (id: string) => inputs.has(id),
    add(id: string, part: Part): void {
      if (inputs.has(id)) return
      addPart(sum, part)
      inputs.add(id)
      isChanged = true
    },
    write(): void {
      if (isChanged) writeDayBoard(data, day, [...inputs], sum)
    },
  }
}

/** 30 minutes from 5, 2 hours from 30 minutes, 1 day from 2 hours, wherever the finer file is not the one it was made from. */
function deriveCoarser(data: string, days: readonly string[]): void {
  const months = openWindows(data, '2h')
  const years = openWindows(data, '1d')
  for (const day of days) {
    const fine = readTable(data, '5m', day)
    if (fine === null) continue
    const half = deriveHalfHours(data, day, fine)
    const twoHours = rollUp(half.table, '2h')
    months.put(day, twoHours, half.sha256)
    years.put(day, rollUp(twoHours, '1d'), half.sha256)
  }
  months.close()
  years.close()
}

function deriveHalfHours(data: string, day: string, fine: StoredTable): { table: SeriesTable; sha256: string } {
  const stored = readTable(data, '30m', day)
  if (stored !== null && stored.inputs[day]?.[0] === fine.sha256) return stored
  const table = rollUp(fine.table, '30m')
  return { table, sha256: writeTable(data, day, table, { [day]: [fine.sha256] }) }
}

/** Windows of many days: each is read once, gets the stretches of its days, and is written once. */
function openWindows(data: string, step: '2h' | '1d') {
  const open = new Map<string, { table: SeriesTable; inputs: Record<string, readonly string[]>; isChanged: boolean }>()

  function openWindow(day: string) {
    const { name, from, length } = windowOf(step, startOfDay(day))
    const known = open.get(name)
    if (known !== undefined) return known
    const stored = readTable(data, step, name)
    const opened =
      stored === null ? refill(from, length) : { table: stored.table, inputs: { ...stored.inputs }, isChanged: false }
    open.set(name, opened)
    return opened
  }

  /** A window that is new, or was lost: from every half-hour file within it; days from two-hour files where the half hours have faded. */
  function refill(from: number, length: number) {
    const opened = {
      table: createTable(step, from, length),
      inputs: {} as Record<string, readonly string[]>,
      isChanged: true,
    }
    const to = from + length * STEPS[step]
    // Most of a year's days are not there, and to look for each takes longer than to list those that are.
    const storedAs = (finer: '2h' | '30m') => {
      const stored = new Set(listWindows(data, finer))
      return windowsBetween(finer, from, to).filter(({ name }) => stored.has(name))
    }
    if (step === '1d') for (const { name } of storedAs('2h')) takeMonth(opened, name)
    for (const { name } of storedAs('30m')) {
      const half = readTable(data, '30m', name)
      if (half === null) continue
      const twoHours = rollUp(half.table, '2h')
      replaceStretch(opened.table, step === '2h' ? twoHours : rollUp(twoHours, '1d'))
      opened.inputs[name] = [half.sha256]
    }
    return opened
  }

  function takeMonth(
    { table, inputs }: { table: SeriesTable; inputs: Record<string, readonly string[]> },
    name: string,
  ): void {
    const month = readTable(data, '2h', name)
    if (month === null) return
    replaceStretch(table, rollUp(month.table, '1d'))
    Object.assign(inputs, month.inputs)
  }

  return {
    put(day: string, piece: SeriesTable, sha256: string): void {
      const window = openWindow(day)
      if (window.inputs[day]?.[0] === sha256) return
      replaceStretch(window.table, piece)
      window.inputs[day] = [sha256]
      window.isChanged = true
    },
    close(): void {
      for (const [name, { table, inputs, isChanged }] of open) if (isChanged) writeTable(data, name, table, inputs)
    },
  }
}

/**
 * Throws NewerSchema where a newer flowscan has worked, as its newest part or the index tell: to be called before anything is written.
 * Damage is left to who reads.
 */
export function refuseNewerStore(data: string): void {
  for (const read of [() => readIndex(data), () => readNewestPart(data)]) {
    try {
      read()
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error
    }
  }
}
