import type { Board } from '../../ingest/model/board.ts'
import { cellName, TOTAL } from '../../ingest/model/cell.ts'
import { DIRECTIONS } from '../../ingest/model/direction.ts'
import { SLOT_SECONDS } from '../../ingest/model/time.ts'
import { figuresOf, shareOf } from '../figures.ts'
import {
  ABOUT,
  boardSlotAddress,
  dimensionAddress,
  explorerAddress,
  link,
  memberAddress,
  OVERVIEW,
  QUALITY,
  rangeAddress,
  SCOREBOARD,
  TOTAL_SUBJECT,
} from '../links.ts'
import { isKnown, RANGE_NAMES, RANGES, type Traffic } from '../traffic.ts'
import { formatClockMoment, formatCount, formatMoment, formatQuantity, formatShare, SHOWN } from '../units.ts'
import { boardList } from './board-list.ts'
import { boardPlacesOf } from './board-places.ts'
import { breakdownOfTotal } from './breakdown.ts'
import { dataTimeOf } from './data-time.ts'
import { sparklineOf } from './dimension.ts'
import { eventsBetween } from './events.ts'
import { type Finding, slotsExpected, stateOf } from './findings.ts'
import { flawRows } from './flaws.ts'
import type { Page } from './page.ts'
import { NO_DATA, totalSubject } from './range.ts'
import type { NewestBoards } from './scoreboard.ts'
import type { Site, SiteDimension } from './site.ts'
import { stackOf } from './stack.ts'
import { tilesOf } from './tiles.ts'
import { midSentence } from './words.ts'

/** What the collectors lost in the slots of the last 24 hours; `null` when none of them says. */
export type LostFlows = number | null

/**
 * Everything at a glance: the last 24 hours, the networks, the busiest hosts, and how far the numbers can be trusted. `since`: the first UTC
 * day whose slots have scoreboards. `first`: the first slot that was ever stored (unix seconds). `findings`: those of the page of quality.
 */
export function overviewPage(
  site: Site,
  day: Traffic,
  boards: NewestBoards & { readonly since: string | null },
  lost: LostFlows,
  first: number | null,
  findings: readonly Finding[],
): Page {
  const subject = totalSubject(site)
  const events = eventsBetween(site.happened.events, site.timeZone, day.from, day.to)
  const { chart, readout } = stackOf(day, 'octets', subject, {
    address: OVERVIEW,
    timeZone: site.timeZone,
    window: '24 hours',
    events: events.marks,
  })
  const cards = cardsOf(site, day)
  return {
    address: OVERVIEW,
    template: 'overview',
    title: site.title,
    section: OVERVIEW,
    trail: [],
    data: dataTimeOf(site, day),
    charts: day.to === 0 ? {} : { bits: chart },
    sparklines: Object.fromEntries(
      cards.map(({ id, cell, color }) => [id, { ...sparklineOf(day, cell), color, width: 300, height: 64 }]),
    ),
    content: {
      heading: site.title,
      empty: day.to === 0 ? NO_DATA : '',
      from: formatMoment(day.from, site.timeZone),
      to: formatMoment(day.to, site.timeZone),
      tiles: tilesOf(day),
      quality: qualityOf(site, day, lost, first, findings),
      by: midSentence(breakdownOfTotal(site).dimension.singular),
      byHref: link(OVERVIEW, dimensionAddress(breakdownOfTotal(site).dimension)),
      timeZone: site.timeZone,
      boards: boardPlacesOf(OVERVIEW, day, boards.since),
      // The page of all traffic has the same chart, and its numbers beside it.
      source: link(OVERVIEW, `${TOTAL_SUBJECT}${SHOWN.octets.name}.json`),
      explore: link(OVERVIEW, explorerAddress({ measure: 'octets', ...subject.exploration })),
      readout,
      events,
      ranges: RANGE_NAMES.map((name) => ({
        href: link(OVERVIEW, rangeAddress(TOTAL_SUBJECT, name)),
        label: RANGES[name].title,
      })),
      cardsTitle: cardsDimension(site).dimension.title,
      cardsHref: link(OVERVIEW, dimensionAddress(cardsDimension(site).dimension)),
      cards: cards.map(({ id, label, color, cell, address }) => {
        return { id, label, color, href: link(OVERVIEW, address), ways: WAYS.map((way) => cardRates(day, cell, way)) }
      }),
      lists: boards.board === null ? [] : topLists(site, boards.board, boards.before),
      slot: boards.board === null ? null : slotOf(site, boards.board.from),
      scoreboardHref: link(OVERVIEW, SCOREBOARD),
      aboutHref: link(OVERVIEW, ABOUT),
    },
  }
}

/** How far the last 24 hours can be trusted. */
function qualityOf(
  { timeZone, edition }: Site,
  day: Traffic,
  lost: LostFlows,
  first: number | null,
  findings: readonly Finding[],
): object | null {
  if (!isKnown(day)) return null
  const expected = slotsExpected(day, first).length
  const present = day.known.filter((seconds) => seconds > 0).length
  const flows = DIRECTIONS.map((direction) => Number(figuresOf(day, TOTAL, direction, 'flows').total ?? 0))
  const all = flows.reduce((sum, count) => sum + count, 0)
  return {
    newest: formatMoment(day.to - SLOT_SECONDS, timeZone),
    present: formatCount(present),
    expected: formatCount(expected),
    isComplete: present === expected,
    begin: first !== null && first > day.from ? formatMoment(first, timeZone) : null,
    lost: lost === null ? '' : formatCount(lost),
    isLossy: lost !== null && lost > 0,
    flaws: flawRows(day, timeZone).filter(({ flaw }) => flaw !== 'lost'),
    flawsHref: `${link(OVERVIEW, rangeAddress(TOTAL_SUBJECT, 'day'))}#quality`,
    state: stateOf(findings),
    verdict: verdictOf(findings.length),
    href: edition.hasQuality ? link(OVERVIEW, QUALITY) : '',
    split: DIRECTIONS.map((direction, at) => ({ direction, share: formatShare(shareOf(flows[at]!, all)) })),
  }
}

function verdictOf(findings: number): string {
  return findings === 0 ? 'good' : `${formatCount(findings)} ${findings === 1 ? 'finding' : 'findings'} to look at`
}

const WAYS = ['in', 'out'] as const

function cardRates(day: Traffic, cell: string, way: 'in' | 'out'): object {
  const { now, max } = figuresOf(day, cell, way, 'octets')
  return { way, now: formatQuantity(now, SHOWN.octets.rate), max: formatQuantity(max, SHOWN.octets.rate) }
}

/** Networks, or services when the config names none. */
function cardsDimension({ dimensions }: Site): SiteDimension {
  return dimensions[0]!
}

function cardsOf(site: Site, day: Traffic) {
  const of = cardsDimension(site)
  if (day.to === 0) return []
  return of.members.map((member) => ({
    ...member,
    cell: cellName([of.dimension.name, member.id]),
    address: memberAddress(of.dimension, member.id),
  }))
}

function topLists(site: Site, board: Board, before: Board | null): object[] {
  return (['in', 'out'] as const).map((direction) =>
    boardList(board, before, { direction, measure: 'octets' }, site.config.scoreboard.top),
  )
}

function slotOf({ timeZone }: Site, from: number): object {
  return {
    from: formatMoment(from, timeZone),
    to: formatClockMoment(from + SLOT_SECONDS, timeZone),
    href: link(OVERVIEW, boardSlotAddress(from)),
  }
}
