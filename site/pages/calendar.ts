import { startOfDay } from '../../ingest/model/time.ts'
import { boardDayAddress, CALENDAR, link, SCOREBOARD } from '../links.ts'
import { formatMonth } from '../units.ts'
import type { Page } from './page.ts'
import { NO_DATA } from './range.ts'

/** Every UTC day that has scoreboards, as months of weeks, the newest month first. */
export function calendarPage(days: readonly string[]): Page {
  const months = [...new Set(days.map((day) => day.slice(0, 7)))].sort().reverse()
  return {
    address: CALENDAR,
    template: 'calendar',
    title: 'Scoreboard archive',
    section: SCOREBOARD,
    trail: [{ href: link(CALENDAR, SCOREBOARD), label: 'Scoreboard' }],
    data: null,
    content: {
      heading: 'Scoreboard archive',
      empty: days.length === 0 ? NO_DATA : '',
      months: months.map((month) => ({ title: formatMonth(month), weeks: weeksOf(month, new Set(days)) })),
    },
  }
}

/** Monday first; `null` outside the month. */
function weeksOf(month: string, days: ReadonlySet<string>): (object | null)[][] {
  const length = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate()
  const blanks = (new Date(startOfDay(`${month}-01`) * 1000).getUTCDay() + 6) % 7
  const cells = [
    ...new Array<null>(blanks).fill(null),
    ...Array.from({ length }, (_, at) => {
      const day = `${month}-${String(at + 1).padStart(2, '0')}`
      return { number: at + 1, href: days.has(day) ? link(CALENDAR, boardDayAddress(day)) : null }
    }),
  ]
  return Array.from({ length: Math.ceil(cells.length / 7) }, (_, week) =>
    Array.from({ length: 7 }, (_, weekday) => cells[week * 7 + weekday] ?? null),
  )
}
