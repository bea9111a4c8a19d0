import { type Counted, countedFromJson, countedToJson } from '../../ingest/model/counted.ts'
import { DIRECTIONS } from '../../ingest/model/direction.ts'
import { STEPS } from '../../ingest/model/time.ts'
import { type CellJson, chooseCells, type SeriesJson, type TableJson } from '../../ingest/store/series-table.ts'
import type { PublishedCells } from './cells.ts'

/** A file of a window. */
export interface WindowFile {
  /** Without its ending. */
  readonly name: string
  /** JSON. */
  readonly text: string
}

/** Cells of a file: a visitor of a site with thousands of members fetches the few that a chart needs. */
const MOST_CELLS = 100

/**
 * The points of a stored series that are over at `end` (unix seconds), as they are published (README, "A window"). The last file is `index`; it names the
 * others. One at a time, for there may be hundreds. Pure: the same series give the same files.
 */
export function* windowFiles(stored: TableJson, cells: PublishedCells, end: number): Generator<WindowFile> {
  const [from, step] = [Date.parse(stored.from) / 1000, STEPS[stored.step]]
  const over = Math.max(0, Math.min(stored.points, Math.floor((end - from) / step)))
  const chunks: Record<string, string[]> = {}
  for (const [group, all] of groupCells(stored, cells, over)) {
    chunks[group] = []
    for (let at = 0; at < all.length; at += MOST_CELLS) {
      const chunk = all.slice(at, at + MOST_CELLS)
      yield {
        name: `${group}-${chunks[group].length}`,
        text: JSON.stringify({ cells: Object.fromEntries(chunk) }),
      }
      chunks[group].push(chunk[0]![0])
    }
  }
  const known = cut(stored.known, over)
  const counted = countedToJson(countedOver(stored, cells, over), known)
  const quality = cutQuality(stored.quality ?? {}, over)
  yield { name: 'index', text: JSON.stringify({ from, step, points: stored.points, known, counted, quality, chunks }) }
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
