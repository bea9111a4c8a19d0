import type { Counter } from '../ingest/model/counter.ts'
import type { CellColumns, Series, SeriesCells } from '../ingest/model/series.ts'

/* What is asked of cells over a stretch of time, at build time and in the browser. */

/** Cells over one stretch, whatever its length and resolution. */
export type Measured = Pick<Series, 'known' | 'counted'> & { readonly cells: SeriesCells }

/** Was anything measured in the stretch? */
export function isKnown({ known }: Pick<Series, 'known'>): boolean {
  return known.some((seconds) => seconds > 0)
}

/** Did the cell see any traffic in a point that is known, whatever its direction? */
export function sawTraffic(measured: Measured, cell: string): boolean {
  return cellsSeen(measured).has(cell)
}

/** The names of the cells that did. */
export function cellsSeen(measured: Measured): ReadonlySet<string> {
  const known = seen.get(measured) ?? new Set([...measured.cells.keys()].filter((cell) => hasTraffic(measured, cell)))
  seen.set(measured, known)
  return known
}
const seen = new WeakMap<Measured, ReadonlySet<string>>()

function hasTraffic(measured: Measured, cell: string): boolean {
  return Object.values(cellOf(measured, cell)).some(
    ({ sum }) => sawAny(measured.known, sum.octets) || sawAny(measured.known, sum.flows),
  )
}

function sawAny(known: readonly number[], counts: ArrayLike<Counter>): boolean {
  return known.some((seconds, point) => seconds > 0 && counts[point] !== 0)
}

export function cellOf({ cells }: Pick<Measured, 'cells'>, cell: string): CellColumns {
  return cells.get(cell) ?? NOTHING
}
const NOTHING: CellColumns = {}
