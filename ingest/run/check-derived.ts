import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DAY_SECONDS, dayOf, STEPS, type StepName, startOfDay } from '../model/time.ts'
import { boardPath, readDayBoard } from '../store/boards.ts'
import { type Inputs, neighbours, readTable, seriesPath } from '../store/derive.ts'
import { listDirectory } from '../store/files.ts'
import { storeRoot } from '../store/generation.ts'
import { hashOf } from '../store/segment.ts'
import { indexPath, isSince, readIndex, type SeriesIndex } from '../store/series-index.ts'
import { startOfWindow, windowOf } from '../store/windows.ts'
import type { PartsFound } from './check-parts.ts'
import type { Findings } from './defect.ts'

/** In place of the hash of a file that could not be read: what was made from it cannot be judged. */
const UNREAD = ''
const OTHER_INPUTS = 'it was made from something else than what is there'

/** Reads every derived file: checksum, schema, name, and that it was made from what is there. Returns how many there are. */
export function checkDerived(
  data: string,
  parts: PartsFound,
  findings: Findings,
  onFile: (done: number, all: number) => void = () => {},
): number {
  const index = findings.look(indexPath(data), () => readIndex(data)) ?? { days: {}, since: {} }
  const isPending = pendingDays(data, parts, index, findings)
  const files = listDerived(data, parts, index)
  const hashes = new Map<string, string>()
  for (const [done, { step, name }] of files.entries()) {
    onFile(done, files.length)
    const days = step === 'board' ? [name] : daysOf(step, name)
    const canJudge = (day: string) => isMadeFromKept(index, step, day)
    const path = step === 'board' ? boardPath(data, name) : seriesPath(data, step, name)
    if (step === '5m' && !isSince(index.since, step, name)) {
      findings.add('pending', path, 'it has faded and was not removed yet')
      continue
    }
    const expected = expectedInputs(step, name, parts, hashes)
    if (!existsSync(path)) {
      if (Object.keys(expected).length === 0) continue
      findings.add(days.some(isPending) ? 'pending' : 'damage', path, 'it has gone')
      continue
    }
    const stored = findings.look(path, () => readInputs(data, step, name))
    hashes.set(`${step} ${name}`, stored?.sha256 ?? UNREAD)
    if (step === '1d' && stored !== null) findGoneBoards(data, name, index, findings)
    if (stored === null || Object.values(expected).flat().includes(UNREAD)) continue
    const faded = step === '2h' ? goneHalves(stored.inputs, hashes, index) : []
    for (const day of faded) findings.add('damage', seriesPath(data, '30m', day), 'it has gone', MEND_FADED)
    const judged = (inputs: Inputs) => only(inputs, days, (day) => canJudge(day) && !faded.includes(day))
    if (isSame(judged(stored.inputs), judged(expected), parts.unread)) continue
    if (days.some(isPending)) findings.add('pending', path, OTHER_INPUTS)
    else findings.addWrong(path, OTHER_INPUTS)
  }
  return files.length + (existsSync(indexPath(data)) ? 1 : 0)
}

type Kind = StepName | 'board'

const MEND_FADED = 'nothing: what it was made from has faded'

/** Boards of days whose parts have faded stay: each day with flow files has one. */
function findGoneBoards(data: string, year: string, { since }: SeriesIndex, findings: Findings): void {
  const { known } = readTable(data, '1d', year, { wants: () => false })!.table
  for (const [at, day] of daysOf('1d', year).entries())
    if (known[at]! > 0 && !isSince(since, '5m', day) && !existsSync(boardPath(data, day)))
      findings.add('damage', boardPath(data, day), 'it has gone', MEND_FADED)
}

/** Is what a file was made from on a day still kept? */
function isMadeFromKept({ since }: SeriesIndex, step: Kind, day: string): boolean {
  return isSince(since, step === '2h' || step === '1d' ? '30m' : '5m', day)
}

/** Half-hour files that have gone and cannot be made again, for five-minute values have faded. */
function goneHalves(inputs: Inputs, hashes: ReadonlyMap<string, string>, { since }: SeriesIndex): string[] {
  return Object.keys(inputs).filter(
    (day) => !hashes.has(`30m ${day}`) && isSince(since, '30m', day) && !isSince(since, '5m', day),
  )
}

/** The inputs on these days; those of a 5-minute file or board are by the days at which parts are at home, and stay. */
function only(inputs: Inputs, days: readonly string[], isWanted: (day: string) => boolean): Inputs {
  return Object.fromEntries(Object.entries(inputs).filter(([day]) => !days.includes(day) || isWanted(day)))
}

/** Days of which a run has not derived everything yet: theirs or a neighbour's parts are others than the index tells of. */
function pendingDays(
  data: string,
  { homes }: PartsFound,
  { days, since }: SeriesIndex,
  findings: Findings,
): (day: string) => boolean {
  const current = new Map([...homes].map(([day, names]) => [day, hashOf(names)]))
  const changed = new Set(
    [...homes.keys(), ...Object.keys(days)].filter(
      (day) => isSince(since, '5m', day) && days[day] !== current.get(day),
    ),
  )
  if (changed.size > 0)
    findings.add('pending', indexPath(data), `${changed.size} days have other parts than when series were made`)
  return (day) => neighbours(day).some((each) => changed.has(each))
}

/** What is there and what should be; the finer before the coarser, for these hold the hashes of those. */
function listDerived(
  data: string,
  { homes, reaching }: PartsFound,
  { since }: SeriesIndex,
): { step: Kind; name: string }[] {
  const isKept = (day: string) => isSince(since, '5m', day)
  const reached = [...reaching.keys()].filter(isKept)
  const series = (Object.keys(STEPS) as StepName[]).flatMap((step) => {
    const wanted = reached.map((day) => windowOf(step, startOfDay(day)).name)
    return union(wanted, windowNames(join(storeRoot(data), 'series', step), step)).map((name) => ({ step, name }))
  })
  const boards = union([...homes.keys()].filter(isKept), windowNames(join(storeRoot(data), 'boards'), '5m'))
  return [...series, ...boards.map((name) => ({ step: 'board' as const, name }))]
}

function union(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].sort()
}

/** Names of windows of this resolution in a directory; others are strangers. */
function windowNames(directory: string, step: StepName): string[] {
  return listDirectory(directory)
    .map((name) => name.replace(/\.json\.gz$/, ''))
    .filter((name) => /^\d{4}(-\d\d){0,2}$/.test(name) && windowOf(step, startOfWindow(name)).name === name)
}

function daysOf(step: StepName, name: string): string[] {
  const { from, length } = windowOf(step, startOfWindow(name))
  return Array.from({ length: (length * STEPS[step]) / DAY_SECONDS }, (_, at) => dayOf(from + at * DAY_SECONDS))
}

function readInputs(data: string, step: Kind, name: string): { inputs: Inputs; sha256: string } | null {
  if (step !== 'board') return readTable(data, step, name, { wants: () => false })
  const board = readDayBoard(data, name)
  return board === null ? null : { inputs: { [name]: board.inputs }, sha256: '' }
}

function expectedInputs(step: Kind, name: string, parts: PartsFound, hashes: ReadonlyMap<string, string>): Inputs {
  if (step === 'board') return { [name]: (parts.homes.get(name) ?? []).map(({ id }) => id) }
  if (step === '5m')
    return Object.fromEntries([...(parts.reaching.get(name) ?? [])].map(([home, ids]) => [home, [...ids]]))
  const finer = step === '30m' ? '5m' : '30m'
  return Object.fromEntries(
    daysOf(step, name).flatMap((day) => {
      const hash = hashes.get(`${finer} ${day}`)
      return hash === undefined ? [] : [[day, [hash]]]
    }),
  )
}

/** Equal but for `except`. */
function isSame(inputs: Inputs, expected: Inputs, except: ReadonlySet<string>): boolean {
  const written = (given: Inputs) =>
    JSON.stringify(
      Object.entries(given)
        .map(([name, ids]) => [name, ids.filter((id) => !except.has(id)).sort()] as const)
        .filter(([, ids]) => ids.length > 0)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    )
  return written(inputs) === written(expected)
}
