import { createHash } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Board } from '../ingest/model/board.ts'
import { dayOf, SLOT_SECONDS } from '../ingest/model/time.ts'
import { listDirectory, writeJson } from '../ingest/store/files.ts'
import { recountsOf, storeRoot } from '../ingest/store/generation.ts'
import { hashDays } from '../ingest/store/part.ts'
import { isSince, readIndex as readSeriesIndex } from '../ingest/store/series-index.ts'
import type { BoardReader } from './boards.ts'
import { slotName } from './links.ts'
import { dayPage } from './pages/day.ts'
import type { Page } from './pages/page.ts'
import type { Site } from './pages/site.ts'
import { slotPage } from './pages/slot.ts'
import { readRemembered } from './remembered.ts'

/*
 * The scoreboards of every slot and day that ever was. Releases come and go; the archive stays, and every release points
 * into it. What was rendered from what is written down beside the pages, in `archive/<day>.json.gz`, which is not served.
 */
const SCHEMA = 1
/** In place of a hash: the slots of the day have no pages any more. */
const FADED = 'faded'

/** The archive brought up to date, a day at a time, so that years of backlog need no more memory than a day. */
export interface ArchivePlan {
  /** UTC days that have pages once all is done, ascending. */
  readonly days: readonly string[]
  /** The first UTC day whose slots have pages; from then on every slot that has a part has one. `null`: none has. */
  readonly since: string | null
  /** The days of which something has to be rendered or looked at, ascending. */
  planned(): Generator<PlannedDay>
  /** Writes down that the pages of days are in place. */
  commit(done: readonly PlannedDay[]): void
}

export interface PlannedDay {
  readonly day: string
  /** Its slots are older than is kept: their pages go when the day's own no longer leads to them. */
  readonly hasFaded: boolean
  readonly pages: readonly ArchivePage[]
  readonly record: DayRecord
}

export interface ArchivePage {
  readonly page: Page
  /** Nothing links to it yet, so it can be written before the release that does. Others are written after it. */
  readonly isNew: boolean
}

/** What the pages of a day were made from. */
interface DayRecord {
  readonly slots: { readonly [name: string]: SlotRecord }
  /** Of the day's own page. */
  readonly key: string
}

interface SlotRecord {
  readonly key: string
}

/** Of a site without scoreboards. */
export const NO_ARCHIVE: ArchivePlan = { days: [], since: null, *planned() {}, commit() {} }

/**
 * Finds the slots and days whose pages are missing or were made from something else. A slot is rendered when it is new,
 * when a late file changes it or the slot before it, and once more when it gets a successor to link to. Days without
 * parts keep the pages they have; of days before `retention.boards` only their own page stays.
 */
export function planArchive(site: Site, directory: string, boards: BoardReader): ArchivePlan {
  const { data } = site.config
  const { since } = readSeriesIndex(data)
  const recounts = recountsOf(storeRoot(data))
  const isKept = (day: string) => isSince(since, 'boards', day)
  const hashes = new Map(
    [...hashDays(data)]
      .filter(([day]) => isKept(day))
      .map(([day, hash]) => [day, [hash, recounts[day] ?? ''].join(' ').trim()]),
  )
  const days = [...new Set([...listArchive(directory), ...hashes.keys()])].sort()
  const seen = { ...readIndex(directory) }
  const stateOf = (day: string) => (isKept(day) ? hashes.get(day) : FADED)
  const isChanged = (day: string | undefined) => {
    const state = day === undefined ? undefined : stateOf(day)
    return state !== undefined && (seen[day!] !== state || !existsSync(join(directory, day!)))
  }
  const affected = days.filter(
    (day, at) => stateOf(day) !== undefined && [day, days[at - 1], days[at + 1]].some(isChanged),
  )

  const records = new Map<string, DayRecord>()
  return {
    days,
    since: days.find((day) => hashes.has(day)) ?? null,
    *planned() {
      for (const day of affected) {
        const at = days.indexOf(day)
        const neighbours = { previous: days[at - 1] ?? null, next: days[at + 1] ?? null }
        const planned = planDay(site, directory, boards, { recounts, isKept }, day, neighbours)
        records.set(day, planned.record)
        yield planned
      }
    },
    commit(done) {
      for (const { day, record } of done) {
        writeJson(recordPath(directory, day), { schema: SCHEMA, ...record })
        seen[day] = stateOf(day)!
      }
      if (done.length > 0) writeJson(indexPath(directory), { schema: SCHEMA, days: seen })
    },
  }
}

type Recounts = ReturnType<typeof recountsOf>

interface Neighbours {
  readonly previous: string | null
  readonly next: string | null
}

function planDay(
  site: Site,
  directory: string,
  boards: BoardReader,
  { recounts, isKept }: { readonly recounts: Recounts; isKept(day: string): boolean },
  day: string,
  days: Neighbours,
): PlannedDay {
  const before = readRecord(directory, day)
  const slotsOf = (day: string | null) => (day === null || !isKept(day) ? [] : [...boards.list(day).keys()])
  const idsOf = (slot: number) => (boards.list(dayOf(slot)).get(slot) ?? []).map(({ id }) => idOfCount(id, dayOf(slot)))
  // A part that was counted again has the id it had.
  const idOfCount = (id: string, day: string) => (recounts[day] === undefined ? id : `${id} ${recounts[day]}`)
  const boardOf = (slot: number) => boards.slot(slot).board ?? emptyBoard(slot)
  const slots = slotsOf(day)
  const edges = { previous: slotsOf(days.previous).at(-1) ?? null, next: slotsOf(days.next)[0] ?? null }
  const pages: ArchivePage[] = []
  const records: Record<string, SlotRecord> = {}
  for (const [at, slot] of slots.entries()) {
    const name = slotName(slot)
    const previous = slots[at - 1] ?? edges.previous
    const next = slots[at + 1] ?? edges.next
    const key = keyOf(slot, idsOf(slot), previous, previous === null ? [] : idsOf(previous), next)
    const isNew = !existsSync(join(directory, day, name, 'index.html'))
    const known = before.slots[name]
    if (!isNew && known?.key === key) {
      records[name] = known
      continue
    }
    records[name] = { key }
    const earlier = previous === null ? null : boardOf(previous)
    pages.push({ page: slotPage(site, boardOf(slot), earlier, { previous, next }), isNew })
  }
  const stored = boards.day(day)
  const inputs = (stored?.inputs ?? []).map((id) => idOfCount(id, day))
  const key = keyOf(inputs, slots, days.previous, days.next)
  const isNew = !existsSync(join(directory, day, 'index.html'))
  if (isNew || before.key !== key) pages.push({ page: dayPage(site, day, stored?.board ?? null, slots, days), isNew })
  return { day, pages, hasFaded: !isKept(day), record: { slots: records, key } }
}

function keyOf(...inputs: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16)
}

/** Of a slot that has no part any more. */
function emptyBoard(from: number): Board {
  const none = { distinct: 0, kept: 0, rows: [] }
  return {
    from,
    seconds: SLOT_SECONDS,
    total: { in: [0, 0, 0], out: [0, 0, 0] },
    inside: none,
    outside: none,
    networks: {},
  }
}

/** Removes the pages of a day's slots. */
export function removeSlots(directory: string, day: string): void {
  for (const name of listDirectory(join(directory, day)))
    if (/^\d{4}$/.test(name)) rmSync(join(directory, day, name), { recursive: true, force: true })
}

/** Days that have pages. */
export function listArchive(directory: string): string[] {
  return listDirectory(directory).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name))
}

function recordPath(directory: string, day: string): string {
  return join(directory, `${day}.json.gz`)
}

function indexPath(directory: string): string {
  return join(directory, 'index.json.gz')
}

function readRecord(directory: string, day: string): DayRecord {
  return readRemembered<DayRecord>(recordPath(directory, day), SCHEMA) ?? { slots: {}, key: '' }
}

/** By day, which parts it had (`hashOf`) when its pages were last looked at. */
function readIndex(directory: string): Record<string, string> {
  return readRemembered<{ days: Record<string, string> }>(indexPath(directory), SCHEMA)?.days ?? {}
}
