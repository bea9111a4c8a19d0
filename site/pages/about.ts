import { createRequire } from 'node:module'
import { STEPS } from '../../ingest/model/time.ts'
import { isPublic, shownPrefixes } from '../edition.ts'
import { ABOUT, CATALOG, dimensionAddress, link, memberAddress, QUALITY, REPORTS } from '../links.ts'
import { RANGE_NAMES, RANGES } from '../traffic.ts'
import { formatCount, formatSpan } from '../units.ts'
import { definitionOf, samplingText } from './definition.ts'
import type { Page } from './page.ts'
import type { Site, SiteDimension } from './site.ts'

/** How every figure is counted, in words, from the config. */
export function aboutPage(site: Site): Page {
  const { config, edition, dimensions, pairs } = site
  const { '5m': slots, '30m': halves, '2h': hours, '1d': days, boards } = config.retention
  return {
    address: ABOUT,
    template: 'about',
    title: 'About',
    section: ABOUT,
    trail: [],
    data: null,
    content: {
      heading: 'How the figures are counted',
      organization: config.organization,
      timeZone: site.timeZone,
      subnets: shownPrefixes(edition, config.subnets),
      isPublic: isPublic(edition),
      hosts: edition.hosts,
      hasNames: edition.hasNames,
      hasBoards: edition.hasBoards,
      isSpread: config.timing === 'spread',
      isCuflow: config.compat === 'cuflow',
      version: VERSION,
      catalog: link(ABOUT, CATALOG),
      quality: edition.hasQuality ? link(ABOUT, QUALITY) : '',
      reports: link(ABOUT, REPORTS),
      kept: {
        slots: ageText(slots),
        halves: ageText(halves),
        hours: ageText(hours),
        days: ageText(days),
        boards: ageText(boards),
      },
      hasEvents: config.site.events !== undefined,
      configured: dimensions.map((of) => configuredOf(site, of)),
      dimensions: dimensions.map(({ dimension, members }) => ({
        title: dimension.title,
        count: formatCount(members.length),
        isOverlapping: dimension.ownDirection === true,
      })),
      pairs: pairs.map(([first, second]) => `${first.dimension.singular} × ${second.dimension.singular}`),
      routers: config.routers.map(({ label, sampleRate, border }) => ({
        label,
        sampling: samplingText(sampleRate),
        border,
      })),
      hasBorder: config.routers.some(({ border }) => border),
      ranges: RANGE_NAMES.map((name) => {
        const { title, step, points } = RANGES[name]
        const days = (points * STEPS[step]) / 86_400
        return { title, length: days === 1 ? '24 hours' : formatSpan(days * 86_400), step: formatSpan(STEPS[step]) }
      }),
      top: config.scoreboard.top,
      keptHosts: formatCount(config.scoreboard.keep),
      overallTop: config.aggregateScore.top,
      overallDays: formatSpan(config.aggregateScore.days * 86_400),
    },
  }
}

const { version: VERSION } = createRequire(import.meta.url)('flowscan/package.json') as { version: string }

/** Every member with what the config says it is. */
function configuredOf(site: Site, { dimension, members }: SiteDimension): object {
  return {
    title: dimension.title,
    singular: dimension.singular,
    href: link(ABOUT, dimensionAddress(dimension)),
    members: members.map(({ id, label }) => ({
      id,
      label,
      href: link(ABOUT, memberAddress(dimension, id)),
      definition: definitionOf(site, dimension, id),
    })),
  }
}

/** Of an age in days. */
function ageText(days: number): string {
  return days === Number.POSITIVE_INFINITY ? 'for ever' : formatSpan(days * 86_400)
}
