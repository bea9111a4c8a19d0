import { createHash } from 'node:crypto'
import { type Counted, countedFromJson, countedToJson } from '../../ingest/model/counted.ts'
import { DIRECTIONS } from '../../ingest/model/direction.ts'
import { STEPS } from '../../ingest/model/time.ts'
import { type CellJson, chooseCells, type SeriesJson, type TableJson } from '../../ingest/store/series-table.ts'
import type { PublishedCells } from './cells.ts'

/** A window as it is published (README, "A window"), before it is on disk. */
export interface PublishedWindow {
  /** Of all that is in it. */
  readonly hash: string
  /** JSON by the names of files, without their endings. The first, `index`, names the others. */
  readonly files: ReadonlyMap<string, string>
}

/** Cells of a file: a visitor of a site with thousands of members fetches the few that a chart needs. */
const MOST_CELLS = 100

/** The points of a stored series that are over at `end` (unix seconds), cut into files. Pure: the same series give the same hash. */
export function publishedWindow(stored: TableJson, cells: PublishedCells, end: number): PublishedWindow {
  const [from, step] = [Date.parse(stored.from) / 1000, STEPS[stored.step]]
  const over = Math.max(0, Math.min(stored.points, Math.floor((end - from) / step)))
  const groups = groupCells(stored, cells, over)
  const chunks = [...groups].flatMap(([group, all]) =>
    inChunks(all).map((chunk, at) => ({ group, first: chunk[0]![0], name: `${group}-${at}`, cells: chunk })),
  )
  const known = cut(stored.known, over)
  const index = {
    from,
    step,
    points: stored.points,
    known,
    counted: countedToJson(countedOver(stored, cells, over), known),
    quality: cutQuality(stored.quality ?? {}, over),
    chunks: Object.fromEntries(
      [...groups.keys()].map((name) => [name, chunks.filter(({ group }) => group === name).map(({ first }) => first)]),
    ),
  }
  const files = new Map([
    ['index', JSON.stringify(index)],
    ...chunks.map(({ name, cells }) => [name, JSON.stringify({ cells: Object.fromEntries(cells) })] as const),
  ])
  return { hash: hashOf(files), files }
}

/** What flows were counted by, of what is published. */
function countedOver({ counted, known }: TableJson, { countedToday }: PublishedCells, over: number): Counted {
  return new Map([...countedFromJson(counted, known, countedToday)].map(([key, seconds]) => [key, cut(seconds, over)]))
}

function cut(seconds: readonly number[], over: number): number[] {
  return seconds.map((each, point) => (point < over ? each : 0))
}

/** Cells with traffic in points that are over, in order of their names; a group without such a cell is absent. */
function groupCells(stored: TableJson, cells: PublishedCells, over: number): Map<string, [string, CellJson][]> {
  const groups = new Map<string, [string, CellJson][]>(cells.groups.map((name) => [name, []]))
  for (const [name, cell] of chooseCells(stored, cells)) {
    const cut = cutCell(cell, over)
    if (Object.keys(cut).length > 0) groups.get(cells.groupOf(name))!.push([name, cut])
  }
  return new Map([...groups].filter(([, all]) => all.length > 0))
}

function cutCell(cell: CellJson, over: number): CellJson {
  return Object.fromEntries(
    DIRECTIONS.flatMap((direction) => {
      const series = cell[direction]
      return series === undefined || series.at >= over ? [] : [[direction, cutSeries(series, over - series.at)]]
    }),
  )
}

function cutSeries(series: SeriesJson, length: number): SeriesJson {
  if (series.octets.length <= length) return series
  const cut = ({ octets, packets, flows }: Pick<SeriesJson, 'octets' | 'packets' | 'flows'>) => ({
    octets: octets.slice(0, length),
    packets: packets.slice(0, length),
    flows: flows.slice(0, length),
  })
  return { at: series.at, ...cut(series), ...(series.max && { max: cut(series.max) }) }
}

function cutQuality(quality: NonNullable<TableJson['quality']>, over: number): TableJson['quality'] {
  return Object.fromEntries(
    Object.entries(quality).map(([flaw, flows]) => [flaw, flows.map((count, point) => (point < over ? count : 0))]),
  )
}

function inChunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / MOST_CELLS) }, (_, at) =>
    items.slice(at * MOST_CELLS, (at + 1) * MOST_CELLS),
  )
}

function hashOf(files: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256')
  for (const [name, text] of files) hash.update(`${name}\0`).update(text).update('\0')
  return hash.digest('hex').slice(0, 16)
}
