import { dayOf, SLOT_SECONDS } from '../../ingest/model/time.ts'
import type { StackedChart } from '../charts/chart.ts'
import { boardSlotAddress } from '../links.ts'
import type { BoardPlaces } from '../pages/board-places.ts'

/** The scoreboard of a point; `null`: it has none, for it is no slot, nobody measured it, or scoreboards do not go back so far. */
export function boardAddressOf(
  { from, stepSeconds, total }: Pick<StackedChart, 'from' | 'stepSeconds' | 'total'>,
  places: BoardPlaces | null,
  point: number,
): string | null {
  const slot = from + point * stepSeconds
  const isMeasured = total.in[point] != null
  if (places === null || stepSeconds !== SLOT_SECONDS || !isMeasured || dayOf(slot) < places.since) return null
  return places.root + boardSlotAddress(slot)
}
