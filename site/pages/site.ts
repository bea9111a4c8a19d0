import type { Dimension } from '../../ingest/classify/dimension.ts'
import { activeDimensions, activePairs } from '../../ingest/classify/index.ts'
import type { Events } from '../../ingest/config/events.ts'
import type { Config } from '../../ingest/config/schema.ts'
import { OTHER } from '../../ingest/model/cell.ts'
import { colorOf, OTHER_COLOR } from '../charts/theme.ts'
import { type Edition, isPublic, WHOLE } from '../edition.ts'
import { ABOUT, CALENDAR, dimensionAddress, EXPLORER, OVERVIEW, QUALITY, REPORTS, SCOREBOARD } from '../links.ts'

/** What every page of a site shares: the config as pages see it. */
export interface Site {
  readonly config: Config
  readonly edition: Edition
  readonly title: string
  readonly timeZone: string
  readonly dimensions: readonly SiteDimension[]
  /** What happened, and what could not be read of it. */
  readonly happened: Events
  /** As they are stored: the first dimension's member comes first in a cell's name. */
  readonly pairs: readonly SitePair[]
  /** Those with pages of their own for each two members: a network's, which people come for, and all that are few. Every pair has a matrix. */
  readonly pagedPairs: readonly SitePair[]
}

export type SitePair = readonly [SiteDimension, SiteDimension]

export interface SiteDimension {
  readonly dimension: Dimension
  readonly members: readonly SiteMember[]
}

export interface SiteMember {
  readonly id: string
  readonly label: string
  /** The same on every page. */
  readonly color: string
}

export function createSite(
  config: Config,
  happened: Events = { events: [], mistakes: [] },
  edition: Edition = WHOLE,
): Site {
  const dimensions = activeDimensions(config).map((dimension) => ({ dimension, members: membersOf(dimension, config) }))
  const byName = new Map(dimensions.map((each) => [each.dimension.name, each]))
  const pairs = activePairs(config).map(
    ([first, second]) => [byName.get(first.name)!, byName.get(second.name)!] as const,
  )
  return {
    config,
    edition,
    title: config.site.title ?? config.organization,
    timeZone: config.site.timeZone,
    dimensions,
    happened,
    pairs,
    pagedPairs: pairs.filter(isPaged),
  }
}

/** Pages cost what they cost whether anybody looks: routers by a thousand AS numbers would be most of a site. */
const MOST_PAGED = 500

function isPaged([first, second]: SitePair): boolean {
  return first.dimension.ownDirection === true || first.members.length * second.members.length <= MOST_PAGED
}

function membersOf(dimension: Dimension, config: Config): SiteMember[] {
  return dimension.members(config).map(({ id, label, color }, index) => ({
    id,
    label,
    color: id === OTHER ? OTHER_COLOR : colorOf(index, color),
  }))
}

/** The menu: addresses and labels. */
export function menuOf({ dimensions, edition }: Site): { readonly address: string; readonly label: string }[] {
  return [
    { address: OVERVIEW, label: 'Overview' },
    ...dimensions.map(({ dimension }) => ({ address: dimensionAddress(dimension), label: dimension.title })),
    { address: EXPLORER, label: 'Explore' },
    ...(edition.hasBoards ? [{ address: SCOREBOARD, label: 'Scoreboard' }] : []),
    { address: REPORTS, label: 'Reports' },
    ...(edition.hasQuality ? [{ address: QUALITY, label: 'Quality' }] : []),
    { address: ABOUT, label: 'About' },
  ]
}

/** The menu of pages that stay for years: only what any config has. In an edition scoreboards and the quality page come and go with it. */
export function archiveMenuOf({ edition }: Site): ReturnType<typeof menuOf> {
  const boards = [
    { address: SCOREBOARD, label: 'Scoreboard' },
    { address: CALENDAR, label: 'Archive' },
  ]
  return [
    { address: OVERVIEW, label: 'Overview' },
    ...(isPublic(edition) ? [] : boards),
    { address: REPORTS, label: 'Reports' },
    ...(isPublic(edition) ? [] : [{ address: QUALITY, label: 'Quality' }]),
    { address: ABOUT, label: 'About' },
  ]
}
