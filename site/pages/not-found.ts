import { CALENDAR, link, NOT_FOUND, OVERVIEW, SCOREBOARD } from '../links.ts'
import type { Page } from './page.ts'

/** What a web server answers when there is nothing at an address. */
export function notFoundPage(): Page {
  return {
    address: NOT_FOUND,
    template: 'not-found',
    title: 'No such page',
    section: '',
    trail: [],
    data: null,
    content: {
      heading: 'No such page',
      overview: link(NOT_FOUND, OVERVIEW),
      scoreboard: link(NOT_FOUND, SCOREBOARD),
      archive: link(NOT_FOUND, CALENDAR),
    },
  }
}
