import { takenBy } from './cell.ts'
import type { Series } from './series.ts'

/*
 * What flows were counted by, point by point: whoever reads a series can tell a member that saw nothing from one that nobody looked for. On
 * disk: README, "Series".
 */

/** By `countedKey`, the seconds of each point. As `Series.counted`, while it is being added up. */
export type Counted = Map<string, number[]>

/** A list of names and its seconds; no `of`: nobody said; no `seconds`: as `known`. */
export interface CountedJson {
  of?: readonly string[]
  seconds?: readonly number[]
}

/** The seconds of a list of names, zeros when new. */
export function secondsOf(counted: Counted, key: string, length: number): number[] {
  const seconds = counted.get(key) ?? new Array<number>(length).fill(0)
  counted.set(key, seconds)
  return seconds
}

/** Puts the points of `piece` in place of what was there. */
export function replaceCounted(counted: Counted, length: number, piece: Counted, at: number, points: number): void {
  for (const key of new Set([...counted.keys(), ...piece.keys()])) {
    const given = piece.get(key) ?? new Array<number>(points).fill(0)
    secondsOf(counted, key, length).splice(at, points, ...given)
  }
}

/** In order of names; what covers no point is left out. */
export function countedToJson(counted: Counted, known: readonly number[]): CountedJson[] {
  return [...counted]
    .filter(([, seconds]) => seconds.some((each) => each > 0))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, seconds]) => {
      const of = countedNames(key)
      const isAlways = seconds.every((each, point) => each === known[point])
      return { ...(of === undefined ? {} : { of }), ...(isAlways ? {} : { seconds }) }
    })
}

/** `today`: what stored names are today, in order. Without a list, as older versions wrote, nobody said. */
export function countedFromJson(
  json: readonly CountedJson[] = [{}],
  known: readonly number[],
  today: (names: readonly string[]) => readonly string[] = (names) => names,
): Counted {
  const counted: Counted = new Map()
  for (const { of, seconds = known } of json) {
    const sum = secondsOf(counted, countedKey(of && today(of)), known.length)
    for (let point = 0; point < known.length; point++) sum[point]! += seconds[point]!
  }
  return counted
}

/** Names a list of what flows are counted by; the empty text where nobody said, and all may have been. */
export function countedKey(names: readonly string[] | undefined): string {
  return names === undefined ? '' : JSON.stringify(names)
}

export function countedNames(key: string): string[] | undefined {
  return key === '' ? undefined : JSON.parse(key)
}

/**
 * Seconds of each point for which a cell is known: there was a flow file, and it was counted under a config that has the cell. A member that
 * was taken out of the config and put back is unknown in between. Mostly the very array of the series.
 */
export function knownOf(series: Pick<Series, 'known' | 'counted'>, cell: string): readonly number[] {
  const names = takenBy(cell)
  const lacking = [...series.counted].filter(([key]) => !hasAll(key, names))
  if (lacking.length === 0) return series.known
  const having = [...series.counted].filter(([key]) => hasAll(key, names))
  return series.known.map((seconds, point) =>
    Math.min(
      seconds,
      having.reduce((sum, [, counted]) => sum + counted[point]!, 0),
    ),
  )
}

function hasAll(key: string, names: readonly string[]): boolean {
  if (key === '' || names.length === 0) return true
  const set = sets.get(key) ?? new Set(countedNames(key))
  sets.set(key, set)
  return names.every((name) => set.has(name))
}

/** One for each config that something was counted under. */
const sets = new Map<string, ReadonlySet<string>>()
