import { CALENDAR, link, NOT_FOUND, OVERVIEW, SCOREBOARD } from '../links.ts'
import type { Page } from './page.ts'
import type { Site } from './site.ts'

/** What a web server answers when there is nothing at an address. */
export function notFoundPage({ config, edition }: Site): Page {
  const linkTo = (to: string) => link(NOT_FOUND, to, config.site.path)
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
        { href: linkTo(OVERVIEW), label: 'Overview' },
        ...(edition.hasBoards
          ? [
              { href: linkTo(SCOREBOARD), label: 'Scoreboard' },
              { href: linkTo(CALENDAR), label: 'Scoreboard archive' },
            ]
          : []),
      ],
    },
  }
}
