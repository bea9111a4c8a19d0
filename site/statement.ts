import { cellName, TOTAL } from '../ingest/model/cell.ts'
import type { Counter } from '../ingest/model/counter.ts'
import { SLOT_SECONDS, STEPS, type StepName } from '../ingest/model/time.ts'
import { reviveAll } from '../ingest/store/counters.ts'
import type { Month } from './months.ts'
import { tellingPair } from './pages/breakdown.ts'
import type { Site } from './pages/site.ts'
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
  /** The first slot there is a flow file of, where the month had begun before: what was earlier is not missing. Absent in what older versions wrote. */
  readonly since?: number | null
  /** From `since` or `from` to `until`, and how many of them were measured. */
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
  /** The two dimensions of the cells that it is divided into, as in their names; absent where it is not. */
  readonly pair?: readonly [string, string]
  readonly rows: readonly ListedRow[]
}

interface Listed {
  readonly id: string
  readonly label: string
  readonly cell: string
}

export interface ListedRow extends Listed {
  /** What a network is divided into, as far as anything was seen of it. */
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

/** What the statements of a site list: everything, and every member. What networks are divided into `divide` adds. */
export function layoutOf(site: Site): Layout {
  return {
    total: { id: TOTAL, label: 'All traffic', cell: TOTAL, parts: [] },
    dimensions: site.dimensions.map(({ dimension, members }) => {
      const isOverlapping = dimension.ownDirection === true
      const pair = isOverlapping ? tellingPair(site, dimension) : null
      return {
        name: dimension.name,
        title: dimension.title,
        singular: dimension.singular,
        isOverlapping,
        dividedBy: pair?.partner.dimension.singular ?? '',
        ...(pair && { pair: [pair.first.dimension.name, pair.second.dimension.name] as const }),
        rows: members.map(({ id, label }) => ({ id, label, cell: cellName([dimension.name, id]), parts: [] })),
      }
    }),
  }
}

/**
 * A layout of which rows are divided into the cells that something was seen of, in the order of their members. A thousand networks and services might
 * have a million such cells, and have few.
 */
export function divide(layout: Layout, seen: Iterable<string>): Layout {
  const cells = new Set(seen)
  const rowsOf = (name: string) => layout.dimensions.find((each) => each.name === name)!.rows
  return {
    ...layout,
    dimensions: layout.dimensions.map((dimension) => {
      const { name, pair, rows } = dimension
      if (pair === undefined) return dimension
      const [first, second] = pair
      const nameCell = (id: string, part: string) =>
        name === first ? cellName([first, id], [second, part]) : cellName([first, part], [second, id])
      const partners = rowsOf(name === first ? second : first)
      const partsOf = (id: string) =>
        partners.map((part) => ({ ...part, cell: nameCell(id, part.id) })).filter(({ cell }) => cells.has(cell))
      return { ...dimension, rows: rows.map((row) => ({ ...row, parts: partsOf(row.id).map(toListed) })) }
    }),
  }
}

function toListed({ id, label, cell }: Listed): Listed {
  return { id, label, cell }
}

/** The cells that a statement is made from whether anything was seen of them or not. */
export function cellsOf({ total, dimensions }: Layout): Set<string> {
  const rows = [total, ...dimensions.flatMap(({ rows }) => rows)]
  return new Set(rows.flatMap(({ cell, parts }) => [cell, ...parts.map((part) => part.cell)]))
}

/** Tells of a cell whether a row may be divided into it. */
export function createIsPart({ dimensions }: Layout): (cell: string) => boolean {
  const pairs = dimensions.flatMap(({ pair }) => (pair === undefined ? [] : [pair]))
  return (cell) => pairs.some(([first, second]) => cell.startsWith(`${first}/`) && cell.includes(`,${second}/`))
}

/** The statement of a month, as far as a tally goes. `since`: see `Statement`. */
export function statementOf(
  layout: Layout,
  month: Month,
  since: number | null,
  timeZone: string,
  step: StepName,
  tally: Tally,
): Statement {
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
    since,
    slots: { expected: (tally.until - (since ?? month.from)) / SLOT_SECONDS, known },
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
    JSON.stringify([slots.known, [total, ...dimensions.flatMap(({ rows }) => rows)].map(countsOf)], (_, value) =>
      typeof value === 'bigint' ? value.toString() : value,
    )
  return figures(a) === figures(b)
}

function countsOf({ cell, known, in: inward, out, parts }: StatementRow) {
  const seen = parts.filter(({ octets }) => octets.in !== 0 || octets.out !== 0)
  return [cell, known, inward, out, seen.map(({ cell, octets }) => [cell, octets])]
}

/** A statement that was just parsed from JSON, with its counters. */
export function reviveStatement(statement: Statement): Statement {
  for (const row of [statement.total, ...statement.dimensions.flatMap(({ rows }) => rows)]) reviveRow(row)
  return statement
}

export function reviveRow({ in: inward, out, parts }: StatementRow): void {
  for (const counted of [inward, out, ...parts.map(({ octets }) => octets)]) reviveAll(counted)
}
