import { dayOf, isoTime } from '../ingest/model/time.ts'
import { type Exploration, queryOf } from './exploration.ts'
import type { RangeName } from './ranges.ts'

/*
 * The only place that builds an address. An address is a path below the root of the site without a slash in front; a
 * page's ends with one (`networks/campus/week/`), the root's is empty. Pages link to each other relatively, so that the
 * site works below any path.
 */

/** What of a dimension is in addresses: `networks`. */
interface Dimension {
  readonly plural: string
}

export const OVERVIEW = ''
export const ABOUT = 'about/'
export const QUALITY = 'quality/'
export const SCOREBOARD = 'scoreboard/'
export const OVERALL = 'scoreboard/overall/'
export const CALENDAR = 'scoreboard/archive/'
export const REPORTS = 'reports/'
export const TOTAL_SUBJECT = 'total/'
export const EXPLORER = 'explore/'
export const NOT_FOUND = '404.html'
/** What is published of the series; see data/README.md. */
export const CATALOG = 'data/catalog.json'

export function dimensionAddress(dimension: Dimension): string {
  return `${dimension.plural}/`
}

/** A member's page for a day; what `rangeAddress` puts the other ranges below. */
export function memberAddress(dimension: Dimension, id: string): string {
  return `${dimension.plural}/${id}/`
}

export function pairAddress(first: Dimension, firstId: string, second: Dimension, secondId: string): string {
  return `${memberAddress(first, firstId)}${second.plural}/${secondId}/`
}

/** Where a matrix lies: `networks/services/`, or, when a network of that id has that address, `networks/_services/`: ids hold no `_`. */
export function matrixAddress(first: Dimension, second: Dimension, firstIds: readonly string[]): string {
  return `${first.plural}/${firstIds.includes(second.plural) ? '_' : ''}${second.plural}/`
}

export function rangeAddress(subject: string, range: RangeName): string {
  return range === 'day' ? subject : `${subject}${range}/`
}

/** The scoreboard of a UTC day written as `2026-11-23`. */
export function boardDayAddress(day: string): string {
  return `scoreboard/${day.replaceAll('-', '/')}/`
}

/** The scoreboard of a slot (unix seconds), named by its UTC start: `scoreboard/2026/11/23/1635/`. */
export function boardSlotAddress(slot: number): string {
  return `${boardDayAddress(dayOf(slot))}${slotName(slot)}/`
}

/** The list of a scoreboard that ranks by a direction and what is counted: `out-bits`, unique on its page. */
export function boardListId(direction: 'in' | 'out', counted: string): string {
  return `${direction}-${counted}`
}

/** The statement of a month: `reports/2026-10/`. */
export function reportAddress(month: string): string {
  return `${REPORTS}${month}/`
}

/**
 * Where what stays lies below the site's directory: `archive/2026-11-23/1635/index.html` of scoreboards, `archive/reports/2026-10/index.html`
 * of statements that are frozen; `null` for all other files.
 */
export function archivePath(file: string): string | null {
  const board = /^scoreboard\/(\d{4})\/(\d\d)\/(\d\d)\/(.*)$/.exec(file)
  if (board !== null) return `archive/${board[1]}-${board[2]}-${board[3]}/${board[4]}`
  return /^reports\/\d{4}-\d\d\//.test(file) ? `archive/${file}` : null
}

/** `1635`: the start of a slot within its UTC day. */
export function slotName(slot: number): string {
  return isoTime(slot).slice(11, 16).replace(':', '')
}

/** An asset's address; the hash of its content makes browsers fetch it anew when it changes, and pages that stay keep working. */
export function assetAddress(name: string, hash: string): string {
  return `assets/${name}?v=${hash}`
}

/** The explorer, looking at this; what is not said it asks for or takes as usual. */
export function explorerAddress(exploration: Partial<Exploration>): string {
  return `${EXPLORER}?${queryOf(exploration)}`
}

/**
 * What stands in `href` on the page `from` to reach `to`, which may be a file, and may have a `?query` or `#fragment`. `root`: the path of the site
 * below its host, which only the page for what is not there needs, for it is shown at any address.
 */
export function link(from: string, to: string, root = '/'): string {
  if (from === NOT_FOUND) return root + to
  const here = from.split('/').slice(0, -1)
  const there = to.split('/')
  let shared = 0
  while (shared < here.length && shared < there.length - 1 && here[shared] === there[shared]) shared++
  const path = '../'.repeat(here.length - shared) + there.slice(shared).join('/')
  return path === '' ? './' : path
}
