import { addCounters, type Counter, counterFromJson } from '../../ingest/model/counter.ts'
import type { Direction } from '../../ingest/model/direction.ts'
import { cellOf, type Measured } from '../cells.ts'
import type { Exploration } from '../exploration.ts'
import { type Month, monthAt } from '../months.ts'
import type { Catalog } from './catalog.ts'
import type { Plan } from './plan.ts'
import { directionsOf } from './shown.ts'

/** The `statement.json` of a month, as far as the explorer reads it. */
export interface MonthStatement {
  /** The first slot there is, where the month had begun before. */
  readonly since: string | null
  readonly until: string
  readonly total: MonthRow
  readonly dimensions: { readonly [name: string]: readonly MonthRow[] }
}

type MonthRow = { readonly id: string } & {
  readonly [W in 'in' | 'out']: { readonly octets: number | string | null }
}

/** What a subject moved in a month, of which what is shown is a part. */
export interface MonthWhole {
  readonly month: Month
  /** Unix seconds. */
  readonly since: number | null
  readonly until: number
  /** Of each direction shown. */
  readonly octets: readonly Counter[]
}

/** The month of the site's zone that alone is shown; `null`: there is none, or statements do not count what is shown. */
export function monthOf(
  { timeZone }: Catalog,
  { measure, way }: Exploration,
  { from, to, windows }: Plan,
): Month | null {
  if (measure !== 'octets' || way === 'internal' || way === 'transit' || windows.length === 0) return null
  const month = monthAt(from, timeZone)
  return to <= month.to ? month : null
}

/**
 * By a month's statement, and by what is shown of later than that: a statement goes on by hours, so that its part may be newer. `null`: it does not tell of
 * what is looked at.
 */
export function wholeOf(
  statement: MonthStatement,
  month: Month,
  exploration: Exploration,
  { from, to, stepSeconds }: Plan,
  now: Measured,
): MonthWhole | null {
  const row = rowOf(statement, exploration.of)
  const until = Date.parse(statement.until) / 1000
  const octets = directionsOf(exploration).flatMap((way) => {
    const counted = row?.[way as 'in' | 'out'].octets ?? null
    const first = Math.max(0, Math.ceil((until - from) / stepSeconds))
    return counted === null ? [] : [addCounters(counterFromJson(counted), octetsSince(now, exploration.of, way, first))]
  })
  if (octets.length === 0) return null
  return {
    month,
    since: statement.since === null ? null : Date.parse(statement.since) / 1000,
    until: from <= until ? Math.max(until, to) : until,
    octets,
  }
}

function rowOf({ total, dimensions }: MonthStatement, cell: string): MonthRow | undefined {
  const [name, id] = cell.split('/')
  return id === undefined ? total : dimensions[name!]?.find((row) => row.id === id)
}

function octetsSince(now: Measured, cell: string, way: Direction, first: number): Counter {
  const octets = cellOf(now, cell)[way]?.sum.octets ?? []
  return Array.from(octets).slice(first).reduce<Counter>(addCounters, 0)
}
