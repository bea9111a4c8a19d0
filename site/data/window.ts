import { type Counted, countedFromJson, countedToJson } from '../../ingest/model/counted.ts'
import { DIRECTIONS } from '../../ingest/model/direction.ts'
import { STEPS } from '../../ingest/model/time.ts'
import { cellFromBytes, chooseCells, joinCells, type PackedTable, textOf } from '../../ingest/store/packed-table.ts'
import type { CellJson, SeriesJson, TableJson } from '../../ingest/store/series-table.ts'
import { batches } from './batches.ts'
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
 * others. One at a time, for there may be hundreds, and what a cell holds is looked at when its file is made. Pure: the same series give the same files.
 */
export function* windowFiles(stored: PackedTable, cells: PublishedCells, end: number): Generator<WindowFile> {
  const [from, step] = [Date.parse(stored.from) / 1000, STEPS[stored.step]]
  const over = Math.max(0, Math.min(stored.points, Math.floor((end - from) / step)))
  const chunks: Record<string, string[]> = {}
  for (const [group, chosen] of groupCells(stored, cells)) {
    for (const chunk of batches(cellTexts(stored, chosen, over), MOST_CELLS)) {
      chunks[group] ??= []
      const texts = chunk.map(({ name, text }) => `${JSON.stringify(name)}:${text}`)
      yield { name: `${group}-${chunks[group].length}`, text: `{"cells":{${texts.join()}}}` }
      chunks[group].push(chunk[0]!.name)
    }
  }
  const known = cut(stored.known, over)
  const counted = countedToJson(countedOver(stored, cells, over), known)
  const quality = cutQuality(stored.quality ?? {}, over)
  yield { name: 'index', text: JSON.stringify({ from, step, points: stored.points, known, counted, quality, chunks }) }
}

/** What flows were counted by, of what is published. */
function countedOver({ counted, known }: PackedTable, { countedToday }: PublishedCells, over: number): Counted {
  return new Map([...countedFromJson(counted, known, countedToday)].map(([key, seconds]) => [key, cut(seconds, over)]))
}

function cut(seconds: readonly number[], over: number): number[] {
  return seconds.map((each, point) => (point < over ? each : 0))
}

type Chosen = ReturnType<typeof chooseCells>

/** The cells of every group, in order of their names. */
function groupCells(stored: PackedTable, cells: PublishedCells): Map<string, Chosen> {
  const groups = new Map<string, Chosen>(cells.groups.map((name) => [name, []]))
  for (const chosen of chooseCells(stored, cells)) groups.get(cells.groupOf(chosen[0]))!.push(chosen)
  return groups
}

/** The JSON of cells with traffic in points that are over. Nearly all stay as they are written. */
function* cellTexts(stored: PackedTable, chosen: Chosen, over: number): Generator<{ name: string; text: string }> {
  for (const [name, parts] of chosen) {
    const [only] = parts as [Uint8Array]
    const whole = parts.length === 1 ? cellFromBytes(only) : joinCells(stored, parts)
    const cell = cutCell(whole, over)
    if (Object.keys(cell).length === 0) continue
    const isAsWritten = parts.length === 1 && DIRECTIONS.every((direction) => cell[direction] === whole[direction])
    yield { name, text: isAsWritten ? textOf(only) : JSON.stringify(cell) }
  }
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
