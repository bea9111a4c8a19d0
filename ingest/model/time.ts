/** Seconds of a slot, the unit of everything stored. */
export const SLOT_SECONDS = 300
export const SLOT_MS = SLOT_SECONDS * 1000
export const DAY_SECONDS = 86_400

/** The resolutions that series are kept at, finest first, by their names in files, queries and addresses. */
export const STEPS = { '5m': 300, '30m': 1800, '2h': 7200, '1d': 86_400 } as const
export type StepName = keyof typeof STEPS

/** The end of the year 9999: beyond, a date has no place in names and pages. */
const LAST_MS = 253_402_300_799_999

/** Can these unix ms be a moment of some flow? Damaged and hostile files hold any number. */
export function isMoment(ms: number): boolean {
  return ms >= 0 && ms <= LAST_MS
}

/** The start of the slot that holds a moment. Both in unix seconds. */
export function slotOf(seconds: number): number {
  return Math.floor(seconds / SLOT_SECONDS) * SLOT_SECONDS
}

/** `2026-11-23T16:35:00Z`: the only way a moment is written in stored files and JSON. */
export function isoTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
}

/** `2026-11-23`: the UTC day of a moment. */
export function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10)
}

/** The start of a UTC day written as `2026-11-23`, in unix seconds. */
export function startOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / 1000
}
