import { cellName, TOTAL } from '../ingest/model/cell.ts'
import type { Counter } from '../ingest/model/counter.ts'
import { SLOT_SECONDS, STEPS, type StepName } from '../ingest/model/time.ts'
import { reviveAll } from '../ingest/store/counters.ts'
import type { Month } from './months.ts'
import { type Breakdown, breakdownOf } from './pages/breakdown.ts'
import type { Site, SiteDimension, SiteMember } from './pages/site.ts'
import { type CellSum, percentile95, slotsKnown, type Tally, type WaySum } from './tally.ts'

/** What moved in a month: everything, and every member of every dimension, in octets. */
export interface Statement extends Layout<StatementRow> {
  /** `2026-10`, of the zone. */
  readonly month: string
  readonly timeZone: string
  /** Unix seconds: the whole month, and up to where it is counted. */
  readonly from: number
  readonly to: number
  readonly until: number
  /** Of the values it was made from. Wider ones than five minutes tell no 95th percentile. */
  readonly stepSeconds: number
  /** From `from` to `until`, and how many of them were measured. */
  readonly slots: { readonly expected: number; readonly known: number }
}

/** What a statement lists. */
export interface Layout<R extends ListedRow = ListedRow> {
  readonly total: R
  readonly dimensions: readonly (Omit<ListedDimension, 'rows'> & { readonly rows: readonly R[] })[]
}

interface ListedDimension {
  readonly name: string
  readonly title: string
  readonly singular: string
  /** Its members need not add up to the total. */
  readonly isOverlapping: boolean
  /** Singular of what each of its rows is divided by; empty where none is. */
  readonly dividedBy: string
  readonly rows: readonly ListedRow[]
}

interface Listed {
  readonly id: string
  readonly label: string
  readonly cell: string
}

export interface ListedRow extends Listed {
  /** What a network is divided into. */
  readonly parts: readonly Listed[]
}

export interface StatementRow extends ListedRow {
  /** Slots in which it was counted: fewer than of all traffic, when the config did not always have it. */
  readonly known: number
  readonly in: WayFigures
  readonly out: WayFigures
  readonly parts: readonly StatementPart[]
}

export interface StatementPart extends Listed {
  readonly octets: { readonly in: Counter; readonly out: Counter }
}

/** `null`: nothing was measured, or, of a percentile, it cannot be told any more. */
export interface WayFigures {
  readonly octets: Counter | null
  readonly packets: Counter | null
  readonly flows: Counter | null
  /** Octets of the greatest five minutes, and the start of the first point that held them. */
  readonly max: Counter | null
  readonly maxAt: number | null
  /** Octets of the five minutes at its rank. */
  readonly percentile95: Counter | null
}

/** What the statements of a site list: everything, and every member; of networks also what they are divided into. */
export function layoutOf(site: Site): Layout {
  return {
    total: { id: TOTAL, label: 'All traffic', cell: TOTAL, parts: [] },
    dimensions: site.dimensions.map((of) => {
      const isOverlapping = of.dimension.ownDirection === true
      const divided = of.members.map((member) => ({
        member,
        by: isOverlapping ? breakdownOf(site, of, member) : null,
      }))
      return {
        name: of.dimension.name,
        title: of.dimension.title,
        singular: of.dimension.singular,
        isOverlapping,
        dividedBy: divided[0]?.by?.dimension.singular ?? '',
        rows: divided.map(({ member, by }) => rowOf(of, member, by)),
      }
    }),
  }
}

function rowOf({ dimension }: SiteDimension, { id, label }: SiteMember, by: Breakdown | null): ListedRow {
  const parts = (by?.layers ?? []).map(({ id, label, cell }) => ({ id, label, cell }))
  return { id, label, cell: cellName([dimension.name, id]), parts }
}

/** The cells that a statement is made from. */
export function cellsOf({ total, dimensions }: Layout): Set<string> {
  const rows = [total, ...dimensions.flatMap(({ rows }) => rows)]
  return new Set(rows.flatMap(({ cell, parts }) => [cell, ...parts.map((part) => part.cell)]))
}

/** The statement of a month, as far as a tally goes. */
export function statementOf(layout: Layout, month: Month, timeZone: string, step: StepName, tally: Tally): Statement {
  const known = slotsKnown(tally)
  const row = (listed: ListedRow): StatementRow => ({
    ...listed,
    known: slotsKnown(tally.cells[listed.cell] ?? NEVER),
    in: figuresOf(tally, listed.cell, 'in', step),
    out: figuresOf(tally, listed.cell, 'out', step),
    parts: listed.parts.flatMap((part) => {
      const ways = tally.cells[part.cell]
      return ways === undefined || ways.known === 0
        ? []
        : [{ ...part, octets: { in: ways.in.octets, out: ways.out.octets } }]
    }),
  })
  return {
    month: month.name,
    timeZone,
    from: month.from,
    to: month.to,
    until: tally.until,
    stepSeconds: STEPS[step],
    slots: { expected: (tally.until - month.from) / SLOT_SECONDS, known },
    total: row(layout.total),
    dimensions: layout.dimensions.map((dimension) => ({ ...dimension, rows: dimension.rows.map(row) })),
  }
}

function figuresOf(tally: Tally, cell: string, way: 'in' | 'out', step: StepName): WayFigures {
  const sum = tally.cells[cell] ?? NEVER
  if (sum.known === 0) return UNKNOWN_FIGURES
  const { top, ...sums } = sum[way]
  return { ...sums, percentile95: step === '5m' ? percentile95(top, slotsKnown(sum)) : null }
}
const NOTHING: WaySum = { octets: 0, packets: 0, flows: 0, max: 0, maxAt: null, top: [] }
const NEVER: CellSum = { known: 0, in: NOTHING, out: NOTHING }
const UNKNOWN_FIGURES: WayFigures = {
  octets: null,
  packets: null,
  flows: null,
  max: null,
  maxAt: null,
  percentile95: null,
}

/** Do two statements of a month tell the same? Labels do not count. */
export function isSameStatement(a: Statement, b: Statement): boolean {
  const figures = ({ total, dimensions, slots }: Statement) =>
    JSON.stringify([slots, [total, ...dimensions.flatMap(({ rows }) => rows)].map(countsOf)], (_, value) =>
      typeof value === 'bigint' ? value.toString() : value,
    )
  return figures(a) === figures(b)
}

function countsOf({ cell, known, in: inward, out, parts }: StatementRow) {
  return [cell, known, inward, out, parts.map(({ cell, octets }) => [cell, octets])]
}

/** A statement that was just parsed from JSON, with its counters. */
export function reviveStatement(statement: Statement): Statement {
  for (const row of [statement.total, ...statement.dimensions.flatMap(({ rows }) => rows)]) reviveRow(row)
  return statement
}

export function reviveRow({ in: inward, out, parts }: StatementRow): void {
  for (const counted of [inward, out, ...parts.map(({ octets }) => octets)]) reviveAll(counted)
}
