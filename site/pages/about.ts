import { formatPrefix } from '../../ingest/model/address.ts'
import { STEPS } from '../../ingest/model/time.ts'
import { ABOUT } from '../links.ts'
import { RANGE_NAMES, RANGES } from '../traffic.ts'
import { formatCount, formatSpan } from '../units.ts'
import { samplingText } from './definition.ts'
import type { Page } from './page.ts'
import type { Site } from './site.ts'

/** How every figure is counted, in words, from the config. */
export function aboutPage(site: Site): Page {
  const { config, dimensions, pairs } = site
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
      subnets: config.subnets.map(formatPrefix),
      isSpread: config.timing === 'spread',
      isCuflow: config.compat === 'cuflow',
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
      kept: formatCount(config.scoreboard.keep),
      overallTop: config.aggregateScore.top,
      overallDays: formatSpan(config.aggregateScore.days * 86_400),
    },
  }
}
