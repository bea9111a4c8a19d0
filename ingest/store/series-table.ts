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
import type { CellSeries, DirectionSeries, Series } from '../model/series.ts'
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
/** Only the points from the first to the last that saw something: most cells see little in most windows. */
interface MutableSeries {
  /** The point at which the columns begin. */
  at: number
  readonly sum: Columns
  readonly max: Columns
}
type Columns = { readonly [M in Measure]: Counter[] }

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

/** The series of a cell and direction, without points when new. At 5 minutes sums are their own maxima. */
export function seriesOf(table: SeriesTable, cell: string, direction: Direction): MutableSeries {
  let byDirection = table.cells.get(cell)
  if (byDirection === undefined) {
    byDirection = {}
    table.cells.set(cell, byDirection)
  }
  byDirection[direction] ??= createSeries(table)
  return byDirection[direction]
}

function createSeries({ step }: SeriesTable): MutableSeries {
  const columns = () => ({ octets: [], packets: [], flows: [] })
  const sum = columns()
  return { at: 0, sum, max: step === '5m' ? sum : columns() }
}

function endOf({ at, sum }: MutableSeries): number {
  return at + sum.octets.length
}

/** Makes the columns hold all points from `from` up to `end`; those that are new are zero. */
function reach(series: MutableSeries, from: number, end: number): void {
  const columns = series.sum === series.max ? [series.sum] : [series.sum, series.max]
  const isEmpty = series.sum.octets.length === 0
  if (isEmpty) series.at = from
  const before = Math.max(0, series.at - from)
  const behind = Math.max(0, end - endOf(series))
  if (before === 0 && behind === 0) return
  for (const each of columns) {
    for (const measure of MEASURES) {
      if (before > 0) each[measure].unshift(...zeros(before))
      for (let point = 0; point < behind; point++) each[measure].push(0)
    }
  }
  series.at -= before
}

/** Adds counts to one point. */
export function addCounts(series: MutableSeries, point: number, counts: readonly Counter[]): void {
  reach(series, point, point + 1)
  for (const [at, measure] of MEASURES.entries()) {
    const column = series.sum[measure]
    column[point - series.at] = addCounters(column[point - series.at]!, counts[at]!)
  }
}

/** The same for whoever reads: every series with all points of the stretch. */
export function denseSeries({ cells, ...head }: SeriesTable): Series {
  const dense = new Map<string, CellSeries>()
  for (const [cell, byDirection] of cells) {
    const directions = Object.entries(byDirection) as [Direction, MutableSeries][]
    dense.set(cell, Object.fromEntries(directions.map(([name, series]) => [name, denseOf(series, head.length)])))
  }
  return { ...head, cells: dense }
}

function denseOf({ at, sum, max }: MutableSeries, length: number): DirectionSeries {
  const fill = (column: readonly Counter[]) => {
    const values: Counter[] = zeros(length)
    for (let point = 0; point < column.length; point++) values[at + point] = column[point]!
    return values
  }
  const all = ({ octets, packets, flows }: Columns) => ({
    octets: fill(octets),
    packets: fill(packets),
    flows: fill(flows),
  })
  const sums = all(sum)
  return { sum: sums, max: max === sum ? sums : all(max) }
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
  if (fine.sum.octets.length === 0) return
  reach(coarse, Math.floor(fine.at / factor), Math.floor((endOf(fine) - 1) / factor) + 1)
  for (const measure of MEASURES) {
    const [sum, max] = [coarse.sum[measure], coarse.max[measure]]
    const [sums, maxima] = [fine.sum[measure], fine.max[measure]]
    for (let point = 0; point < sums.length; point++) {
      const to = Math.floor((fine.at + point) / factor) - coarse.at
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
      const known = table.cells.get(cell)?.[direction]
      if (known !== undefined) clear(known, at, at + piece.length)
      const given = piece.cells.get(cell)?.[direction]
      if (given !== undefined) put(given, seriesOf(table, cell, direction), at)
    }
  }
}

function clear({ at, sum, max }: MutableSeries, from: number, end: number): void {
  for (const columns of [sum, max])
    for (const measure of MEASURES) columns[measure].fill(0, Math.max(0, from - at), Math.max(0, end - at))
}

/** Puts the points of `given`, a piece that begins at point `start`, into a series. */
function put(given: MutableSeries, series: MutableSeries, start: number): void {
  if (given.sum.octets.length === 0) return
  reach(series, start + given.at, start + endOf(given))
  for (const kind of ['sum', 'max'] as const) {
    for (const measure of MEASURES) {
      const [values, column] = [given[kind][measure], series[kind][measure]]
      const to = start + given.at - series.at
      for (let point = 0; point < values.length; point++) column[to + point] = values[point]!
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

function seriesToJson({ at, sum, max }: MutableSeries, step: StepName): SeriesJson | null {
  const { octets, packets, flows } = sum
  const isZero = (point: number) => octets[point] === 0 && packets[point] === 0 && flows[point] === 0
  let from = 0
  let end = octets.length
  while (from < end && isZero(from)) from++
  while (end > from && isZero(end - 1)) end--
  if (from === end) return null
  const cut = (columns: Columns) => ({
    octets: columns.octets.slice(from, end).map(counterToJson),
    packets: columns.packets.slice(from, end).map(counterToJson),
    flows: columns.flows.slice(from, end).map(counterToJson),
  })
  return { at: at + from, ...cut(sum), ...(step === '5m' ? {} : { max: cut(max) }) }
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
    const start = offset + given.at
    const from = Math.max(0, start)
    const end = Math.min(table.length, start + given.octets.length)
    if (from >= end) continue
    reach(series, from, end)
    for (const measure of MEASURES) {
      join(series.sum[measure], from - series.at, given[measure], from - start, end - from, addCounters)
      if (given.max !== undefined)
        join(series.max[measure], from - series.at, given.max[measure], from - start, end - from, maxCounter)
    }
  }
}

function renaming(rename: (name: string) => string): (names: readonly string[]) => readonly string[] {
  return (names) => [...new Set(names.map(rename))].sort()
}

/** Puts `count` values into a column, together with what is there: nearly always nothing. */
function join(
  column: Counter[],
  to: number,
  values: readonly (number | string)[],
  from: number,
  count: number,
  both: (a: Counter, b: Counter) => Counter,
): void {
  for (let point = 0; point < count; point++) {
    const value = counterFromJson(values[from + point]!)
    const before = column[to + point]!
    column[to + point] = before === 0 ? value : both(before, value)
  }
}
