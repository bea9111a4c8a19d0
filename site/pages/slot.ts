import type { Board } from '../../ingest/model/board.ts'
import { toJson } from '../../ingest/model/counter.ts'
import { dayOf, SLOT_SECONDS } from '../../ingest/model/time.ts'
import { boardDayAddress, boardSlotAddress, CALENDAR, explorerAddress, link, SCOREBOARD } from '../links.ts'
import { formatClock, formatClockMoment, formatMoment, formatUtcDay } from '../units.ts'
import type { Page } from './page.ts'
import { allLists } from './scoreboard.ts'
import type { Site } from './site.ts'

/** The explorer shows the hour before a slot, and the hour after. */
const AROUND = 3600

/** The scoreboard of one slot, for ever. `previous` and `next`: the nearest slots that have one (unix seconds). */
export function slotPage(
  site: Site,
  board: Board,
  before: Board | null,
  { previous, next }: { readonly previous: number | null; readonly next: number | null },
): Page {
  const address = boardSlotAddress(board.from)
  const day = dayOf(board.from)
  const from = formatMoment(board.from, site.timeZone)
  const to = formatClockMoment(board.from + SLOT_SECONDS, site.timeZone)
  const neighbour = (slot: number | null) =>
    slot === null
      ? null
      : { href: link(address, boardSlotAddress(slot)), moment: formatClockMoment(slot, site.timeZone) }
  const lists = allLists(board, before, site.config.scoreboard.top)
  return {
    address,
    template: 'slot',
    title: `Scoreboard, ${from.text}`,
    section: SCOREBOARD,
    trail: [
      { href: link(address, SCOREBOARD), label: 'Scoreboard' },
      { href: link(address, CALENDAR), label: 'Archive' },
      { href: link(address, boardDayAddress(day)), label: formatUtcDay(day) },
    ],
    data: null,
    files: { 'board.json': boardJson(board, lists) },
    content: {
      from,
      to,
      clock: formatClock(board.from, site.timeZone),
      previous: neighbour(previous),
      next: neighbour(next),
      day: link(address, boardDayAddress(day)),
      explore: link(address, explorerAddress({ from: board.from - AROUND, to: board.from + SLOT_SECONDS + AROUND })),
      lists,
    },
  }
}

/** The hosts that the lists show, with their counters: whole numbers in the slot. */
export function boardJson(
  board: Board,
  lists: readonly { readonly rows: readonly { readonly address: string }[] }[],
): string {
  const shown = new Set(lists.flatMap(({ rows }) => rows.map(({ address }) => address)))
  const columns = ['address', 'inOctets', 'inPackets', 'inFlows', 'outOctets', 'outPackets', 'outFlows']
  return `${toJson({
    from: new Date(board.from * 1000).toISOString().replace('.000', ''),
    seconds: board.seconds,
    total: { in: board.total.in, out: board.total.out },
    columns,
    hosts: board.inside.rows.filter(([address]) => shown.has(address)),
  })}\n`
}
