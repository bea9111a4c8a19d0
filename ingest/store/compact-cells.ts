import { addCounters, type Counter, counterFromJson, maxCounter } from '../model/counter.ts'
import { DIRECTIONS, type Direction } from '../model/direction.ts'
import { MEASURES, type Measure } from '../model/measure.ts'
import type { SeriesCells } from '../model/series.ts'
import type { StepName } from '../model/time.ts'
import type { CellJson } from './series-table.ts'

/**
 * Cells of a stretch in as few bytes as their values need: thousands of members for a week take hundreds of megabytes as arrays, all of which
 * V8 would look through again and again.
 */
export interface CompactCells extends SeriesCells {
  /** Puts the points of a stored cell that lie within the stretch there. `offset`: in points, where its window begins. */
  add(name: string, cell: CellJson, offset: number): void
}

/** 32 bits hold nearly every count of five minutes. */
type Column = Uint32Array | Float64Array | Counter[]
type Columns = { [M in Measure]: Column }
type CompactCell = { [D in Direction]?: { readonly sum: Columns; readonly max: Columns } }

export function createCompactCells(step: StepName, length: number): CompactCells {
  const cells = new Map<string, CompactCell>()
  const nextColumn = createColumns(length)
  const nextColumns = (): Columns => ({ octets: nextColumn(), packets: nextColumn(), flows: nextColumn() })

  function columnsOf(cell: CompactCell, direction: Direction): NonNullable<CompactCell[Direction]> {
    if (cell[direction] === undefined) {
      const sum = nextColumns()
      cell[direction] = { sum, max: step === '5m' ? sum : nextColumns() }
    }
    return cell[direction]
  }

  return {
    add(name, json, offset) {
      const cell = cells.get(name) ?? {}
      cells.set(name, cell)
      for (const direction of DIRECTIONS) {
        const given = json[direction]
        if (given === undefined) continue
        const { sum, max } = columnsOf(cell, direction)
        for (const measure of MEASURES) {
          join(sum, measure, given[measure], offset + given.at, addCounters)
          if (given.max !== undefined) join(max, measure, given.max[measure], offset + given.at, maxCounter)
        }
      }
    },
    get: (name) => cells.get(name),
    keys: () => cells.keys(),
  }
}

/** Some thousand columns share a buffer. */
const POOL_BYTES = 4 << 20

function createColumns(length: number): () => Uint32Array {
  const perPool = Math.max(1, Math.floor(POOL_BYTES / (4 * length)))
  let pool = new ArrayBuffer(0)
  let used = perPool
  return () => {
    if (used === perPool) {
      pool = new ArrayBuffer(perPool * 4 * length)
      used = 0
    }
    return new Uint32Array(pool, used++ * 4 * length, length)
  }
}

/** Puts values into a column, as far as they lie in it, together with what is there: nearly always nothing. */
function join(
  columns: Columns,
  measure: Measure,
  values: readonly (number | string)[],
  at: number,
  both: (a: Counter, b: Counter) => Counter,
): void {
  let column = columns[measure]
  for (let point = Math.max(0, -at); point < Math.min(values.length, column.length - at); point++) {
    const given = values[point]!
    const before = column[at + point]!
    const value = before === 0 && typeof given === 'number' ? given : both(before, counterFromJson(given))
    if (!fits(value, column)) column = columns[measure] = widened(column, value)
    column[at + point] = value as number
  }
}

function fits(value: Counter, column: Column): boolean {
  if (typeof value === 'bigint') return Array.isArray(column)
  return value >>> 0 === value || !(column instanceof Uint32Array)
}

/** The same column, with room for a value. */
function widened(column: Column, value: Counter): Column {
  return typeof value === 'number' ? Float64Array.from(column as Uint32Array) : [...column]
}
