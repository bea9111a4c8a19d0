import { DAY_SECONDS, dayOf, STEPS, type StepName, startOfDay } from '../model/time.ts'

/** What one series file covers at each resolution: a day or as much more as keeps it to some 400 points. */
export interface Window {
  /** In the file's name: `2026-11-23`, `2026-11`, `2026`. */
  readonly name: string
  /** Unix seconds. */
  readonly from: number
  /** Points of the resolution. */
  readonly length: number
}

const NAME_LENGTH = { '5m': 10, '30m': 10, '2h': 7, '1d': 4 } as const

/** The window that holds a moment (unix seconds). */
export function windowOf(step: StepName, seconds: number): Window {
  const name = dayOf(seconds).slice(0, NAME_LENGTH[step])
  const from = startOfWindow(name)
  return { name, from, length: (startOfWindow(nextName(name)) - from) / STEPS[step] }
}

/** Every window that a stretch touches, ascending. */
export function windowsBetween(step: StepName, from: number, to: number): Window[] {
  const windows: Window[] = []
  for (let at = from; at < to; ) {
    const window = windowOf(step, at)
    windows.push(window)
    at = window.from + window.length * STEPS[step]
  }
  return windows
}

/** The start of the window of this name, in unix seconds. */
export function startOfWindow(name: string): number {
  return startOfDay(name + '-01-01'.slice(name.length - 4))
}

function nextName(name: string): string {
  if (name.length === 10) return dayOf(startOfDay(name) + DAY_SECONDS)
  const [year, month] = name.split('-').map(Number) as [number, number?]
  if (month === undefined) return String(year + 1).padStart(4, '0')
  return month === 12 ? `${year + 1}-01` : `${name.slice(0, 4)}-${String(month + 1).padStart(2, '0')}`
}
