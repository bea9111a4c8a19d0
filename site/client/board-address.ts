import { dayOf, SLOT_SECONDS } from '../../ingest/model/time.ts'
import type { StackedChart } from '../charts/chart.ts'
import { rateAt } from '../charts/rates.ts'
import { boardListId, boardSlotAddress } from '../links.ts'
import type { BoardPlaces } from '../pages/board-places.ts'
import { SHOWN } from '../units.ts'

type Charted = Pick<StackedChart, 'from' | 'stepSeconds' | 'total' | 'unit' | 'only'>

/**
 * The scoreboard of a point, at the list of the direction that had more of what the chart shows; `null`: it has none, for it is no
 * slot, nobody measured it, or scoreboards do not go back so far.
 */
export function boardAddressOf(chart: Charted, places: BoardPlaces | null, point: number): string | null {
  const { from, stepSeconds, total } = chart
  const slot = from + point * stepSeconds
  const isMeasured = rateAt(total.in, point) !== null
  if (places === null || stepSeconds !== SLOT_SECONDS || !isMeasured || dayOf(slot) < places.since) return null
  return places.root + boardSlotAddress(slot) + listOf(chart, point)
}

/** Internal and transit traffic have no list of their own. */
function listOf({ total, unit, only }: Charted, point: number): string {
  const direction = only ?? (Number(total.out[point]) > Number(total.in[point]) ? 'out' : 'in')
  if (direction !== 'in' && direction !== 'out') return ''
  const { name } = Object.values(SHOWN).find(({ rate }) => rate === unit)!
  return `#${boardListId(direction, name)}`
}
