import { existsSync } from 'node:fs'
import { DAY_SECONDS, dayOf, STEPS, type StepName, startOfDay } from '../model/time.ts'
import { boardPath } from './boards.ts'
import { seriesPath } from './derive.ts'
import { sizeOf } from './files.ts'
import { listDays, listParts, newestSlot } from './part.ts'
import { partFiles, type Retention } from './retention.ts'
import { type Window, windowOf } from './windows.ts'

/** What a kind of stored file takes when retention has come to its end; what is kept for ever, after a year. */
export interface KindForecast {
  readonly kind: StepName | 'parts' | 'boards'
  readonly isForever: boolean
  readonly bytes: number
  readonly files: number
}

/** What a store will take if days go on as the newest ones were. */
export interface Forecast {
  /** How many whole days were measured. */
  readonly measuredDays: number
  readonly kinds: readonly KindForecast[]
}

/** So many days tell of weekends, too. */
const MEASURED_DAYS = 7
/** Days whose parts lie in files of their own: two that are over, and on the average half of the newest. */
const LOOSE_DAYS = 2.5
const FILES_OF_SEGMENT = 2
const YEAR_DAYS = 365.25

/** Measured on the newest whole days; `null` when there is none. Throws DamagedSegment. */
export function forecast(data: string, retention: Retention): Forecast | null {
  const newest = newestSlot(data)
  if (newest === null) return null
  const days = listDays(data)
    .filter((day) => day < dayOf(newest))
    .slice(-MEASURED_DAYS)
  if (days.length === 0) return null
  const perDay = (count: (day: string) => number) => days.reduce((sum, day) => sum + count(day), 0) / days.length
  const steps = (Object.keys(STEPS) as StepName[]).map((step) => {
    return ofSeries(data, step, measuredWindows(data, step, days, newest), newest, retention[step])
  })
  const parts = ofParts(
    perDay((day) => sizeOf(partFiles(data, day))),
    perDay((day) => listParts(data, day).length),
    retention['5m'],
  )
  const boards = {
    kind: 'boards' as const,
    isForever: true,
    bytes: perDay((day) => sizeOf([boardPath(data, day)])) * YEAR_DAYS,
    files: YEAR_DAYS,
  }
  return { measuredDays: days.length, kinds: [parts, ...steps, boards] }
}

/** Those of the day before the first that is kept stay, too. */
function ofParts(bytesPerDay: number, partsPerDay: number, age: number): KindForecast {
  const { isForever, days } = spanOf(age + 1)
  const files = partsPerDay * LOOSE_DAYS + FILES_OF_SEGMENT * (days - LOOSE_DAYS)
  return { kind: 'parts', isForever, bytes: bytesPerDay * days, files }
}

/** Those of the days, or the whole one before: a month that has just begun tells little. */
function measuredWindows(data: string, step: StepName, days: readonly string[], newest: number): Window[] {
  const windows = new Map(days.map((day) => windowOf(step, startOfDay(day))).map((window) => [window.name, window]))
  const [first] = windows.values()
  const before = windowOf(step, first!.from - 1)
  const isOver = ({ from, length }: Window) => from + length * STEPS[step] <= newest
  const whole = [before, ...windows.values()].filter(
    (window) => isOver(window) && existsSync(seriesPath(data, step, window.name)),
  )
  return whole.length > 0 ? whole : [...windows.values()]
}

/** On the average half a window more than the age: it goes when all of it is too old. */
function ofSeries(data: string, step: StepName, windows: readonly Window[], newest: number, age: number): KindForecast {
  const daysIn = ({ length }: Window) => (length * STEPS[step]) / DAY_SECONDS
  const known = (window: Window) => Math.min(daysIn(window), Math.ceil((newest - window.from) / DAY_SECONDS))
  const sum = (of: (window: Window) => number) => windows.reduce((total, window) => total + of(window), 0)
  const bytesPerDay = sum(({ name }) => sizeOf([seriesPath(data, step, name)])) / sum(known)
  const width = sum(daysIn) / windows.length
  const { isForever, days } = spanOf(age)
  return { kind: step, isForever, bytes: bytesPerDay * (days + width / 2), files: days / width + 1 / 2 }
}

function spanOf(days: number): { isForever: boolean; days: number } {
  const isForever = days === Infinity
  return { isForever, days: isForever ? YEAR_DAYS : days }
}
