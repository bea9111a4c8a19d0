import type { Board } from '../../ingest/model/board.ts'
import { cellName, TOTAL } from '../../ingest/model/cell.ts'
import { knownOf } from '../../ingest/model/counted.ts'
import { DIRECTIONS } from '../../ingest/model/direction.ts'
import { MEASURES } from '../../ingest/model/measure.ts'
import { colorOf } from '../charts/theme.ts'
import type { Exploration } from '../exploration.ts'
import { figuresOf, knownSeconds } from '../figures.ts'
import {
  dimensionAddress,
  explorerAddress,
  link,
  matrixAddress,
  memberAddress,
  OVERVIEW,
  pairAddress,
  REPORTS,
  rangeAddress,
  TOTAL_SUBJECT,
} from '../links.ts'
import { isKnown, RANGE_NAMES, RANGES, sawTraffic, type Traffic } from '../traffic.ts'
import { formatClockMoment, formatCount, formatMoment, formatQuantity, formatSpan, SHOWN } from '../units.ts'
import { boardList } from './board-list.ts'
import { boardPlacesOf } from './board-places.ts'
import { breakdownOf, breakdownOfTotal } from './breakdown.ts'
import { dataTimeOf } from './data-time.ts'
import { definitionOf } from './definition.ts'
import { eventsBetween } from './events.ts'
import { flawFiles, flawRows } from './flaws.ts'
import type { Anchor, Page } from './page.ts'
import { pairsSeen, type Seen } from './seen.ts'
import type { Site, SiteDimension, SiteMember } from './site.ts'
import { type StackSubject, stackOf } from './stack.ts'
import { tilesOf } from './tiles.ts'
import { midSentence } from './words.ts'

/** What range pages are about: everything, a member of a dimension, or a pair. Each has a page per range. */
export interface Subject extends StackSubject {
  /** What the config says it is: prefixes, ports, … */
  readonly definition: string
  /** The same in the explorer. */
  readonly exploration: Partial<Exploration>
  readonly section: string
  readonly trail: readonly { readonly address: string; readonly label: string }[]
  /** Pages of what it is paired with. */
  readonly pairs: readonly PairLinks[]
  /** The network whose hosts have a board. */
  readonly network: string | null
}

interface PairLinks {
  readonly title: string
  /** Of those that saw traffic: there may be a thousand that did not. */
  linksOf(seen: Seen): readonly { readonly address: string; readonly label: string }[]
}

export function totalSubject(site: Site): Subject {
  const breakdown = breakdownOfTotal(site)
  return {
    address: TOTAL_SUBJECT,
    title: 'All traffic',
    cell: TOTAL,
    color: colorOf(0),
    breakdown,
    exploration: { of: TOTAL, by: breakdown.dimension.name },
    definition: 'Everything that crossed the border of the network.',
    section: OVERVIEW,
    trail: [{ address: OVERVIEW, label: 'Overview' }],
    pairs: [],
    network: null,
  }
}

export function memberSubject(site: Site, of: SiteDimension, member: SiteMember): Subject {
  const { dimension } = of
  const cell = cellName([dimension.name, member.id])
  const breakdown = breakdownOf(site, of, member)
  return {
    address: memberAddress(dimension, member.id),
    title: member.label,
    cell,
    color: member.color,
    breakdown,
    exploration: { of: cell, by: breakdown?.dimension.name ?? null },
    definition: definitionOf(site, dimension, member.id),
    section: dimensionAddress(dimension),
    trail: [{ address: dimensionAddress(dimension), label: dimension.title }],
    pairs: pairLinksOf(site, of, member),
    network: dimension.name === 'network' ? member.id : null,
  }
}

function pairLinksOf({ pagedPairs }: Site, { dimension }: SiteDimension, { id }: SiteMember): PairLinks[] {
  return pagedPairs.flatMap((pair) => {
    const [first, second] = pair
    const partner = first.dimension === dimension ? second : second.dimension === dimension ? first : null
    if (partner === null) return []
    const linksOf = (seen: Seen) => {
      const pairs = pairsSeen(seen, pair)
      return partner.members.flatMap((other) => {
        const [one, two] = partner === second ? [id, other.id] : [other.id, id]
        if (!pairs.get(one)?.has(two)) return []
        return [{ address: pairAddress(first.dimension, one, second.dimension, two), label: other.label }]
      })
    }
    return [{ title: partner.dimension.title, linksOf }]
  })
}

export function pairSubject(first: SiteDimension, one: SiteMember, second: SiteDimension, other: SiteMember): Subject {
  const address = pairAddress(first.dimension, one.id, second.dimension, other.id)
  const ids = first.members.map(({ id }) => id)
  return {
    address,
    title: `${one.label}, ${other.label}`,
    cell: cellName([first.dimension.name, one.id], [second.dimension.name, other.id]),
    color: other.color,
    breakdown: null,
    exploration: { of: cellName([first.dimension.name, one.id]), by: second.dimension.name, only: [other.id] },
    definition: '',
    section: dimensionAddress(first.dimension),
    trail: [
      { address: dimensionAddress(first.dimension), label: first.dimension.title },
      { address: memberAddress(first.dimension, one.id), label: one.label },
      {
        address: matrixAddress(first.dimension, second.dimension, ids),
        label: `by ${midSentence(second.dimension.singular)}`,
      },
    ],
    pairs: [
      {
        title: 'Both alone',
        linksOf: () => [
          { address: memberAddress(first.dimension, one.id), label: one.label },
          { address: memberAddress(second.dimension, other.id), label: other.label },
        ],
      },
    ],
    network: null,
  }
}

/**
 * The page of a subject and a range: a chart of each measure with its table; of a pair, which has nothing to be divided by,
 * one chart and one table. `board`: the newest slot's; `since`: the first UTC day whose slots have some. `first`: the first slot that was
 * ever stored (unix seconds).
 */
export function rangePage(
  site: Site,
  subject: Subject,
  traffic: Traffic,
  seen: Seen,
  { board, since }: { readonly board: Board | null; readonly since: string | null },
  first: number | null,
): Page {
  const { range } = traffic
  const address = rangeAddress(subject.address, range)
  const window = windowInWords(traffic)
  const events = eventsBetween(site.happened.events, site.timeZone, traffic.from, traffic.to)
  const stacks = (subject.breakdown === null ? (['octets'] as const) : MEASURES).map((measure) => ({
    measure,
    stack: stackOf(traffic, measure, subject, { address, timeZone: site.timeZone, window, events: events.marks }),
  }))
  const breakdown = subject.breakdown
  const isTotal = subject.cell === TOTAL
  return {
    address,
    template: 'range',
    range,
    title: `${subject.title}, ${RANGES[range].title.toLowerCase()}`,
    section: subject.section,
    trail: subject.trail.map((anchor) => toAnchor(address, anchor)),
    data: dataTimeOf(site, traffic),
    charts:
      traffic.to === 0
        ? {}
        : Object.fromEntries(stacks.map(({ measure, stack }) => [SHOWN[measure].name, stack.chart])),
    downloads: Object.fromEntries(stacks.map(({ measure, stack }) => [SHOWN[measure].name, stack.chart])),
    ...(isTotal && { files: flawFiles(traffic) }),
    content: {
      heading: subject.title,
      timeZone: site.timeZone,
      boards: boardPlacesOf(address, traffic, since),
      definition: subject.definition,
      window,
      ranges: RANGE_NAMES.map((name) => ({
        href: link(address, rangeAddress(subject.address, name)),
        label: RANGES[name].title,
        isCurrent: name === range,
      })),
      from: formatMoment(traffic.from, site.timeZone),
      to: formatMoment(traffic.to, site.timeZone),
      tiles: tilesOf(traffic, subject.cell),
      aside: asideOf(traffic, subject.cell),
      empty: emptyReason(traffic, subject),
      begin: first !== null && first > traffic.from && isKnown(traffic) ? formatMoment(first, site.timeZone) : null,
      gaps: gapsOf(traffic, subject, first),
      flaws: isTotal ? flawRows(traffic, site.timeZone) : [],
      stacks: stacks.map(({ measure, stack }) => ({
        name: SHOWN[measure].name,
        heading: `${SHOWN[measure].title}${breakdown === null ? '' : ` by ${midSentence(breakdown.dimension.singular)}`}`,
        unit: SHOWN[measure].rateInWords,
        table: stack.table,
        readout: stack.readout,
        explore: link(address, explorerAddress({ measure, ...subject.exploration })),
        exploreRange: link(
          address,
          explorerAddress({ measure, ...subject.exploration, from: traffic.from, to: traffic.to }),
        ),
      })),
      events,
      statements: range === 'month' ? link(address, REPORTS) : '',
      percentileRule: `95th: nearest rank over the ${range === 'day' ? 'five-minute' : formatSpan(traffic.stepSeconds)} points shown.`,
      maxRule: 'Maximum: the greatest five minutes.',
      overlap: breakdown === null || breakdown.isExact ? '' : OVERLAP,
      lists: range === 'day' && subject.network !== null ? networkLists(site, subject.network, board) : [],
      listsSlot: board === null ? null : formatClockMoment(board.from, site.timeZone),
      pairs: subject.pairs
        .map(({ title, linksOf }) => ({
          title,
          links: linksOf(seen).map(({ address: to, label }) =>
            toAnchor(address, { address: rangeAddress(to, range), label }),
          ),
        }))
        .filter(({ links }) => links.length > 0),
    },
  }
}

const OVERLAP =
  'Networks may overlap, and traffic between two of them counts in both: the chart stacks those that do not overlap; the table holds all.'

function toAnchor(from: string, { address, label }: { address: string; label: string }): Anchor {
  return { href: link(from, address), label }
}

/** `24 hours in points of 5 minutes`. */
function windowInWords({ stepSeconds, range }: Traffic): string {
  const { points } = RANGES[range]
  const length = range === 'day' ? '24 hours' : `${formatCount((points * stepSeconds) / 86_400)} days`
  return `${length} in points of ${formatSpan(stepSeconds)}`
}

/** What neither came in nor went out. */
function asideOf(traffic: Traffic, cell: string): object[] {
  return DIRECTIONS.filter((direction) => direction === 'internal' || direction === 'transit').flatMap((direction) => {
    const { average, total } = figuresOf(traffic, cell, direction, 'octets')
    if (total === null || total === 0) return []
    return [
      {
        direction,
        average: formatQuantity(average, SHOWN.octets.rate),
        total: formatQuantity(Number(total), SHOWN.octets.volume),
      },
    ]
  })
}

/** Why there is nothing to see; empty when there is. */
function emptyReason(traffic: Traffic, { cell }: StackSubject): string {
  if (traffic.to === 0) return NO_DATA
  if (!isKnown(traffic)) {
    return `No point of ${formatSpan(traffic.stepSeconds)} is complete yet; this range shows the first one when it is. Shorter ranges show more.`
  }
  if (knownSeconds(traffic, cell) === 0)
    return 'Flow files cover this time, but they were counted under a config that did not have this; flowscan rebuild counts them again.'
  return sawTraffic(traffic, cell) ? '' : 'Flow files cover this time, and nothing of this was in them.'
}

/** Said wherever a site has no data at all. */
export const NO_DATA =
  'Nothing has been ingested yet. Let the collector write flow files into flows.dir and call flowscan run; flowscan check tells whether it finds them.'

/** What was before the first slot is not missing. */
function gapsOf(traffic: Traffic, { cell }: StackSubject, first: number | null): string {
  const { from, stepSeconds } = traffic
  const before = first === null ? 0 : Math.max(0, Math.floor((first - from) / stepSeconds))
  const expected = traffic.known.slice(before)
  const pointsOf = (points: number) =>
    `${formatCount(points)} of ${formatCount(expected.length)} points of ${formatSpan(stepSeconds)}`
  const missing = unknownIn(expected)
  if (missing === expected.length) return ''
  const uncounted = unknownIn(knownOf(traffic, cell).slice(before)) - missing
  return [
    missing > 0 && `${pointsOf(missing)} have no data: no flow file covers them.`,
    uncounted > 0 && `${pointsOf(uncounted)} were counted under a config that did not have this: unknown, too.`,
  ]
    .filter(Boolean)
    .join(' ')
}

function unknownIn(known: readonly number[]): number {
  return known.filter((seconds) => seconds === 0).length
}

function networkLists(site: Site, network: string, board: Board | null): object[] {
  // A network may be called `constructor`, which every object has.
  if (board === null || !Object.hasOwn(board.networks, network)) return []
  const list = board.networks[network]!
  return (['in', 'out'] as const).map((direction) =>
    boardList({ ...board, inside: list }, null, { direction, measure: 'octets' }, site.config.scoreboard.top),
  )
}
