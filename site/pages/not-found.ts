import { CALENDAR, link, NOT_FOUND, OVERVIEW, SCOREBOARD } from '../links.ts'
import type { Page } from './page.ts'
import type { Site } from './site.ts'

/** What a web server answers when there is nothing at an address. */
export function notFoundPage({ edition }: Site): Page {
  return {
    address: NOT_FOUND,
    template: 'not-found',
    title: 'No such page',
    section: '',
    trail: [],
    data: null,
    content: {
      heading: 'No such page',
      hasBoards: edition.hasBoards,
      links: [
        { href: link(NOT_FOUND, OVERVIEW), label: 'Overview' },
        ...(edition.hasBoards
          ? [
              { href: link(NOT_FOUND, SCOREBOARD), label: 'Scoreboard' },
              { href: link(NOT_FOUND, CALENDAR), label: 'Scoreboard archive' },
            ]
          : []),
      ],
    },
  }
}
