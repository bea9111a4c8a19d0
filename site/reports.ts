import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { renamesOf } from '../ingest/classify/former.ts'
import { DAY_SECONDS, dayOf, SLOT_SECONDS, STEPS, type StepName, startOfDay } from '../ingest/model/time.ts'
import { DamagedFile, listDirectory, readJson, removeFile, writeJson } from '../ingest/store/files.ts'
import { recountsOf } from '../ingest/store/generation.ts'
import { listParts } from '../ingest/store/part.ts'
import { hashOf as hashOfParts } from '../ingest/store/segment.ts'
import { readSeries } from '../ingest/store/series.ts'
import { type Floors, isSince, listWindows, readIndex } from '../ingest/store/series-index.ts'
import { startOfWindow, windowOf, windowsBetween } from '../ingest/store/windows.ts'
import { type Month, monthNamed, monthsBetween } from './months.ts'
import type { Site } from './pages/site.ts'
import { firstSlot } from './quality.ts'
import {
  cellsOf,
  createIsPart,
  divide,
  isSameStatement,
  type Layout,
  layoutOf,
  reviveRow,
  reviveStatement,
  type Statement,
  statementOf,
} from './statement.ts'
import { addSeries, createTally, reviveTally, type Tally } from './tally.ts'

/*
 * The statements of months. That of a month that is over is frozen: its page is rendered once, into `archive/reports/<month>`
 * beside the releases. What comes later does not change it; the list of months tells what its figures would be now. Not served, beside
 * the pages: `<month>.json.gz`, what the list tells and what that was made from; `<month>.statement.json.gz`, all figures;
 * `<month>.tally.json.gz`, what the days of an open month that are over add up to.
 */
const SCHEMA = 2
const HOUR = 3600

/** What the list of months tells of one. */
export type Summary = Omit<Statement, 'dimensions'>

/** A month of the site's zone with its statement. */
export interface Report {
  readonly month: Month
  readonly isFrozen: boolean
  /** Unix seconds: up to where there were flow files when it was frozen. */
  readonly frozen: number | null
  /** `null`: what is kept of a frozen one beside its page cannot be read. */
  readonly summary: Summary | null
  /** What that of a frozen month would be now, where flow files that came later made a difference. */
  readonly later: Summary | null
  /** All of it, read when it is asked for; `null` where it cannot be. */
  statement(): Statement | null
}

/** What is kept of a month. */
interface Kept {
  readonly frozen: number | null
  readonly summary: Summary
  readonly later: Summary | null
  /** What it was last made from, or compared with, and from when on it was (unix seconds: the end of the newest slot then). */
  readonly state: string
  readonly unchangedSince: number
}

export interface ReportPlan {
  /** The newest month first. */
  readonly reports: readonly Report[]
  /** Frozen ones whose page is to be written. */
  readonly unwritten: readonly Report[]
  /** Writes down what is frozen: its pages are in place. */
  commit(): void
}

/** Brings the statements up to date with the store. `newest`: the newest slot, unix seconds; `null` when nothing was ingested. */
export function planReports(site: Site, directory: string, newest: number | null): ReportPlan {
  const store = newest === null ? null : openStore(site, newest + SLOT_SECONDS)
  const months = [...listKept(directory).map((name) => monthNamed(name, site.timeZone)), ...(store?.months ?? [])]
  const changed = new Map<string, Kept>()
  const justFrozen = new Set<string>()
  const reports = [...new Map(months.map((month) => [month.name, month])).values()]
    .sort((a, b) => b.from - a.from)
    .flatMap((month): Report[] => {
      const statement = () => readStatement(directory, month.name)
      const before = readKept(directory, month.name)
      if (before === DAMAGED) return [{ month, isFrozen: true, frozen: null, summary: null, later: null, statement }]
      const now = store === null ? before : renew(store, directory, month, before)
      if (now === null) return []
      if (now.frozen !== null && now !== before) changed.set(month.name, now)
      if (now.frozen !== null && before?.frozen == null) justFrozen.add(month.name)
      return [{ month, ...now, isFrozen: now.frozen !== null, statement }]
    })
  return {
    reports,
    unwritten: reports.filter(
      ({ month, isFrozen }) => isFrozen && (justFrozen.has(month.name) || !hasPage(directory, month.name)),
    ),
    commit() {
      for (const [month, kept] of changed) {
        writeKept(directory, month, kept)
        removeFile(tallyPath(directory, month))
      }
    },
  }
}

/** What statements are made from. */
interface OpenStore {
  readonly data: string
  readonly timeZone: string
  readonly layout: Layout
  readonly rename: (cell: string) => string
  /** The end of the newest slot; of the newest whole hour since a month began is told. Unix seconds. */
  readonly end: number
  /** The first slot that was ever stored, unix seconds; `null`: it may have faded. */
  readonly begin: number | null
  readonly since: Floors
  /** By UTC day, what its series were made from. */
  readonly days: ReadonlyMap<string, string>
  readonly months: readonly Month[]
}

/** What is kept since the very day of the first slot may have faded before it. */
function beginOf(data: string, since: Floors): number | null {
  const first = firstSlot(data)
  return first !== null && (since['5m'] === undefined || dayOf(first) > since['5m']) ? first : null
}

function openStore({ config, timeZone, ...site }: Site, end: number): OpenStore {
  const { data } = config
  const { since, days } = readIndex(data)
  const recounts = recountsOf(data)
  const layout = layoutOf({ config, timeZone, ...site })
  return {
    data,
    timeZone,
    layout,
    rename: renamesOf(config).cell,
    end,
    begin: beginOf(data, since),
    since,
    days: new Map(Object.entries(days).map(([day, hash]) => [day, [hash, recounts[day] ?? ''].join(' ').trim()])),
    months: monthsBetween(startOfSeries(data, end), end, timeZone),
  }
}

/** No later than the first value that is stored; `end` when none is. */
function startOfSeries(data: string, end: number): number {
  const starts = (['5m', '30m', '2h'] as const).flatMap((step) =>
    listWindows(data, step).slice(0, 1).map(startOfWindow),
  )
  return Math.min(end, ...starts)
}

/** `null`: there is nothing to tell of the month. */
function renew(store: OpenStore, directory: string, month: Month, before: Kept | null): Kept | null {
  if (before !== null && before.frozen !== null) return compare(store, directory, month, before)
  const until = Math.min(month.to, month.from + Math.floor((store.end - month.from) / HOUR) * HOUR)
  const step = until > month.from ? finestStep(store.since, month) : null
  if (step === null) return before
  const state = stateOf(store, month, until)
  if (before !== null && before.state === state && state !== UNSETTLED)
    return isFinal(store, month, before) ? { ...before, frozen: store.end, state: inputsOf(store, month) } : before
  const tally = addUp(store, store.layout, month, until, step, tallyPath(directory, month.name))
  // Before the first flow file, and within a gap of a whole month, there is nothing to state.
  if (tally.known === 0) return null
  const layout = divide(store.layout, Object.keys(tally.cells))
  const statement = statementOf(layout, month, sinceOf(store, month), store.timeZone, step, tally)
  const kept = { frozen: null, summary: summaryOf(statement), later: null, state, unchangedSince: store.end }
  writeJson(statementPath(directory, month.name), { schema: SCHEMA, ...statement })
  writeKept(directory, month.name, kept)
  return kept
}

/** Nothing can come any more but what is late, and for a day nothing did: whoever feeds old flow files is not frozen half-way. */
function isFinal({ end }: OpenStore, month: Month, { unchangedSince }: Kept): boolean {
  return end >= settledAt(month) && end - unchangedSince >= DAY_SECONDS
}

/**
 * When nothing can come any more but what is late: no flow is divided further back than 24 hours, and by the end of that
 * UTC day all of its flow files have had their time.
 */
export function settledAt({ to }: Pick<Month, 'to'>): number {
  return Math.ceil((to + DAY_SECONDS) / DAY_SECONDS) * DAY_SECONDS
}

/** What a frozen statement would be now, when what it was made from has changed and is still there. */
function compare(store: OpenStore, directory: string, month: Month, before: Kept): Kept {
  const { stepSeconds, timeZone } = before.summary
  const step = finestStep(store.since, month)
  const state = inputsOf(store, month)
  if (state === before.state || step === null || STEPS[step] !== stepSeconds || timeZone !== store.timeZone)
    return before
  const statement = readStatement(directory, month.name)
  if (statement === null) return before
  const tally = addUp(store, statement, month, month.to, step, null)
  const now = statementOf(statement, month, sinceOf(store, month), timeZone, step, tally)
  return { ...before, state, later: isSameStatement(now, statement) ? null : summaryOf(now) }
}

function summaryOf({ dimensions: _dimensions, ...summary }: Statement): Summary {
  return summary
}

/** The finest values that are kept for all of a month and fit its ends; `null`: none. */
function finestStep(since: Floors, { from, to }: Month): StepName | null {
  const steps = Object.keys(STEPS) as StepName[]
  const fits = (step: StepName) => from % STEPS[step] === 0 && to % STEPS[step] === 0
  return steps.find((step) => fits(step) && isSince(since, step, windowOf(step, from).name)) ?? null
}

const UNSETTLED = ''

/** Changes when a statement that is not frozen is to be made anew. */
function stateOf(store: OpenStore, month: Month, until: number): string {
  const { timeZone, layout, end } = store
  const inputs = inputsOf(store, month)
  const hour = end < settledAt(month) ? wholeHour(end) : null
  return inputs === UNSETTLED ? UNSETTLED : hashOf(SCHEMA, inputs, timeZone, layout, until, hour, sinceOf(store, month))
}

/** Where the first flow file is of a slot within the month: that slot. */
function sinceOf({ begin }: OpenStore, { from, to }: Month): number | null {
  return begin !== null && begin > from && begin < to ? begin : null
}

function wholeHour(seconds: number): number {
  return Math.floor(seconds / HOUR) * HOUR
}

/**
 * Changes with what a month's figures are made from: the parts of its days and of those whose flows still reach into it. Of the
 * newest day, those that were there at the whole hour: the rest shows with the next.
 */
function inputsOf({ data, end, days }: OpenStore, month: Month): string {
  const last = dayOf(end)
  const over = [...days].filter(([day]) => day >= dayOf(month.from) && day < last && startOfDay(day) < settledAt(month))
  const parts = settledAt(month) > end ? listParts(data, last) : []
  if (parts.length > 0 && days.get(last)?.split(' ')[0] !== hashOfParts(parts)) return UNSETTLED
  const newest = parts.filter(({ slot }) => slot < wholeHour(end)).map(({ name }) => name)
  return hashOf(month, over.sort(), newest)
}

/**
 * Adds up what is stored of a month, window by window. `path`: what the days that are over add up to is kept there, so that an
 * hour more costs little.
 */
function addUp(
  store: OpenStore,
  layout: Layout,
  month: Month,
  until: number,
  step: StepName,
  path: string | null,
): Tally {
  const { from, to } = month
  const wanted = cellsOf(layout)
  const isPart = createIsPart(layout)
  const choice = { wants: (cell: string) => wanted.has(cell) || isPart(cell), rename: store.rename }
  // A flow of the day after still reaches into a day.
  const isOver = (day: string) => day <= dayOf(until - 2 * DAY_SECONDS)
  const inputs = [...store.days].filter(([day]) => day >= dayOf(from) && day <= dayOf(until - DAY_SECONDS)).sort()
  const key = hashOf(
    SCHEMA,
    from,
    to,
    step,
    [...wanted],
    layout.dimensions.map(({ pair }) => pair ?? null),
    inputs,
  )
  const kept = path === null || step !== '5m' ? null : readTally(path, key)
  const tally = kept ?? createTally(from)
  const begin = tally.until
  for (const window of windowsBetween(step, begin, until)) {
    const isFirstOpen = tally.until > begin && !isOver(window.name) && isOver(dayOf(tally.until - 1))
    if (path !== null && step === '5m' && isFirstOpen) writeJson(path, { schema: SCHEMA, key, tally })
    const end = Math.min(until, window.from + window.length * STEPS[step])
    const series = readSeries(store.data, step, { from: tally.until, to: end }, choice)
    addSeries(tally, series, new Set([...wanted, ...series.cells.keys()]), (to - from) / SLOT_SECONDS)
  }
  return tally
}

function readTally(path: string, key: string): Tally | null {
  const stored = readStored<{ schema: number; key: string; tally: Tally }>(path)
  return stored === null || stored === DAMAGED || stored.key !== key ? null : reviveTally(stored.tally)
}

const DAMAGED = Symbol('damaged')

/** What cannot be read is made again, unless there is a page that must stay as it is. */
function readKept(directory: string, month: string): Kept | null | typeof DAMAGED {
  const kept = readStored<Kept & { schema: number }>(keptPath(directory, month))
  if (kept === DAMAGED) return hasPage(directory, month) ? DAMAGED : null
  if (kept !== null && !hasPage(directory, month) && readStatement(directory, month) === null) return null
  for (const summary of [kept?.summary, kept?.later]) if (summary) reviveRow(summary.total)
  return kept
}

function hasPage(directory: string, month: string): boolean {
  return existsSync(join(directory, month, 'index.html'))
}

function writeKept(directory: string, month: string, kept: Kept): void {
  writeJson(keptPath(directory, month), { schema: SCHEMA, ...kept })
}

function readStatement(directory: string, month: string): Statement | null {
  const statement = readStored<Statement & { schema: number }>(statementPath(directory, month))
  return statement === null || statement === DAMAGED ? null : reviveStatement(statement)
}

function readStored<T extends { schema: number }>(path: string): T | null | typeof DAMAGED {
  try {
    const stored = readJson(path)?.value as T | undefined
    return stored === undefined ? null : stored.schema === SCHEMA ? stored : DAMAGED
  } catch (error) {
    if (error instanceof DamagedFile) return DAMAGED
    throw error
  }
}

/** Months that something is kept of. */
function listKept(directory: string): string[] {
  return listDirectory(directory).flatMap((name) => /^(\d{4}-\d\d)\.json\.gz$/.exec(name)?.[1] ?? [])
}

function keptPath(directory: string, month: string): string {
  return join(directory, `${month}.json.gz`)
}

function statementPath(directory: string, month: string): string {
  return join(directory, `${month}.statement.json.gz`)
}

function tallyPath(directory: string, month: string): string {
  return join(directory, `${month}.tally.json.gz`)
}

function hashOf(...inputs: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 32)
}
