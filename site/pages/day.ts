import type { Board } from '../../ingest/model/board.ts'
import { startOfDay } from '../../ingest/model/time.ts'
import { boardDayAddress, boardSlotAddress, CALENDAR, link, SCOREBOARD, slotName } from '../links.ts'
import { formatClockMoment, formatUtcDay } from '../units.ts'
import type { Page } from './page.ts'
import { allLists } from './scoreboard.ts'
import type { Site } from './site.ts'
import { boardJson } from './slot.ts'

/** A UTC day of the archive: its board, and every slot that has one. */
export function dayPage(
  site: Site,
  day: string,
  board: Board | null,
  slots: readonly number[],
  { previous, next }: { readonly previous: string | null; readonly next: string | null },
): Page {
  const address = boardDayAddress(day)
  const lists = board === null ? [] : allLists(board, null, site.config.scoreboard.top)
  const neighbour = (other: string | null) =>
    other === null ? null : { href: link(address, boardDayAddress(other)), label: formatUtcDay(other) }
  return {
    address,
    template: 'day',
    title: `Scoreboard, ${formatUtcDay(day)}`,
    section: SCOREBOARD,
    trail: [
      { href: link(address, SCOREBOARD), label: 'Scoreboard' },
      { href: link(address, CALENDAR), label: 'Archive' },
    ],
    data: null,
    files: board === null ? {} : { 'board.json': boardJson(board, lists) },
    content: {
      heading: formatUtcDay(day),
      previous: neighbour(previous),
      next: neighbour(next),
      lists,
      hours: hoursOf(site, day, slots, address),
    },
  }
}

/** 24 rows of at most twelve slots, told by their minutes. */
function hoursOf({ timeZone }: Site, day: string, slots: readonly number[], from: string): object[] {
  const start = startOfDay(day)
  return Array.from({ length: 24 }, (_, hour) => {
    const begin = start + hour * 3600
    return {
      utc: slotName(begin),
      local: formatClockMoment(begin, timeZone),
      slots: slots
        .filter((slot) => slot >= begin && slot < begin + 3600)
        .map((slot) => ({
          href: link(from, boardSlotAddress(slot)),
          hour: slotName(slot).slice(0, 2),
          label: slotName(slot).slice(2),
        })),
    }
  }).filter(({ slots }) => slots.length > 0)
}
