import type { Board } from '../../ingest/model/board.ts'
import type { Counter } from '../../ingest/model/counter.ts'
import { MEASURES, type Measure } from '../../ingest/model/measure.ts'
import type { HostRow } from '../../ingest/model/part.ts'
import { SLOT_SECONDS } from '../../ingest/model/time.ts'
import { rankHosts } from '../../ingest/store/boards.ts'
import { shareOf } from '../figures.ts'
import { boardListId } from '../links.ts'
import { formatQuantity, formatShare, formatSi, SHOWN } from '../units.ts'

/** One list of a scoreboard: the busiest hosts of ours by one counter. */
export interface BoardList {
  /** Unique on its page: `in-bits`. */
  readonly id: string
  readonly heading: string
  /** With its unit: what shares are of, all that crossed the border in the list's direction. */
  readonly whole: string
  readonly direction: 'in' | 'out'
  readonly measure: Measure
  /** What a row is. */
  readonly noun: string
  /** Column heads, that of the ranking first. */
  readonly heads: readonly ColumnHead[]
  readonly rows: readonly BoardRow[]
  /** With its unit: there were too many hosts to count each, and only those above this could be listed. `null`: everyone was counted. */
  readonly completeAbove: string | null
}

interface ColumnHead {
  readonly direction: string
  readonly unit: string
}

export interface BoardRow {
  readonly rank: number
  readonly address: string
  /** Against the list before: `▲ 2`; with the same in words. Empty without a list before. */
  readonly change: string
  readonly changeInWords: string
  readonly share: string
  /** The share, 0 to 100, for a bar. */
  readonly percent: number
  /** As `heads`. */
  readonly cells: readonly string[]
}

/** What a list needs of a board. */
export type RankedBoard = Pick<Board, 'seconds' | 'total' | 'inside'>

interface Ranking {
  readonly direction: 'in' | 'out'
  readonly measure: Measure
}

/** In CUFlow's order: in and out, each by bits, packets, flows. */
export const RANKINGS: readonly Ranking[] = (['in', 'out'] as const).flatMap((direction) =>
  MEASURES.map((measure) => ({ direction, measure })),
)

/**
 * The first `top` hosts. Of one slot, counters are shown as rates; of longer, as what they add up to. `before`: the
 * board that ranks are compared with.
 */
export function boardList(board: RankedBoard, before: RankedBoard | null, ranking: Ranking, top: number): BoardList {
  const isRate = board.seconds === SLOT_SECONDS
  const columns = [ranking, ...RANKINGS.filter((other) => !isSame(other, ranking))]
  const ranksBefore = before === null ? null : ranksOf(before, ranking, top)
  const rows = rankHosts(board.inside, ranking, top)
  const whole = board.total[ranking.direction][MEASURES.indexOf(ranking.measure)]!
  const bound = board.inside.completeAbove?.[counterAt(ranking) - 1] ?? 0
  const unitOf = (measure: Measure) => (isRate ? SHOWN[measure].rate : SHOWN[measure].totals)
  const quantityOf = (counter: Counter) => quantityText(counter, ranking.measure, isRate)
  return {
    id: boardListId(ranking.direction, SHOWN[ranking.measure].name),
    heading: `${ranking.direction === 'in' ? 'In' : 'Out'} by ${SHOWN[ranking.measure].name}`,
    whole: quantityOf(whole),
    ...ranking,
    noun: rows[0]?.[0].includes('/') ? 'Hosts in' : 'Host',
    heads: columns.map(({ direction, measure }) => ({ direction, unit: unitOf(measure) })),
    rows: rows.map((row, index) => {
      const share = shareOf(counterOf(row, ranking), whole)
      return {
        rank: index + 1,
        address: row[0],
        ...changeOf(row[0], index + 1, ranksBefore),
        share: formatShare(share),
        percent: Math.round((share ?? 0) * 1000) / 10,
        cells: columns.map((column) => formatCounter(counterOf(row, column), column.measure, isRate)),
      }
    }),
    completeAbove: bound === 0 ? null : quantityOf(bound),
  }
}

function isSame(a: Ranking, b: Ranking): boolean {
  return a.direction === b.direction && a.measure === b.measure
}

function counterOf(row: HostRow, ranking: Ranking): Counter {
  return row[counterAt(ranking)] as Counter
}

/** Its place in a row, behind the address. */
function counterAt({ direction, measure }: Ranking): number {
  return (direction === 'in' ? 1 : 4) + MEASURES.indexOf(measure)
}

function formatCounter(counter: Counter, measure: Measure, isRate: boolean): string {
  const value = Number(counter)
  return formatSi(isRate ? (value * SHOWN[measure].perCount) / SLOT_SECONDS : value)
}

/** `327 Mb/s`, `1.2 TB`, `3.4 M packets`. */
function quantityText(counter: Counter, measure: Measure, isRate: boolean): string {
  const { rate, volume, totals, perCount } = SHOWN[measure]
  if (isRate) return formatQuantity((Number(counter) * perCount) / SLOT_SECONDS, rate)
  return volume === '' ? `${formatSi(Number(counter))} ${totals}` : formatQuantity(Number(counter), volume)
}

function ranksOf(board: RankedBoard, ranking: Ranking, top: number): Map<string, number> {
  return new Map(rankHosts(board.inside, ranking, top).map(([address], index) => [address, index + 1]))
}

function changeOf(address: string, rank: number, before: ReadonlyMap<string, number> | null) {
  if (before === null) return { change: '', changeInWords: '' }
  const was = before.get(address)
  if (was === undefined) return { change: 'new', changeInWords: 'not in this list one slot before' }
  if (was === rank) return { change: '=', changeInWords: 'unchanged' }
  const by = Math.abs(was - rank)
  return was > rank
    ? { change: `▲ ${by}`, changeInWords: `up ${by} from ${was}` }
    : { change: `▼ ${by}`, changeInWords: `down ${by} from ${was}` }
}
