import { OTHER, TOTAL } from '../../ingest/model/cell.ts'
import { knownOf } from '../../ingest/model/counted.ts'
import { addCounters, type Counter } from '../../ingest/model/counter.ts'
import type { Direction } from '../../ingest/model/direction.ts'
import { MEASURES, type Measure } from '../../ingest/model/measure.ts'
import type { CellColumns, DirectionColumns } from '../../ingest/model/series.ts'
import { cellOf, isKnown, type Measured } from '../cells.ts'
import type { StackedChart } from '../charts/chart.ts'
import { type Rates, unknownRates } from '../charts/rates.ts'
import { colorOf } from '../charts/theme.ts'
import type { ChartData } from '../downloads.ts'
import type { Exploration } from '../exploration.ts'
import { type Figures, figuresOf, knownSeconds, peaksOf, ratesOf, shareOf } from '../figures.ts'
import { type DrawnLayer, MOST_LAYERS, restOf } from '../layers.ts'
import { eventsBetween, type ShownEvents } from '../pages/events.ts'
import { midSentence } from '../pages/words.ts'
import { formatClock, formatDate, formatSpan, SHOWN } from '../units.ts'
import { type Catalog, type CatalogMember, dimensionOf, memberOf, partOf } from './catalog.ts'
import type { Plan } from './plan.ts'

/** An exploration's answer: a chart, the numbers below it, the files of it. */
export interface Shown {
  readonly heading: string
  readonly chart: StackedChart
  readonly data: ChartData
  readonly rows: readonly ShownRow[]
  /** What the chart's line is: everything looked at, or those chosen together. */
  readonly total: ShownRow
  /** Members of which nothing was seen. */
  readonly quiet: readonly string[]
  readonly events: ShownEvents
}

export interface ShownRow {
  readonly id: string
  readonly label: string
  /** `null`: not on the chart by itself. */
  readonly color: string | null
  /** Of each direction shown. */
  readonly figures: readonly Figures[]
  /** The same of the time before; when it is compared. */
  readonly before: readonly Figures[]
  readonly share: number | null
}

/** The directions that an exploration shows. */
export function directionsOf({ way }: Pick<Exploration, 'way'>): readonly Direction[] {
  return way === 'both' ? ['in', 'out'] : [way]
}

/** The member that moved most, all directions together; `null`: there are not two to choose from. What no member has is none. */
export function greatestOf({ rows }: Shown): ShownRow | null {
  const members = rows.filter(({ id }) => id !== OTHER)
  return rows.length < 2 ? null : (members[0] ?? null)
}

/** The cells that an exploration needs. */
export function cellsOf(catalog: Catalog, exploration: Exploration): string[] {
  return [exploration.of, ...membersOf(catalog, exploration).map(({ cell }) => cell)]
}

interface Member extends CatalogMember {
  readonly cell: string
}

function membersOf(catalog: Catalog, { of, by, only }: Exploration): Member[] {
  const members = dimensionOf(catalog, by)?.members ?? []
  return members
    .filter(({ id }) => only.length === 0 || only.includes(id))
    .map((member) => ({ ...member, cell: partOf(catalog, of, by!, member.id) }))
}

/** `before`: the cells over the time before; `null`: not compared. Pure. */
export function shownOf(
  catalog: Catalog,
  exploration: Exploration,
  plan: Plan,
  now: Measured,
  before: Measured | null,
): Shown {
  const { measure, of, only, drawing } = exploration
  const members = membersOf(catalog, exploration)
  const isChosen = only.length > 0 && !isOverlapping(catalog, exploration)
  const [whole, wholeBefore] = [now, before].map((each) => each && (isChosen ? withSum(each, members) : each))
  const cell = isChosen ? CHOSEN : of
  const sorted = sortByVolume(now, exploration, members)
  const layers = layersOf(catalog, exploration, whole!, sorted)
  const line = ratesOfWay(exploration, whole!, cell)
  const hasPeak = plan.step !== '5m' && drawing === 'stack' && (!isChosen || members.length === 1)
  const happened = (catalog.events ?? []).map(({ at, to = null, label }) => ({ at, to, label }))
  const events = eventsBetween(happened, catalog.timeZone, plan.from, plan.to)
  const data: ChartData = {
    unit: SHOWN[measure].rate,
    from: plan.from,
    to: plan.to,
    stepSeconds: plan.stepSeconds,
    ...(exploration.way === 'both' ? {} : { only: exploration.way }),
    layers: layers ?? [{ id: 'whole', label: titleOf(catalog, of), color: colorOfCell(catalog, of), ...line }],
    total: line,
    ...(hasPeak ? { peak: peaksOfWay(exploration, whole!, cell) } : {}),
    ...(wholeBefore ? { before: ratesOfWay(exploration, wholeBefore, cell) } : {}),
    ...(events.marks.length > 0 ? { events: events.marks } : {}),
  }
  const colors = new Map(data.layers.map(({ id, color }) => [id, color]))
  const rowOf = (of: string, each: Measured, eachBefore: Measured | null) =>
    figuresRow(exploration, each, eachBefore, of, exploration.of)
  const total = rowOf(cell, whole!, wholeBefore ?? null)
  const heading = headingOf(catalog, exploration)
  return {
    heading,
    chart: chartOf(catalog, exploration, plan, data, heading, total.figures),
    data,
    rows: sorted.map(({ id, label, cell: own }) => ({
      id,
      label,
      color: colors.get(id) ?? null,
      ...rowOf(own, now, before),
    })),
    total: {
      id: 'total',
      label: isChosen ? 'Together' : 'Total',
      color: null,
      ...total,
      ...(isChosen && members.length > 1 && plan.step !== '5m'
        ? { figures: withoutMax(total.figures), before: withoutMax(total.before) }
        : {}),
    },
    quiet: members.filter((member) => !sorted.includes(member)).map(({ label }) => label),
    events,
  }
}

/** Those that were seen going the ways that are shown: the busiest first, `other` last. */
function sortByVolume(now: Measured, exploration: Exploration, members: readonly Member[]): Member[] {
  const total = (cell: string, measure: Measure) =>
    directionsOf(exploration).reduce((sum, way) => sum + Number(figuresOf(now, cell, way, measure).total ?? 0), 0)
  const volumes = new Map(members.map(({ cell }) => [cell, total(cell, exploration.measure)]))
  return members
    .filter(({ cell }) => MEASURES.some((measure) => total(cell, measure) > 0))
    .sort((a, b) => Number(a.id === OTHER) - Number(b.id === OTHER) || volumes.get(b.cell)! - volumes.get(a.cell)!)
}

function isOverlapping(catalog: Catalog, { by }: Exploration): boolean {
  return dimensionOf(catalog, by)?.overlap === true
}

/** A cell's name that no cell has. */
const CHOSEN = '_chosen'

/** With one cell more: the members together. Their greatest five minutes need not be the same, so that of them together is not known. */
function withSum(measured: Measured, members: readonly Member[]): Measured {
  const only = members.length === 1 ? measured.cells.get(members[0]!.cell) : undefined
  const cells = members.map(({ cell }) => cellOf(measured, cell))
  return {
    known: members.length === 1 ? knownOf(measured, members[0]!.cell) : measured.known,
    counted: measured.counted,
    cells: new Map([...measured.cells.keys()].map((name) => [name, cellOf(measured, name)])).set(
      CHOSEN,
      only ?? sumOf(cells, measured.known.length),
    ),
  }
}

function sumOf(cells: readonly CellColumns[], length: number): CellColumns {
  const sum: { [D in Direction]?: DirectionColumns } = {}
  for (const cell of cells)
    for (const [direction, series] of Object.entries(cell) as [Direction, DirectionColumns][]) {
      const before = sum[direction]?.sum
      const columns = Object.fromEntries(
        MEASURES.map((measure) => [measure, addColumns(before?.[measure], series.sum[measure], length)]),
      ) as { [M in Measure]: Counter[] }
      sum[direction] = { sum: columns, max: columns }
    }
  return sum
}

function addColumns(some: ArrayLike<Counter> | undefined, others: ArrayLike<Counter>, length: number): Counter[] {
  return Array.from({ length }, (_, point) => addCounters(some?.[point] ?? 0, others[point] ?? 0))
}

function withoutMax(figures: readonly Figures[]): Figures[] {
  return figures.map((each) => ({ ...each, max: null }))
}

/** What is drawn: those chosen, or the busiest and what these leave; `null` when nothing is divided. */
function layersOf(
  catalog: Catalog,
  exploration: Exploration,
  now: Measured,
  sorted: readonly Member[],
): DrawnLayer[] | null {
  const { of, by, only, drawing } = exploration
  if (by === null) return null
  const isExact = !isOverlapping(catalog, exploration)
  const most = MOST_LAYERS.octets
  const isCut = only.length === 0 && sorted.length > most
  const drawn = (isCut ? busiest(sorted, most - 1) : sorted).map(({ id, label, color, cell }) => ({
    id,
    label,
    color,
    ...ratesOfWay(exploration, now, cell),
  }))
  if (only.length > 0 || drawing === 'lines' || !isExact) return drawn
  const rest = restOf(ratesOfWay(exploration, now, of), drawn)
  return rest === null ? drawn : [...drawn, rest]
}

/** `other` goes with what is left. */
function busiest(sorted: readonly Member[], most: number): Member[] {
  return sorted.filter(({ id }) => id !== OTHER).slice(0, most)
}

interface Way {
  readonly in: Rates
  readonly out: Rates
}

/** A direction that alone is shown stands in `in`. */
function ratesOfWay(exploration: Exploration, measured: Measured, cell: string): Way {
  const [up, down] = directionsOf(exploration).map((way) => ratesOf(measured, cell, way, exploration.measure))
  return { in: up!, out: down ?? unknownRates(up!.length) }
}

function peaksOfWay(exploration: Exploration, measured: Measured, cell: string): Way {
  const [up, down] = directionsOf(exploration).map((way) => peaksOf(measured, cell, way, exploration.measure))
  return { in: up!, out: down ?? unknownRates(up!.length) }
}

function figuresRow(
  exploration: Exploration,
  now: Measured,
  before: Measured | null,
  cell: string,
  whole: string,
): Pick<ShownRow, 'figures' | 'before' | 'share'> {
  const directions = directionsOf(exploration)
  const figures = (measured: Measured, name: string) =>
    directions.map((direction) => figuresOf(measured, name, direction, exploration.measure))
  const total = (all: readonly Figures[]) => all.reduce<Counter>((sum, { total }) => addCounters(sum, total ?? 0), 0)
  const own = figures(now, cell)
  return {
    figures: own,
    before: before === null ? [] : figures(before, cell),
    share: isKnown(now) ? shareOf(total(own), total(figures(now, whole))) : null,
  }
}

/** What a cell is called: `All traffic`, `Library`. */
export function titleOf(catalog: Catalog, cell: string): string {
  return cell === TOTAL ? 'All traffic' : (memberOf(catalog, cell)?.member.label ?? cell)
}

function colorOfCell(catalog: Catalog, cell: string): string {
  return memberOf(catalog, cell)?.member.color ?? colorOf(0)
}

function headingOf(catalog: Catalog, { of, by, measure, way }: Exploration): string {
  const divided = by === null ? '' : ` by ${midSentence(dimensionOf(catalog, by)!.singular)}`
  const ways = { both: '', in: 'incoming ', out: 'outgoing ', internal: 'internal ', transit: 'transit ' }
  return `${titleOf(catalog, of)}: ${ways[way]}${SHOWN[measure].title.toLowerCase()}${divided}`
}

function chartOf(
  catalog: Catalog,
  { drawing, way }: Exploration,
  plan: Plan,
  data: ChartData,
  heading: string,
  figures: readonly Figures[],
): StackedChart {
  const moment = (at: number) => `${formatDate(at, catalog.timeZone)}, ${formatClock(at, catalog.timeZone)}`
  const { only: _, ...drawn } = data
  return {
    ...drawn,
    title: `${heading}, ${moment(plan.from)} to ${moment(plan.to)} in points of ${formatSpan(plan.stepSeconds)}`,
    description: `${way === 'both' ? 'In above the line, out below.' : ''} The table below holds every number.`.trim(),
    timeZone: catalog.timeZone,
    drawing,
    ...(way === 'both' ? {} : { only: way }),
    ...(drawing === 'stack'
      ? { percentile95: { in: figures[0]!.percentile95, out: figures[1]?.percentile95 ?? null } }
      : {}),
  }
}

/** Why there is nothing to see; empty when there is. */
export function emptyReason(
  catalog: Catalog,
  exploration: Exploration,
  plan: Plan,
  now: Measured,
  beginning: number | null,
): string {
  const moment = (at: number) => `${formatDate(at, catalog.timeZone)}, ${formatClock(at, catalog.timeZone)}`
  if (catalog.end === null) return 'Nothing has been ingested yet.'
  if (exploration.from >= catalog.end) return `There is nothing yet: data end at ${moment(catalog.end)}.`
  if (beginning !== null && exploration.to <= beginning)
    return `This is before the first slot: what is kept begins on ${formatDate(beginning, catalog.timeZone)}.`
  if (plan.to <= plan.from) return `No point of ${formatSpan(plan.stepSeconds)} is complete yet in this time.`
  if (!isKnown(now)) return 'No flow files cover this time.'
  const cells =
    exploration.only.length === 0 ? [exploration.of] : membersOf(catalog, exploration).map(({ cell }) => cell)
  if (cells.every((cell) => knownSeconds(now, cell) === 0))
    return 'Flow files cover this time, but they were counted under a config that did not have this; flowscan rebuild counts them again.'
  const counts = cells.flatMap((cell) =>
    directionsOf(exploration).flatMap((way) =>
      MEASURES.map((measure) => figuresOf(now, cell, way, measure).total ?? 0),
    ),
  )
  return counts.some((count) => count > 0) ? '' : 'Flow files cover this time, and nothing of this was in them.'
}
