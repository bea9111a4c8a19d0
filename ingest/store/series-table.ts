import {
  type Counted,
  type CountedJson,
  countedFromJson,
  countedKey,
  countedToJson,
  replaceCounted,
  secondsOf,
} from '../model/counted.ts'
import { addCounters, type Counter, counterFromJson, counterToJson, maxCounter } from '../model/counter.ts'
import { DIRECTIONS, type Direction } from '../model/direction.ts'
import { MEASURES, type Measure } from '../model/measure.ts'
import type { Part } from '../model/part.ts'
import { FLAWS, type Flaw } from '../model/quality.ts'
import { isoTime, SLOT_SECONDS, STEPS, type StepName } from '../model/time.ts'

/** Series of every cell over one window at one resolution, being added up. On disk: README, "Series". */
export interface SeriesTable {
  readonly step: StepName
  /** Unix seconds of the first point. */
  readonly from: number
  readonly length: number
  readonly known: number[]
  readonly counted: Counted
  readonly quality: Map<Flaw, Counter[]>
  readonly cells: Map<string, MutableCell>
}

type MutableCell = { [D in Direction]?: MutableSeries }
interface MutableSeries {
  readonly sum: { readonly [M in Measure]: Counter[] }
  readonly max: { readonly [M in Measure]: Counter[] }
}

export function createTable(step: StepName, from: number, length: number): SeriesTable {
  return { step, from, length, known: zeros(length), counted: new Map(), quality: new Map(), cells: new Map() }
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0)
}

/** Tells that a flow file covers a point of five minutes, and what its flows were counted by. */
export function addKnown({ known, counted, length }: SeriesTable, point: number, names: Part['counted']): void {
  known[point] = SLOT_SECONDS
  secondsOf(counted, countedKey(names), length)[point] = SLOT_SECONDS
}

/** Adds flows with a flaw to one point. */
export function addFlawed({ quality, length }: SeriesTable, flaw: Flaw, point: number, flows: Counter): void {
  if (flows === 0) return
  const column = quality.get(flaw) ?? zeros(length)
  column[point] = addCounters(column[point]!, flows)
  quality.set(flaw, column)
}

/** The series of a cell and direction, made of zeros when new. At 5 minutes sums are their own maxima. */
export function seriesOf(table: SeriesTable, cell: string, direction: Direction): MutableSeries {
  let byDirection = table.cells.get(cell)
  if (byDirection === undefined) {
    byDirection = {}
    table.cells.set(cell, byDirection)
  }
  byDirection[direction] ??= createSeries(table)
  return byDirection[direction]
}

function createSeries({ step, length }: SeriesTable): MutableSeries {
  const columns = () => ({ octets: zeros(length), packets: zeros(length), flows: zeros(length) })
  const sum = columns()
  return { sum, max: step === '5m' ? sum : columns() }
}

/** Adds counts to one point. */
export function addCounts(series: MutableSeries, point: number, counts: readonly Counter[]): void {
  for (const [at, measure] of MEASURES.entries()) {
    series.sum[measure][point] = addCounters(series.sum[measure][point]!, counts[at]!)
  }
}

/** A coarser table of the same stretch: sums add up, maxima stay, known seconds add up. Unknown stays unknown. */
export function rollUp(fine: SeriesTable, step: StepName): SeriesTable {
  const factor = STEPS[step] / STEPS[fine.step]
  const coarse = createTable(step, fine.from, fine.length / factor)
  addSeconds(fine.known, coarse.known, factor)
  for (const [key, seconds] of fine.counted) addSeconds(seconds, secondsOf(coarse.counted, key, coarse.length), factor)
  for (const [flaw, flows] of fine.quality)
    for (const [point, count] of flows.entries()) addFlawed(coarse, flaw, Math.floor(point / factor), count)
  for (const [cell, byDirection] of fine.cells) {
    for (const direction of DIRECTIONS) {
      const series = byDirection[direction]
      if (series !== undefined) rollUpSeries(series, seriesOf(coarse, cell, direction), factor)
    }
  }
  return coarse
}

function addSeconds(fine: readonly number[], coarse: number[], factor: number): void {
  for (const [point, seconds] of fine.entries()) coarse[Math.floor(point / factor)]! += seconds
}

function rollUpSeries(fine: MutableSeries, coarse: MutableSeries, factor: number): void {
  for (const measure of MEASURES) {
    const [sum, max] = [coarse.sum[measure], coarse.max[measure]]
    const [sums, maxima] = [fine.sum[measure], fine.max[measure]]
    for (let point = 0; point < sums.length; point++) {
      // Most points of most cells.
      if (sums[point] === 0) continue
      const to = Math.floor(point / factor)
      sum[to] = addCounters(sum[to]!, sums[point]!)
      max[to] = maxCounter(max[to]!, maxima[point]!)
    }
  }
}

/** Puts the points of `piece`, a stretch of the same resolution within `table`, in place of what was there. */
export function replaceStretch(table: SeriesTable, piece: SeriesTable): void {
  const at = (piece.from - table.from) / STEPS[table.step]
  table.known.splice(at, piece.length, ...piece.known)
  replaceCounted(table.counted, table.length, piece.counted, at, piece.length)
  for (const flaw of FLAWS) {
    table.quality.get(flaw)?.fill(0, at, at + piece.length)
    for (const [point, flows] of piece.quality.get(flaw)?.entries() ?? []) addFlawed(table, flaw, at + point, flows)
  }
  for (const cell of new Set([...table.cells.keys(), ...piece.cells.keys()])) {
    for (const direction of DIRECTIONS) {
      const given = piece.cells.get(cell)?.[direction]
      if (given === undefined && table.cells.get(cell)?.[direction] === undefined) continue
      const series = seriesOf(table, cell, direction)
      for (const measure of MEASURES) {
        for (const kind of ['sum', 'max'] as const) {
          const values = given?.[kind][measure]
          for (let point = 0; point < piece.length; point++) series[kind][measure][at + point] = values?.[point] ?? 0
        }
      }
    }
  }
}

/** A cell and direction: see README, "Series". */
export interface SeriesJson {
  at: number
  octets: (number | string)[]
  packets: (number | string)[]
  flows: (number | string)[]
  max?: { octets: (number | string)[]; packets: (number | string)[]; flows: (number | string)[] }
}

export interface TableJson {
  step: StepName
  from: string
  points: number
  known: number[]
  /** Absent, as `quality`, in what older versions wrote. */
  counted?: CountedJson[]
  quality?: { [F in Flaw]?: (number | string)[] }
  cells: { [cell: string]: CellJson }
}

export type CellJson = { [D in Direction]?: SeriesJson }

/** For the disk: cells in order of their names, zeros before and behind left out, directions that saw nothing left out. */
export function tableToJson(table: SeriesTable): TableJson {
  const cells: TableJson['cells'] = {}
  for (const name of [...table.cells.keys()].sort()) {
    const byDirection = table.cells.get(name)!
    const entries = DIRECTIONS.flatMap((direction) => {
      const series = byDirection[direction]
      const json = series === undefined ? null : seriesToJson(series, table.step)
      return json === null ? [] : [[direction, json] as const]
    })
    if (entries.length > 0) cells[name] = Object.fromEntries(entries)
  }
  const quality = FLAWS.flatMap((flaw) => {
    const flows = table.quality.get(flaw) ?? []
    return flows.some((count) => count !== 0) ? [[flaw, flows.map(counterToJson)] as const] : []
  })
  return {
    step: table.step,
    from: isoTime(table.from),
    points: table.length,
    known: table.known,
    counted: countedToJson(table.counted, table.known),
    quality: Object.fromEntries(quality),
    cells,
  }
}

function seriesToJson({ sum, max }: MutableSeries, step: StepName): SeriesJson | null {
  const isZero = (point: number) => MEASURES.every((measure) => sum[measure][point] === 0)
  let at = 0
  let end = sum.octets.length
  while (at < end && isZero(at)) at++
  while (end > at && isZero(end - 1)) end--
  if (at === end) return null
  const cut = (columns: MutableSeries['sum']) => ({
    octets: columns.octets.slice(at, end).map(counterToJson),
    packets: columns.packets.slice(at, end).map(counterToJson),
    flows: columns.flows.slice(at, end).map(counterToJson),
  })
  return { at, ...cut(sum), ...(step === '5m' ? {} : { max: cut(max) }) }
}

/** Which of the stored cells somebody asked for, and what they are called today. Cells that get one name are added up. */
export interface CellChoice {
  readonly wants?: (cell: string) => boolean
  readonly rename?: (cell: string) => string
}

/** Puts the points of a stored table that lie within `table` there, but for its cells: see `addCell`. `offset`: in points, where it begins. */
export function addHead(
  table: SeriesTable,
  { known, counted, quality }: Omit<TableJson, 'cells'>,
  rename: CellChoice['rename'],
  offset: number,
): void {
  const { length } = table
  const put = (column: number[], seconds: readonly number[]) => {
    for (let point = Math.max(0, -offset); point < Math.min(seconds.length, length - offset); point++)
      column[offset + point] = seconds[point]!
  }
  put(table.known, known)
  for (const [key, seconds] of countedFromJson(counted, known, rename && renaming(rename)))
    put(secondsOf(table.counted, key, length), seconds)
  for (const flaw of FLAWS)
    for (const [point, flows] of quality?.[flaw]?.entries() ?? [])
      if (offset + point >= 0 && offset + point < length) addFlawed(table, flaw, offset + point, counterFromJson(flows))
}

/** The same of a cell. Where cells are added up, a maximum is the greatest of theirs. */
export function addCell(table: SeriesTable, name: string, cell: CellJson, offset: number): void {
  for (const direction of DIRECTIONS) {
    const given = cell[direction]
    if (given === undefined) continue
    const series = seriesOf(table, name, direction)
    for (const measure of MEASURES) {
      join(series.sum[measure], given[measure], offset + given.at, addCounters)
      if (given.max !== undefined) join(series.max[measure], given.max[measure], offset + given.at, maxCounter)
    }
  }
}

function renaming(rename: (name: string) => string): (names: readonly string[]) => readonly string[] {
  return (names) => [...new Set(names.map(rename))].sort()
}

/** Puts values into a column, as far as they lie in it, together with what is there: nearly always nothing. */
function join(
  column: Counter[],
  values: readonly (number | string)[],
  at: number,
  both: (a: Counter, b: Counter) => Counter,
): void {
  for (let point = Math.max(0, -at); point < Math.min(values.length, column.length - at); point++) {
    const value = counterFromJson(values[point]!)
    const before = column[at + point]!
    column[at + point] = before === 0 ? value : both(before, value)
  }
}
