import { addCounters, type Counter, maxCounter } from '../../ingest/model/counter.ts'
import { SLOT_SECONDS } from '../../ingest/model/time.ts'
import { shareOf } from '../figures.ts'
import { ABOUT, link, REPORTS, reportAddress } from '../links.ts'
import type { Report } from '../reports.ts'
import type { Statement, StatementPart, StatementRow, WayFigures } from '../statement.ts'
import { statementCsv, statementJson } from '../statement-files.ts'
import {
  formatCount,
  formatMoment,
  formatMonth,
  formatQuantity,
  formatRate,
  formatShare,
  formatSpan,
  formatYearlessDate,
  formatYearlessMoment,
  type Moment,
  SHOWN,
  UNKNOWN,
} from '../units.ts'
import { dataTimeOf } from './data-time.ts'
import type { Page } from './page.ts'
import { midSentence } from './words.ts'

/** The statements of some of the months, as pages: `reports` are all there are. */
export function statementPages(reports: readonly Report[], isWanted: (report: Report) => boolean): readonly Page[] {
  return reports.filter(isWanted).flatMap((report) => {
    const statement = report.statement()
    if (statement === null) return []
    const at = reports.indexOf(report)
    return [statementPage(report, statement, { previous: reports[at + 1], next: reports[at - 1] })]
  })
}

/** What moved in a month, for whom, and how much of it at the 95th percentile. */
export function statementPage(
  { month, frozen }: Pick<Report, 'month' | 'frozen'>,
  statement: Statement,
  { previous, next }: { readonly previous?: Report | undefined; readonly next?: Report | undefined },
): Page {
  const address = reportAddress(month.name)
  const neighbour = (other: Report | undefined) =>
    other === undefined
      ? null
      : { href: link(address, reportAddress(other.month.name)), label: formatMonth(other.month.name) }
  const { timeZone, since = null, slots } = statement
  const status = statusOf(statement, frozen)
  return {
    address,
    template: 'statement',
    title: `Statement of ${formatMonth(month.name)}`,
    section: REPORTS,
    trail: [{ href: link(address, REPORTS), label: 'Reports' }],
    data: status === 'open' ? dataTimeOf({ timeZone }, { to: statement.until, stepSeconds: HOUR }) : null,
    files: { 'statement.csv': statementCsv(statement), 'statement.json': statementJson(statement, frozen) },
    content: {
      heading: formatMonth(month.name),
      previous: neighbour(previous),
      next: neighbour(next),
      from: formatMoment(statement.from, timeZone),
      to: formatMoment(statement.to, timeZone),
      since: since === null ? null : formatMoment(since, timeZone),
      length: `${formatCount((statement.to - statement.from) / 3600)} hours`,
      status,
      until: formatMoment(frozen ?? statement.until, timeZone),
      tiles: tilesOf(statement),
      tables: statement.dimensions.map((dimension) => ({
        id: dimension.name,
        title: dimension.title,
        head: dimension.singular,
        isOverlapping: dimension.isOverlapping,
        rows: dimension.rows.filter(hasMoved).map((row) => tableRow(row, statement)),
        quiet: dimension.rows.filter((row) => row.known > 0 && !hasMoved(row)).map(({ label }) => label),
        uncounted: dimension.rows.filter(({ known }) => known === 0).map(({ label }) => label),
      })),
      total: tableRow(statement.total, statement),
      divided: statement.dimensions.flatMap(({ rows, dividedBy }) =>
        rows.filter(({ parts }) => parts.some(isSeen)).map((row) => dividedRow(row, dividedBy)),
      ),
      rule: ruleOf(statement),
      known: `${formatCount(slots.known)} of ${formatCount(slots.expected)}`,
      missing: slots.known < slots.expected ? formatCount(slots.expected - slots.known) : '',
      listHref: link(address, REPORTS),
      aboutHref: link(address, ABOUT),
    },
  }
}

/** An open month goes on by hours. */
export const HOUR = 3600

type Status = 'open' | 'over' | 'frozen'

function statusOf({ until, to }: Statement, frozen: number | null): Status {
  return frozen !== null ? 'frozen' : until < to ? 'open' : 'over'
}

function tilesOf({ total, slots, since = null, timeZone }: Statement): object[] {
  const both = (name: 'octets' | 'percentile95', show: (value: Counter | null) => string) => ({
    in: show(total.in[name]),
    out: show(total.out[name]),
  })
  return [
    { label: 'Total', ...both('octets', showVolume) },
    { label: '95th percentile', ...both('percentile95', showRate) },
    { label: 'The greater of both', one: showRate(greaterOf(total)), more: '95th percentile' },
    {
      label: 'Slots measured',
      one: formatShare(shareOf(slots.known, slots.expected)),
      more: `${formatCount(slots.known)} of ${formatCount(slots.expected)} slots${since === null ? '' : ` since ${formatYearlessDate(since, timeZone)}`}`,
    },
  ]
}

interface Cell {
  readonly text: string
  /** Smaller, below. */
  readonly exact?: string
  readonly at?: Moment | null
  /** It is a share of what the cell before it is a part of. */
  readonly isShare?: boolean
}

/** In and out of: total and its share of all that moved that way, average, maximum, 95th percentile. */
function tableRow(row: StatementRow, statement: Statement): object {
  const { slots, timeZone, total } = statement
  const ways = [row.in, row.out]
  const all = [total.in, total.out]
  const seconds = row.known * SLOT_SECONDS
  const cells: Cell[] = [
    ...ways.flatMap(({ octets }, at) => [
      { text: showVolume(octets), exact: octets === null ? '' : formatCount(octets) },
      shareCell(octets, all[at]!.octets),
    ]),
    ...ways.map(({ octets }) => ({ text: octets === null ? UNKNOWN : formatRate(bitsPerSecond(octets, seconds)) })),
    ...ways.map(({ max, maxAt }) => ({
      text: max === null ? UNKNOWN : formatRate(bitsPerSecond(max)),
      at: maxAt === null ? null : formatYearlessMoment(maxAt, timeZone),
    })),
    ...ways.map(({ percentile95 }) => ({
      text: percentile95 === null ? UNKNOWN : formatRate(bitsPerSecond(percentile95)),
    })),
  ]
  const partly =
    row.known < slots.known ? `counted in ${formatCount(row.known)} of ${formatCount(slots.known)} slots` : ''
  return { label: row.label, partly, cells }
}

function shareCell(part: Counter | null, whole: Counter | null): Cell {
  return { text: formatShare(part === null || whole === null ? null : shareOf(part, whole)), isShare: true }
}

function hasMoved(row: StatementRow): boolean {
  return volumeOf(row) !== 0 && row.known > 0
}

function isSeen({ octets }: StatementPart): boolean {
  return octets.in !== 0 || octets.out !== 0
}

/** A network by service: the greatest first, what saw nothing left out. */
function dividedRow(row: StatementRow, by: string): object {
  const whole = volumeOf(row)
  const parts = row.parts
    .filter(isSeen)
    .map(({ label, octets }) => ({ label, ...octets, both: addCounters(octets.in, octets.out) }))
    .sort((a, b) => Number(b.both) - Number(a.both))
  return {
    id: `by-${row.id}`,
    heading: `${row.label} by ${midSentence(by)}`,
    head: by,
    parts: parts.map(({ label, in: inward, out, both }) => ({
      label,
      cells: [
        ...[inward, out].map((octets) => ({ text: showVolume(octets), exact: formatCount(octets) })),
        shareCell(both, whole),
      ],
    })),
  }
}

/** The greater of the two 95th percentiles; `null` when they cannot be told. */
export function greaterOf({ in: inward, out }: Pick<StatementRow, 'in' | 'out'>): Counter | null {
  const [a, b] = [inward.percentile95, out.percentile95]
  return a === null || b === null ? null : maxCounter(a, b)
}

function volumeOf({ in: inward, out }: { readonly in: WayFigures; readonly out: WayFigures }): Counter | null {
  return inward.octets === null || out.octets === null ? null : addCounters(inward.octets, out.octets)
}

/** Whole bits per second of octets in so many seconds: of five minutes, if not told. */
export function bitsPerSecond(octets: Counter, seconds: number = SLOT_SECONDS): number {
  return seconds === 0 ? 0 : Math.round((Number(octets) * SHOWN.octets.perCount) / seconds)
}

export function showVolume(octets: Counter | null): string {
  return formatQuantity(octets === null ? null : Number(octets), SHOWN.octets.volume)
}

export function showRate(octets: Counter | null): string {
  return formatQuantity(octets === null ? null : bitsPerSecond(octets), SHOWN.octets.rate)
}

function ruleOf({ stepSeconds, slots: { known } }: Statement): string {
  if (stepSeconds !== SLOT_SECONDS)
    return `The five-minute values of this month had faded before its statement was made, from values of ${formatSpan(stepSeconds)}: its 95th percentile cannot be told.`
  const rank = Math.ceil((known * 19) / 20)
  const above = known - rank
  const left = above === 0 ? 'none is' : above === 1 ? 'the busiest is' : `the ${formatCount(above)} busiest are`
  return `95th percentile: the averages of the ${formatCount(known)} slots of five minutes that were measured, in ascending order; the value of rank ⌈0.95 × ${formatCount(known)}⌉ = ${formatCount(rank)}, so that ${left} left out. In and out each by themselves, and of all traffic the greater of the two. Slots that were not measured are left out: they count neither as zero nor as anything else.`
}
