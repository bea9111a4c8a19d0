import { renamesOf } from '../classify/former.ts'
import { activeDimensions, activePairs } from '../classify/index.ts'
import type { Config } from '../config/schema.ts'
import { cellName, TOTAL } from '../model/cell.ts'
import { knownOf } from '../model/counted.ts'
import type { Counter } from '../model/counter.ts'
import { DIRECTIONS, type Direction } from '../model/direction.ts'
import { EXIT, UserError } from '../model/errors.ts'
import { MEASURES, type Measure } from '../model/measure.ts'
import { FLAWS, type Flaw } from '../model/quality.ts'
import type { CellSeries, Series } from '../model/series.ts'
import { DAY_SECONDS, isoTime, SLOT_SECONDS, STEPS, type StepName, slotOf } from '../model/time.ts'
import { storeRoot } from '../store/generation.ts'
import { newestSlot } from '../store/part.ts'
import { readSeries } from '../store/series.ts'

/** What somebody asked for, as text: `total`, `service`, `service/http`, `network/campus,service`. */
export interface Query {
  readonly what: string
  /** Only what this router exported (its id). */
  readonly router?: string
  /** Moments as `parseMoment` reads them; the last 24 h when absent. */
  readonly from?: string
  readonly to?: string
  readonly step: StepName
}

/** Counters per point; `null` where nothing was measured. */
export type Column = readonly (Counter | null)[]

export interface QueryResult {
  /** Seconds. */
  readonly step: number
  readonly from: string
  readonly series: { readonly [member: string]: { readonly [D in Direction]: { readonly [M in Measure]: Column } } }
}

/** Reads what the store holds. Throws a UserError (64) that names what there is when the question names something else. */
export function query(given: Config, { what, router, from, to, step }: Query): QueryResult {
  const config = { ...given, data: storeRoot(given.data) }
  const cells = cellsOf(config, what, router)
  const wanted = new Set(cells.values())
  const choice = { wants: (cell: string) => wanted.has(cell), rename: renamesOf(config).cell }
  const series = readSeries(config.data, step, windowOf(config, from, to), choice)
  return {
    step: STEPS[step],
    from: isoTime(series.from),
    series: Object.fromEntries([...cells].map(([name, cell]) => [name, columns(series, cell)])),
  }
}

/** Flows lost, left out or in doubt, per point. */
export interface QualityResult {
  /** Seconds. */
  readonly step: number
  readonly from: string
  readonly quality: { readonly [F in Flaw]: Column }
}

/** Reads how far what the store holds can be trusted. Throws a UserError (64) for a router, for it is kept of all together. */
export function queryQuality(config: Config, { router, from, to, step }: Omit<Query, 'what'>): QualityResult {
  if (router !== undefined) throw usage('quality is not kept by router; ask without --router')
  const series = readSeries(config.data, step, windowOf(config, from, to), { wants: () => false })
  return {
    step: STEPS[step],
    from: isoTime(series.from),
    quality: Object.fromEntries(FLAWS.map((flaw) => [flaw, column(series.known, series.quality.get(flaw))])) as Record<
      Flaw,
      Column
    >,
  }
}

function windowOf({ data }: Config, first: string | undefined, end: string | undefined): { from: number; to: number } {
  const to = end === undefined ? endOfData(data) : parseMoment(end)
  const from = first === undefined ? to - DAY_SECONDS : parseMoment(first)
  if (from >= to) throw usage(`--from ${isoTime(from)} is not before --to ${isoTime(to)}`)
  return { from, to }
}

/** `2026-11-23T16:35:00Z`, with any offset or none (then UTC), a date alone, or unix seconds. Returns unix seconds. */
export function parseMoment(text: string): number {
  if (/^\d{9,10}$/.test(text)) return Number(text)
  const iso = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$/.exec(text)
  const ms = iso === null ? Number.NaN : Date.parse(iso[1] !== undefined && iso[4] === undefined ? `${text}Z` : text)
  if (Number.isNaN(ms))
    throw usage(`${JSON.stringify(text)} is not a time; write 2026-11-23T16:35Z, 2026-11-23, or unix seconds`)
  return Math.floor(ms / 1000)
}

function endOfData(data: string): number {
  const slot = newestSlot(data)
  if (slot === null) throw new UserError(`${data}: nothing is stored yet; run flowscan ingest first`, EXIT.data)
  return slotOf(slot) + SLOT_SECONDS
}

/** The cells that are asked for, by the names they are shown under: what the question left open, else what it named. */
function cellsOf(config: Config, what: string, router: string | undefined): Map<string, string> {
  const asked = what === TOTAL ? [] : what.split(',').map((term) => parseTerm(config, term))
  const scope = router === undefined ? [] : [parseTerm(config, `router/${router}`)]
  const terms = [...scope, ...asked]
  if (terms.length > 2)
    throw usage(`${JSON.stringify(what)}: at most two dimensions are kept together, and --router is one of them`)
  const isTurned = terms.length === 2 && !isStoredAs(config, terms[0]!, terms[1]!)
  const open = asked.filter(({ ids }) => ids.length > 1)
  const shown = open.length > 0 ? open : asked
  return new Map(
    combinations(terms).map((memberships) => {
      const name = memberships.filter(([dimension]) => shown.some((term) => term.name === dimension))
      const cell = cellName(...(isTurned ? memberships.toReversed() : memberships))
      return [name.map(([, id]) => id).join() || TOTAL, cell || TOTAL] as const
    }),
  )
}

/** Every choice of one member per term. */
function combinations(terms: readonly Term[]): (readonly [dimension: string, id: string])[][] {
  return terms.reduce<(readonly [string, string])[][]>(
    (chosen, { name, ids }) => chosen.flatMap((before) => ids.map((id) => [...before, [name, id] as const])),
    [[]],
  )
}

interface Term {
  readonly name: string
  readonly ids: readonly string[]
}

/** `service/http` is one member; `service` stands for all. */
function parseTerm(config: Config, term: string): Term {
  const [name, given, ...rest] = term.trim().split('/')
  const dimensions = activeDimensions(config)
  const dimension = dimensions.find((each) => each.name === name)
  if (dimension === undefined || rest.length > 0) {
    const known = [TOTAL, ...dimensions.map((each) => each.name)].join(', ')
    throw usage(`${JSON.stringify(term)} is nothing that is counted; there is ${known}: write service or service/http`)
  }
  const ids = dimension.members(config).map((member) => member.id)
  if (given === undefined) return { name: dimension.name, ids }
  const id = renamesOf(config).id(dimension.name, given)
  if (!ids.includes(id)) throw usage(`${JSON.stringify(term)}: no such ${dimension.name}; there is ${ids.join(', ')}`)
  return { name: dimension.name, ids: [id] }
}

/** A pair is stored one way round; `false`: the other way. Throws when it is not kept at all. */
function isStoredAs(config: Config, first: Term, second: Term): boolean {
  const pairs = activePairs(config)
  const has = (a: Term, b: Term) => pairs.some(([x, y]) => x.name === a.name && y.name === b.name)
  if (has(first, second)) return true
  if (has(second, first)) return false
  const kept = pairs.map(([a, b]) => `${a.name},${b.name}`).join(' ')
  throw usage(`${first.name},${second.name} is not kept; reports.pairs keeps ${kept}`)
}

function columns(series: Series, name: string): QueryResult['series'][string] {
  const [known, cell]: [readonly number[], CellSeries | undefined] = [knownOf(series, name), series.cells.get(name)]
  const measures = (direction: Direction) =>
    Object.fromEntries(MEASURES.map((measure) => [measure, column(known, cell?.[direction]?.sum[measure])]))
  return Object.fromEntries(
    DIRECTIONS.map((direction) => [direction, measures(direction)]),
  ) as QueryResult['series'][string]
}

function column(known: readonly number[], values: readonly Counter[] | undefined): Column {
  return known.map((seconds, point) => (seconds === 0 ? null : (values?.[point] ?? 0)))
}

function usage(message: string): UserError {
  return new UserError(message, EXIT.usage)
}
