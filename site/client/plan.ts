import { STEPS, type StepName, startOfDay } from '../../ingest/model/time.ts'
import type { Catalog, Resolution } from './catalog.ts'

/** Which published windows show a stretch of time, and how wide a point is. */
export interface Plan {
  readonly step: StepName
  readonly stepSeconds: number
  /** Unix seconds, whole points: what is asked for, as far as points of it are complete. `from` may be `to`. */
  readonly from: number
  readonly to: number
  /** Earlier first. */
  readonly windows: readonly Window[]
}

export interface Window {
  /** Below the root of the site: `data/5m/2026-11-23-<hash>/`. */
  readonly address: string
  readonly from: number
  readonly to: number
}

/** A chart is not wider than this in points: more would not be seen. */
export const MOST_POINTS = 750
const STEP_NAMES = Object.keys(STEPS) as StepName[]

/** The finest resolution whose points still fit a chart and that nothing has faded from; the coarsest, when none does. */
export function planOf(catalog: Catalog, from: number, to: number): Plan {
  const published = STEP_NAMES.filter((step) => catalog.resolutions[step] !== undefined)
  const fits = published.filter((step) => (to - from) / STEPS[step] <= MOST_POINTS)
  const step = fits.find((each) => !hasFaded(catalog, each, from, to)) ?? published.at(-1) ?? '5m'
  return planAt(catalog, step, from, to)
}

/** The same stretch in points of a given width. */
export function planAt(catalog: Catalog, step: StepName, from: number, to: number): Plan {
  const stepSeconds = STEPS[step]
  const start = Math.floor(from / stepSeconds) * stepSeconds
  const stop = Math.max(start, Math.min(Math.ceil(to / stepSeconds) * stepSeconds, completeUntil(catalog, stepSeconds)))
  return { step, stepSeconds, from: start, to: stop, windows: windowsOf(catalog, step, start, stop) }
}

/** Does it end with the newest point there is? */
export function endsNow(catalog: Catalog, { to, stepSeconds }: Pick<Plan, 'to' | 'stepSeconds'>): boolean {
  return to === completeUntil(catalog, stepSeconds)
}

function completeUntil({ end }: Catalog, stepSeconds: number): number {
  return Math.floor((end ?? 0) / stepSeconds) * stepSeconds
}

function windowsOf({ resolutions }: Catalog, step: StepName, from: number, to: number): Window[] {
  const resolution = resolutions[step]
  if (resolution === undefined) return []
  return Object.entries(resolution.windows)
    .map(([name, hash]) => ({ address: `data/${step}/${name}-${hash}/`, ...boundsOf(resolution, name) }))
    .filter((window) => from < to && window.from < to && window.to > from)
    .sort((a, b) => a.from - b.from)
}

/** A window of coarser points tells of a time of which no window of these is left. */
function hasFaded(catalog: Catalog, step: StepName, from: number, to: number): boolean {
  const coarser = STEP_NAMES.slice(STEP_NAMES.indexOf(step) + 1)
  return coarser
    .flatMap((each) => windowsOf(catalog, each, from, to))
    .some((window) => windowsOf(catalog, step, Math.max(from, window.from), Math.min(to, window.to)).length === 0)
}

/** Of a UTC day, month or year by its name. */
function boundsOf({ window }: Resolution, name: string): { from: number; to: number } {
  const [year, month = 1] = name.split('-').map(Number) as [number, number?]
  if (window === 'day') return { from: startOfDay(name), to: startOfDay(name) + STEPS['1d'] }
  const next = window === 'month' ? Date.UTC(year, month) : Date.UTC(year + 1)
  return { from: Date.UTC(year, month - 1) / 1000, to: next / 1000 }
}

/** Where what is published begins (unix seconds); `null`: nothing is. */
export function beginningOf(catalog: Catalog): number | null {
  const starts = STEP_NAMES.flatMap((step) =>
    windowsOf(catalog, step, 0, Number.POSITIVE_INFINITY).map(({ from }) => from),
  )
  return starts.length === 0 ? null : Math.min(...starts)
}
