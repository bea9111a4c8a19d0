import { SLOT_SECONDS } from '../../ingest/model/time.ts'
import { link, OVERALL, SCOREBOARD } from '../links.ts'
import { formatCount, formatUtcDay } from '../units.ts'
import type { RankedBoard } from './board-list.ts'
import { dataTimeOf } from './data-time.ts'
import type { Page } from './page.ts'
import { NO_DATA } from './range.ts'
import { allLists, endOf, type NewestBoards, scoreboardsFrom } from './scoreboard.ts'
import type { Site } from './site.ts'

/** The busiest hosts by what they moved over the last days. `board`: the sum of these days' boards, up to the newest. */
export function overallPage(
  site: Site,
  board: RankedBoard | null,
  days: readonly string[],
  newest: NewestBoards,
): Page {
  return {
    address: OVERALL,
    template: 'overall',
    title: 'Overall scoreboard',
    section: SCOREBOARD,
    trail: [{ href: link(OVERALL, SCOREBOARD), label: 'Scoreboard' }],
    data: dataTimeOf(site, { to: endOf(newest), stepSeconds: SLOT_SECONDS }),
    content: {
      heading: 'Overall scoreboard',
      empty: board === null ? NO_DATA : '',
      lists: board === null ? [] : allLists(board, null, site.config.aggregateScore.top),
      count: formatCount(days.length),
      first: days.length === 0 ? '' : formatUtcDay(days[0]!),
      last: days.length === 0 ? '' : formatUtcDay(days.at(-1)!),
      isOne: days.length === 1,
      scoreboards: scoreboardsFrom(OVERALL, days.at(-1) ?? null),
    },
  }
}
