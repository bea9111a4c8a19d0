import type { Board } from '../../ingest/model/board.ts'
import { dayOf, SLOT_SECONDS } from '../../ingest/model/time.ts'
import { boardDayAddress, boardSlotAddress, CALENDAR, link, OVERALL, SCOREBOARD } from '../links.ts'
import { formatClockMoment, formatMoment } from '../units.ts'
import { type BoardList, boardList, RANKINGS, type RankedBoard } from './board-list.ts'
import { dataTimeOf } from './data-time.ts'
import type { Page } from './page.ts'
import { NO_DATA } from './range.ts'
import type { Site } from './site.ts'

/** The newest slot's scoreboard and the slot before it. */
export interface NewestBoards {
  readonly board: Board | null
  readonly before: Board | null
}

/** The scoreboard as it is now, at an address that never changes. */
export function scoreboardPage(site: Site, { board, before }: NewestBoards): Page {
  const end = endOf({ board })
  return {
    address: SCOREBOARD,
    template: 'scoreboard',
    title: 'Scoreboard',
    section: SCOREBOARD,
    trail: [],
    data: dataTimeOf(site, { to: end, stepSeconds: SLOT_SECONDS }),
    content: {
      heading: 'Scoreboard',
      empty: board === null ? NO_DATA : '',
      top: site.config.scoreboard.top,
      lists: board === null ? [] : allLists(board, before, site.config.scoreboard.top),
      from: board === null ? null : formatMoment(board.from, site.timeZone),
      to: board === null ? null : formatClockMoment(end, site.timeZone),
      permanent: board === null ? null : link(SCOREBOARD, boardSlotAddress(board.from)),
      scoreboards: scoreboardsFrom(SCOREBOARD, board === null ? null : dayOf(board.from)),
    },
  }
}

/** Ways from one scoreboard to the others. `today`: the newest UTC day that has some. */
export function scoreboardsFrom(address: string, today: string | null): object[] {
  const all = [
    { label: 'Now', to: SCOREBOARD },
    ...(today === null ? [] : [{ label: 'Today', to: boardDayAddress(today) }]),
    { label: 'Overall', to: OVERALL },
    { label: 'Archive', to: CALENDAR },
  ]
  return all.map(({ label, to }) => ({ label, href: link(address, to), isCurrent: to === address }))
}

/** When the newest slot that has a board ends (unix seconds); 0: none has. */
export function endOf({ board }: Pick<NewestBoards, 'board'>): number {
  return board === null ? 0 : board.from + SLOT_SECONDS
}

/** The six lists of a board. */
export function allLists(board: RankedBoard, before: RankedBoard | null, top: number): BoardList[] {
  return RANKINGS.map((ranking) => boardList(board, before, ranking, top))
}
