import {
  CATALOG,
  dimensionAddress,
  EXPLORER,
  link,
  OVERVIEW,
  QUALITY,
  rangeAddress,
  SCOREBOARD,
  TOTAL_SUBJECT,
} from '../links.ts'
import { RANGE_NAMES, RANGES, type Traffic } from '../traffic.ts'
import { dataTimeOf } from './data-time.ts'
import type { Page } from './page.ts'
import type { Site } from './site.ts'

/** The explorer: a form and where its answer goes, for the script to fill; without it, where else to look. `day`: its end is that of what is published. */
export function explorePage(site: Site, day: Traffic): Page {
  const { dimensions, edition } = site
  const toAnchor = (address: string, label: string) => ({ href: link(EXPLORER, address), label })
  return {
    address: EXPLORER,
    template: 'explore',
    title: 'Explore',
    section: EXPLORER,
    trail: [],
    data: dataTimeOf(site, day),
    content: {
      heading: 'Explore',
      catalog: link(EXPLORER, CATALOG),
      root: link(EXPLORER, OVERVIEW),
      ranges: RANGE_NAMES.map((range) =>
        toAnchor(rangeAddress(TOTAL_SUBJECT, range), RANGES[range].title.toLowerCase()),
      ),
      dimensions: dimensions.map(({ dimension }) => toAnchor(dimensionAddress(dimension), dimension.title)),
      others: [
        ...(edition.hasBoards ? [toAnchor(SCOREBOARD, 'Scoreboard')] : []),
        ...(edition.hasQuality ? [toAnchor(QUALITY, 'Quality')] : []),
      ],
    },
  }
}
