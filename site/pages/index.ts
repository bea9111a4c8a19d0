import type { Quality } from '../quality.ts'
import type { Report } from '../reports.ts'
import type { RangeName, TrafficReader } from '../traffic.ts'
import { aboutPage } from './about.ts'
import type { RankedBoard } from './board-list.ts'
import { calendarPage } from './calendar.ts'
import { dimensionPage } from './dimension.ts'
import { explorePage } from './explore.ts'
import { findingsOf } from './findings.ts'
import { matrixPage } from './matrix.ts'
import { notFoundPage } from './not-found.ts'
import { overallPage } from './overall.ts'
import { type LostFlows, overviewPage } from './overview.ts'
import type { Page } from './page.ts'
import { qualityPage } from './quality.ts'
import { memberSubject, pairSubject, rangePage, type Subject, totalSubject } from './range.ts'
import { reportsPage } from './reports.ts'
import { type NewestBoards, scoreboardPage } from './scoreboard.ts'
import { pairsSeen, type Seen } from './seen.ts'
import type { Site } from './site.ts'
import { statementPages } from './statement.ts'

/** All that pages are made from. */
export interface Stored {
  readonly traffic: TrafficReader
  /** The ranges whose pages are wanted. */
  readonly ranges: readonly RangeName[]
  readonly seen: Seen
  readonly newest: NewestBoards
  /** The sum of the boards of these UTC days. */
  readonly overall: { readonly board: RankedBoard | null; readonly days: readonly string[] }
  /** UTC days that have scoreboards; the first of those whose slots have some. */
  readonly archive: { readonly days: readonly string[]; readonly since: string | null }
  readonly lost: LostFlows
  readonly quality: Quality
  /** The newest month first. */
  readonly reports: readonly Report[]
}

/** Every page of a release, one after the other: a page that turns out to be as before need not be kept in memory. */
export function* allPages(site: Site, stored: Stored): Generator<Page> {
  const { traffic, ranges, seen, newest, overall, archive, lost, quality, reports } = stored
  const day = traffic.read('day')
  const findings = findingsOf(site, day, quality)
  const boards = { ...newest, since: archive.since }
  yield overviewPage(site, day, boards, lost, quality.first, findings)
  for (const dimension of site.dimensions) yield dimensionPage(site, dimension, day)
  for (const pair of site.pairs) yield matrixPage(site, pair, day, seen)
  for (const range of ranges) {
    const shown = traffic.read(range)
    for (const subject of subjects(site, seen)) yield rangePage(site, subject, shown, seen, boards, quality.first)
  }
  if (site.edition.hasBoards) {
    yield scoreboardPage(site, newest)
    yield overallPage(site, overall.board, overall.days, newest)
    yield calendarPage(archive.days)
  }
  yield reportsPage(site, reports)
  yield* statementPages(reports, (report) => !report.isFrozen)
  if (site.edition.hasQuality) yield qualityPage(site, day, quality, findings)
  yield explorePage(site, day)
  yield aboutPage(site)
  yield notFoundPage(site)
}

/** Everything, every member, and every pair that ever saw traffic. */
function* subjects(site: Site, seen: Seen): Generator<Subject> {
  yield totalSubject(site)
  for (const of of site.dimensions) for (const member of of.members) yield memberSubject(site, of, member)
  for (const pair of site.pagedPairs) {
    const [first, second] = pair
    for (const one of first.members) {
      const partners = pairsSeen(seen, pair).get(one.id)
      if (partners === undefined) continue
      for (const other of second.members) {
        if (partners.has(other.id)) yield pairSubject(first, one, second, other)
      }
    }
  }
}
