import { link, REPORTS, reportAddress } from '../links.ts'
import type { Report, Summary } from '../reports.ts'
import { formatCount, formatDate, formatMoment, formatMonth } from '../units.ts'
import { dataTimeOf } from './data-time.ts'
import type { Page } from './page.ts'
import { NO_DATA } from './range.ts'
import type { Site } from './site.ts'
import { bitsPerSecond, greaterOf, HOUR, showRate, showVolume } from './statement.ts'

/** Every month that has a statement, the newest first, with what moved in it. */
export function reportsPage(site: Site, reports: readonly Report[]): Page {
  const newest = reports[0]?.summary ?? null
  return {
    address: REPORTS,
    template: 'reports',
    title: 'Reports',
    section: REPORTS,
    trail: [],
    data: newest === null ? null : dataTimeOf(site, { to: newest.until, stepSeconds: HOUR }),
    content: {
      heading: 'Monthly statements',
      timeZone: site.timeZone,
      empty: reports.length === 0 ? EMPTY : '',
      rows: reports.map((report) => rowOf(site, report)),
    },
  }
}

const EMPTY = `${NO_DATA} The first statement appears when an hour of a month is over.`

function rowOf({ timeZone }: Site, { month, isFrozen, frozen, summary, later }: Report): object {
  const address = reportAddress(month.name)
  const moment = isFrozen ? frozen : (summary?.until ?? null)
  return {
    label: formatMonth(month.name),
    href: link(REPORTS, address),
    csv: link(REPORTS, `${address}statement.csv`),
    json: link(REPORTS, `${address}statement.json`),
    state: isFrozen
      ? 'frozen, with flow files to'
      : summary !== null && summary.until < summary.to
        ? 'open, until'
        : 'over, frozen soon; until',
    at: moment === null ? null : formatMoment(moment, timeZone),
    cells: summary === null ? null : cellsOf(summary, timeZone),
    later: later === null || summary === null ? '' : laterText(summary, later),
  }
}

/** In and out: total, 95th percentile; the greater of these; slots measured. */
function cellsOf({ total, slots, since = null }: Summary, timeZone: string): string[] {
  return [
    ...[total.in, total.out].map(({ octets }) => showVolume(octets)),
    ...[total.in.percentile95, total.out.percentile95, greaterOf(total)].map(showRate),
    `${formatCount(slots.known)} of ${formatCount(slots.expected)}${since === null ? '' : ` since ${formatDate(since, timeZone)}`}`,
  ]
}

function laterText(before: Summary, now: Summary): string {
  const changes = [
    ...changesIn('in', before.total.in, now.total.in),
    ...changesIn('out', before.total.out, now.total.out),
    ...(before.slots.known === now.slots.known
      ? []
      : [`slots measured ${formatCount(now.slots.known)} instead of ${formatCount(before.slots.known)}`]),
  ]
  const told = changes.length === 0 ? 'the totals are the same, but not those of every member' : changes.join('; ')
  return `Since this statement was frozen its data have changed (late flow files, a repair or another count): ${told}. The statement stays as it is.`
}

function changesIn(way: 'in' | 'out', before: Summary['total']['in'], now: Summary['total']['in']): string[] {
  const octets =
    before.octets === now.octets || now.octets === null || before.octets === null
      ? []
      : [`${way} ${formatCount(now.octets)} bytes instead of ${formatCount(before.octets)}`]
  const rank =
    before.percentile95 === now.percentile95 || now.percentile95 === null || before.percentile95 === null
      ? []
      : [
          `95th percentile ${way} ${formatCount(bitsPerSecond(now.percentile95))} b/s instead of ${formatCount(bitsPerSecond(before.percentile95))}`,
        ]
  return [...octets, ...rank]
}
