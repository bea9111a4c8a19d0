import { knownOf } from '../ingest/model/counted.ts'
import { addCounters, type Counter, compareCounters } from '../ingest/model/counter.ts'
import { MEASURES } from '../ingest/model/measure.ts'
import type { DirectionSeries, Series } from '../ingest/model/series.ts'
import { SLOT_SECONDS, STEPS } from '../ingest/model/time.ts'
import { reviveAll } from '../ingest/store/counters.ts'

/** What a stretch of time adds up to, cell by cell, window after window: so that a month never lies in memory as a whole. */
export interface Tally {
  /** Seconds that were measured. */
  known: number
  /** Up to where it was added up, unix seconds. */
  until: number
  readonly cells: { [cell: string]: CellSum }
}

export interface CellSum {
  /** Seconds in which it was counted, also those in which nothing was seen of it: fewer, when the config did not always have it. */
  known: number
  readonly in: WaySum
  readonly out: WaySum
}

/** One cell in one direction. */
export interface WaySum {
  octets: Counter
  packets: Counter
  flows: Counter
  /** Octets of the greatest five minutes, and the start of the first point that held it (unix seconds; `null` without traffic). */
  max: Counter
  maxAt: number | null
  /** Octets of the busiest slots, the greatest first: as many as a 95th percentile can need. None where points are wider. */
  readonly top: Counter[]
}

/** The part of the slots that a 95th percentile leaves out is one in twenty. */
const LEFT_OUT = 20

export function createTally(from: number): Tally {
  return { known: 0, until: from, cells: {} }
}

/** Adds what the series that follow tell of cells. `slots`: how many the whole stretch has. */
export function addSeries(tally: Tally, series: Series, cells: Iterable<string>, slots: number): void {
  tally.known += series.known.reduce((sum, seconds) => sum + seconds, 0)
  tally.until = series.from + series.length * STEPS[series.step]
  for (const cell of cells) {
    tally.cells[cell] ??= { known: 0, in: createWay(), out: createWay() }
    const sum = tally.cells[cell]
    const known = knownOf(series, cell)
    sum.known += known.reduce((all, seconds) => all + seconds, 0)
    for (const way of ['in', 'out'] as const) {
      const given = series.cells.get(cell)?.[way]
      if (given !== undefined) addWay(sum[way], given, { ...series, known }, Math.floor(slots / LEFT_OUT) + 1)
    }
  }
}

function createWay(): WaySum {
  return { octets: 0, packets: 0, flows: 0, max: 0, maxAt: null, top: [] }
}

/** A point that is unknown holds nothing that counts. */
function addWay(way: WaySum, { sum, max }: DirectionSeries, { known, from, step }: Series, mostKept: number): void {
  for (const [point, seconds] of known.entries()) {
    if (seconds === 0) continue
    for (const measure of MEASURES) way[measure] = addCounters(way[measure], sum[measure][point]!)
    const most = max.octets[point]!
    if (compareCounters(most, way.max) <= 0) continue
    way.max = most
    way.maxAt = from + point * STEPS[step]
  }
  if (step === '5m')
    keepGreatest(
      way.top,
      sum.octets.filter((_, point) => known[point]! > 0),
      mostKept,
    )
}

/** Slots without traffic are not kept: behind the last that is kept all are less, or zero. */
function keepGreatest(top: Counter[], octets: readonly Counter[], most: number): void {
  const least = top.length < most ? 0 : top.at(-1)!
  const more = octets.filter((each) => each > least)
  if (more.length === 0) return
  const sorted = [...top, ...more].sort((a, b) => compareCounters(b, a))
  top.splice(0, top.length, ...sorted.slice(0, most))
}

/**
 * The 95th percentile of the octets of slots: of `known` slots in ascending order the one of rank ⌈0.95 × known⌉. `top`: the busiest of
 * them, the greatest first, without those that are zero. `null` when there is none.
 */
export function percentile95(top: readonly Counter[], known: number): Counter | null {
  return known === 0 ? null : (top[Math.floor(known / LEFT_OUT)] ?? 0)
}

export function slotsKnown({ known }: Pick<Tally, 'known'>): number {
  return known / SLOT_SECONDS
}

/** A tally that was just parsed from JSON, with its counters. */
export function reviveTally(tally: Tally): Tally {
  for (const ways of Object.values(tally.cells))
    for (const way of [ways.in, ways.out]) for (const counted of [way, way.top]) reviveAll(counted)
  return tally
}
