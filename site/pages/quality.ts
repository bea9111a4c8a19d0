import { basename } from 'node:path'
import { cellName, OTHER, TOTAL } from '../../ingest/model/cell.ts'
import { addCounters, type Counter, compareCounters } from '../../ingest/model/counter.ts'
import { DIRECTIONS } from '../../ingest/model/direction.ts'
import { FLAWS, NAMED_FROM } from '../../ingest/model/quality.ts'
import { printable } from '../../ingest/model/text.ts'
import { SLOT_SECONDS } from '../../ingest/model/time.ts'
import { sumOfKnown } from '../boards.ts'
import { isPublic } from '../edition.ts'
import { figuresOf, shareOf, volumeOf } from '../figures.ts'
import { ABOUT, link, memberAddress, QUALITY } from '../links.ts'
import { type FlowFileQuality, type Quality, type RangeQuality, rangeQuality } from '../quality.ts'
import { isKnown, type Traffic } from '../traffic.ts'
import {
  formatCount,
  formatMoment,
  formatQuantity,
  formatShare,
  formatYearlessDate,
  type Moment,
  SHOWN,
  UNKNOWN,
} from '../units.ts'
import { clocksOff, offsetText } from './clocks.ts'
import { dataTimeOf } from './data-time.ts'
import {
  type ExporterSum,
  exportersOf,
  type Finding,
  type Gap,
  gapsBySource,
  gapsOfRange,
  hitRatio,
  isOdd,
  momentOf,
  slotsExpected,
  withoutPlaces,
} from './findings.ts'
import { flawRows, MEANINGS } from './flaws.ts'
import type { Anchor, Page } from './page.ts'
import { NO_DATA } from './range.ts'
import type { Site } from './site.ts'
import { verdictOf } from './verdict.ts'

/** A table with what it is about. The first cell of a row names it. */
interface Table {
  readonly id: string
  readonly heading: string
  readonly unit: string
  readonly heads: readonly Head[]
  readonly rows: readonly (readonly Cell[])[]
  /** What there is to say when there are no rows; a table without rows and without this is left out. */
  readonly empty: string
  readonly note: string
}
type Head = { readonly label: string; readonly isText: boolean }
type Cell = string | Moment | Anchor | { readonly percent: number }

/** Rows of a table that any number of files, exporters or gaps may fill. */
const MOST_ROWS = 50

/** Are the numbers right? What was found, what cures it, and what it was found in. */
export function qualityPage(site: Site, day: Traffic, quality: Quality, findings: readonly Finding[]): Page {
  const known = isKnown(day)
  const exporters = exportersOf(site, quality)
  return {
    address: QUALITY,
    template: 'quality',
    title: 'Data quality',
    section: QUALITY,
    trail: [],
    data: dataTimeOf(site, day),
    content: {
      heading: 'Data quality',
      empty: day.to === 0 ? NO_DATA : '',
      alarms: findings.filter(({ isAlarm }) => isAlarm),
      findings: findings.filter(({ isAlarm }) => !isAlarm),
      verdict: day.to === 0 ? null : verdictOf(site, day, quality, findings),
      calm: findings.length === 0 ? calmOf(site, quality) : '',
      lastSuccess: lastSuccess(site, quality),
      aboutHref: link(QUALITY, ABOUT),
      tiles: known ? tilesOf(site, day, quality, exporters) : [],
      tables: [
        ...(known
          ? [
              directionTable(day, quality),
              routerTable(site, day),
              ...(isPublic(site.edition) ? [] : [exporterTable(site, quality, exporters), clockTable(site, quality)]),
              flawTable(site, day, quality),
              otherTable(site, day),
              ...(isPublic(site.edition) ? [] : [unnamedTable(site, quality)]),
              sourceTable(site, day, quality),
              gapTable(site, day, quality),
              monthTable(site, quality),
              ...(isPublic(site.edition) ? [] : [fileTable(site, quality)]),
            ]
          : []),
        asideTable(site, quality),
        lateTable(site, quality),
        copyTable(quality),
      ].filter(({ rows, empty }) => rows.length > 0 || empty !== ''),
    },
  }
}

function calmOf({ edition }: Site, { health }: Quality): string {
  if (isPublic(edition)) return 'Nothing is in doubt.'
  return health === null ? 'Nothing to mend. No run has told how it went.' : 'Nothing to mend.'
}

/** Told only where the last run did not do all it should: the page changes with what is stored, not with the clock. */
function lastSuccess({ timeZone }: Site, { health }: Quality): Moment | null {
  if (health?.alarms.every(({ subject }) => subject !== 'run') ?? true) return null
  return momentOf(health!.lastSuccess ?? '', timeZone)
}

function tilesOf(
  { edition, timeZone }: Site,
  day: Traffic,
  { files, first, week, month }: Quality,
  exporters: readonly ExporterSum[],
): object[] {
  const lost = sumOfKnown(files.map(({ lost }) => lost))
  const slots = (from: number, known: readonly number[]) => {
    const expected = slotsExpected({ from, to: day.to }, first).length
    const present = known.reduce((sum, seconds) => sum + seconds, 0) / SLOT_SECONDS
    return expected === 0 ? UNKNOWN : `${formatCount(present)} of ${formatCount(expected)}`
  }
  // The month's points are of two hours: what is newer than the last of them is told by the day's.
  const newer = day.known.slice((month.to - day.from) / SLOT_SECONDS)
  const longer = first !== null && first > month.from ? `since ${formatYearlessDate(first, timeZone)}` : '31 days'
  const cut = files.filter(({ complete }) => !complete).length
  const odd = files.filter(isOdd).length
  const unnamed = exporters.filter(({ router }) => router === null).length
  return [
    {
      label: 'Hit ratio',
      value: formatShare(hitRatio(rangeQuality(day))),
      more: `7 days: ${formatShare(hitRatio(week))}`,
    },
    {
      label: 'Slots present',
      value: slots(day.from, day.known),
      more: `${longer}: ${slots(month.from, [...month.known, ...newer])}`,
    },
    {
      label: 'Flow files',
      value: formatCount(files.length),
      more: `${formatCount(cut)} not closed, ${formatCount(odd)} odd`,
    },
    {
      label: 'Lost flows',
      value: lost === null ? UNKNOWN : formatCount(lost),
      more: lost === null ? 'collectors do not say' : `${longer}: ${formatCount(month.flaws.lost)}`,
    },
    ...(isPublic(edition)
      ? []
      : [
          {
            label: 'Exporters',
            value: formatCount(exporters.length),
            more: `${formatCount(unnamed)} not in the config`,
          },
        ]),
  ]
}

function directionTable(day: Traffic, { week }: Quality): Table {
  const ranges = [rangeQuality(day), week]
  const all = ranges.map(({ flows }) => DIRECTIONS.reduce<Counter>((sum, way) => addCounters(sum, flows[way]), 0))
  return {
    id: 'directions',
    heading: 'Flows by direction',
    unit: 'of everything that counts toward the total',
    heads: [text('Direction'), number('24 hours'), number('Share'), number(''), number('7 days'), number('Share')],
    rows: DIRECTIONS.map((way) => {
      const [now, before] = ranges.map(({ flows }, at) => ({
        flows: formatCount(flows[way]),
        share: shareOf(flows[way], all[at]!),
      }))
      const percent = Math.round((now!.share ?? 0) * 1000) / 10
      return [way, now!.flows, formatShare(now!.share), { percent }, before!.flows, formatShare(before!.share)]
    }),
    empty: '',
    note: 'Hit ratio: the share of flows with an end inside, so in, out or internal. A flow misses when neither of its ends is in subnets: transit.',
  }
}

/** Who exports the flows that miss. */
function routerTable(site: Site, day: Traffic): Table {
  const routers = site.dimensions.find(({ dimension }) => dimension.name === 'router')
  const rows = (routers?.members ?? []).map(({ id, label }) => {
    const cell = cellName(['router', id])
    const flows = Object.fromEntries(
      DIRECTIONS.map((way) => [way, figuresOf(day, cell, way, 'flows').total ?? 0]),
    ) as RangeQuality['flows']
    return {
      flows,
      ratio: hitRatio({ flows }),
      anchor: { href: link(QUALITY, memberAddress(routers!.dimension, id)), label },
    }
  })
  return {
    id: 'misses',
    heading: 'Missed by router',
    unit: 'flows without an end inside, last 24 hours',
    heads: [text('Router'), number('Hit ratio'), number('Missed'), number('Flows')],
    rows: rows
      .filter(({ ratio }) => ratio !== null)
      .sort((a, b) => compareCounters(b.flows.transit, a.flows.transit))
      .slice(0, MOST_ROWS)
      .map(({ flows, ratio, anchor }) => [
        anchor,
        formatShare(ratio),
        formatCount(flows.transit),
        formatCount(DIRECTIONS.reduce<Counter>((sum, way) => addCounters(sum, flows[way]), 0)),
      ]),
    empty: '',
    note: '',
  }
}

function exporterTable(site: Site, { files }: Quality, exporters: readonly ExporterSum[]): Table {
  const routers = site.dimensions.find(({ dimension }) => dimension.name === 'router')!
  const left = exporters.length - MOST_ROWS
  const isCut = files.some(({ more }) => more > 0)
  return {
    id: 'exporters',
    heading: 'Exporters and sampling',
    unit: 'last 24 hours, by the address they send from',
    heads: [text('Exporter'), text('Router'), number('Flows'), text('Octets and packets multiplied by')],
    rows: exporters
      .slice(0, MOST_ROWS)
      .map(({ address, flows, rates, router }) => [
        address,
        router === null
          ? 'not in the config'
          : { href: link(QUALITY, memberAddress(routers.dimension, router.id)), label: router.label },
        formatCount(flows),
        rates.map(formatCount).join(', then '),
      ]),
    empty: 'The flow files name no exporters.',
    note: [
      left > 0 ? `And ${formatCount(left)} more.` : '',
      isCut ? 'Some flow files name more exporters than are kept here: the busiest of each are.' : '',
      'What a flow file says it has scaled already is not multiplied again.',
    ]
      .join(' ')
      .trim(),
  }
}

function clockTable({ timeZone }: Site, { files }: Quality): Table {
  const clocks = clocksOff(files)
  const isTold = files.some(({ exporters }) => exporters.some(({ counted }) => counted.newestEndMs !== undefined))
  return {
    id: 'clocks',
    heading: 'Clocks that are off',
    unit: 'the newest flow of an exporter beside the end of the slot, last 24 hours',
    heads: [text('Exporter'), number('Slots'), text('Usually'), text('Most'), text('at')],
    rows: clocks
      .slice(0, MOST_ROWS)
      .map(({ address, off, files, usualSeconds, most }) => [
        printable(address),
        `${formatCount(off)} of ${formatCount(files)}`,
        offsetText(usualSeconds),
        offsetText(most.seconds),
        formatMoment(most.slot, timeZone),
      ]),
    empty: isTold ? 'None.' : '',
    note:
      clocks.length > 0
        ? 'Ahead: flows ended over a minute after the slot of their flow file. Behind: of a hundred flows or more, none ended within it. What the format of a file tells by the exporter’s own clock alone shows nothing here.'
        : '',
  }
}

function flawTable({ timeZone }: Site, day: Traffic, { files, month }: Quality): Table {
  const { flaws } = rangeQuality(day)
  const seen = new Map(flawRows(day, timeZone).map((row) => [row.flaw, row]))
  const isTold = files.some(({ lost }) => lost !== null)
  return {
    id: 'flaws',
    heading: 'Flows in doubt',
    unit: `flows; 31 days: to ${formatMoment(month.to, timeZone).text}`,
    heads: [text('Flaw'), number('24 hours'), number('Most in a slot'), text('at'), number('31 days'), text('Meaning')],
    rows: FLAWS.map((flaw) => [
      flaw,
      flaw === 'lost' && !isTold ? UNKNOWN : formatCount(flaws[flaw]),
      seen.get(flaw)?.most ?? UNKNOWN,
      seen.get(flaw)?.at ?? UNKNOWN,
      formatCount(month.flaws[flaw]),
      MEANINGS[flaw],
    ]),
    empty: '',
    note: '',
  }
}

function otherTable(site: Site, day: Traffic): Table {
  const total = volumeOf(day, TOTAL)
  return {
    id: 'other',
    heading: 'In no named member',
    unit: 'octets in and out, last 24 hours',
    heads: [text('Counted as other'), number('Octets'), number('Share'), number(''), text('Named by')],
    rows: namedDimensions(site).map(({ dimension, key }) => {
      const octets = volumeOf(day, cellName([dimension.name, OTHER]))
      const share = shareOf(octets, total)
      return [
        { href: link(QUALITY, memberAddress(dimension, OTHER)), label: dimension.title },
        formatQuantity(Number(octets), SHOWN.octets.volume),
        formatShare(share),
        { percent: Math.round(Math.min(1, share ?? 0) * 1000) / 10 },
        `${key} in flowscan.config.ts`,
      ]
    }),
    empty: '',
    note: '',
  }
}

/** So many values of each dimension are worth a line. */
const MOST_UNNAMED = 5

/** What fell into `other`, and the line of the config that would name it. */
function unnamedTable(site: Site, { files }: Quality): Table {
  return {
    id: 'unnamed',
    heading: 'What could be named',
    unit: `octets of the first ${formatCount(NAMED_FROM)} flows of each flow file, all directions, last 24 hours`,
    heads: [text('Counted as other'), text('What it is'), number('Octets'), text('A line that names it')],
    rows: namedDimensions(site).flatMap(({ dimension, key }) =>
      addedUp(files.map(({ unnamed }) => unnamed[dimension.name] ?? []))
        .slice(0, MOST_UNNAMED)
        .map(([value, octets]) => [
          { href: link(QUALITY, memberAddress(dimension, OTHER)), label: dimension.title },
          value,
          formatQuantity(Number(octets), SHOWN.octets.volume),
          `${key}: { name: '${value}' }`,
        ]),
    ),
    empty: '',
    note: 'Ports: the lower of the two, where neither is of a service. AS: at the far end. Only the ten busiest of a file are added up, so a value may have more.',
  }
}

/** The dimensions whose `other` the config could make smaller, with their key there. */
function namedDimensions(site: Site) {
  return site.dimensions.flatMap(({ dimension, members }) =>
    dimension.naming !== undefined && members.some(({ id }) => id === OTHER)
      ? [{ dimension, key: dimension.naming.key }]
      : [],
  )
}

/** The greatest first. */
function addedUp(lists: readonly (readonly (readonly [value: string, octets: Counter])[])[]): [string, Counter][] {
  const sums = new Map<string, Counter>()
  for (const [value, octets] of lists.flat()) sums.set(value, addCounters(sums.get(value) ?? 0, octets))
  return [...sums].sort(([a, most], [b, more]) => compareCounters(more, most) || (a < b ? -1 : 1))
}

function sourceTable(site: Site, day: Traffic, quality: Quality): Table {
  const expected = slotsExpected(day, quality.first).length
  return {
    id: 'sources',
    heading: 'Flow files by source',
    unit: 'last 24 hours',
    heads: [
      text('Source'),
      number('Slots'),
      number('Missing'),
      number('Files'),
      number('Not closed'),
      number('Odd'),
      number('Lost flows'),
      text('Format'),
    ],
    rows: [...gapsBySource(site, day, quality)].map(([source, gaps]) => {
      const files = quality.files.filter((file) => file.source === source)
      const missing = gaps.reduce((sum, { slots }) => sum + slots, 0)
      const lost = sumOfKnown(files.map(({ lost }) => lost))
      return [
        source,
        `${formatCount(expected - missing)} of ${formatCount(expected)}`,
        formatCount(missing),
        formatCount(files.length),
        formatCount(files.filter(({ complete }) => !complete).length),
        formatCount(files.filter(isOdd).length),
        lost === null ? UNKNOWN : formatCount(lost),
        [...new Set(files.map(({ format }) => format))].sort().join(', ') || UNKNOWN,
      ]
    }),
    empty: '',
    note: '',
  }
}

function gapTable(site: Site, day: Traffic, quality: Quality): Table {
  const gaps = [...gapsBySource(site, day, quality)].flatMap(([source, gaps]) => gaps.map((gap) => ({ source, gap })))
  const newest = gaps.sort((a, b) => b.gap.from - a.gap.from)
  return {
    id: 'gaps',
    heading: 'Missing slots of the last 24 hours',
    unit: 'no flow file covers them: unknown, not zero',
    heads: [text('Source'), text('From'), text('To'), number('Slots')],
    rows: newest.slice(0, MOST_ROWS).map(({ source, gap }) => [source, ...gapCells(site, gap)]),
    empty: 'None.',
    note: newest.length > MOST_ROWS ? `And ${formatCount(newest.length - MOST_ROWS)} earlier ones.` : '',
  }
}

function monthTable(site: Site, { month, first }: Quality): Table {
  const gaps = gapsOfRange(month, first).reverse()
  return {
    id: 'gaps-month',
    heading: 'Missing slots of the last 31 days',
    unit: 'of all sources together, within two hours',
    heads: [text('Between'), text('and'), number('Slots')],
    rows: gaps.slice(0, MOST_ROWS).map((gap) => gapCells(site, gap)),
    empty: 'None.',
    note: gaps.length > MOST_ROWS ? `And ${formatCount(gaps.length - MOST_ROWS)} earlier ones.` : '',
  }
}

function gapCells({ timeZone }: Site, { from, to, slots }: Gap): Cell[] {
  return [formatMoment(from, timeZone), formatMoment(to, timeZone), formatCount(slots)]
}

/** Files that were not closed, or in which something was odd. */
function fileTable({ timeZone }: Site, { files }: Quality): Table {
  const odd = files.filter(({ complete, warnings }) => !complete || warnings.count > 0).reverse()
  return {
    id: 'files',
    heading: 'Flow files in doubt',
    unit: 'last 24 hours, the newest first; what could be read of them is counted',
    heads: [text('Slot'), text('Source'), text('What was met')],
    rows: odd.slice(0, MOST_ROWS).map((file) => [formatMoment(file.slot, timeZone), file.source, oddities(file)]),
    empty: '',
    note: odd.length > MOST_ROWS ? `And ${formatCount(odd.length - MOST_ROWS)} earlier ones.` : '',
  }
}

function oddities({ complete, warnings: { count, first } }: FlowFileQuality): string {
  const more = count - first.length
  return [
    ...(complete ? [] : ['not closed by the collector']),
    ...first.map(printable),
    ...(more > 0 ? [`and ${formatCount(more)} more`] : []),
  ].join('; ')
}

function asideTable(site: Site, { health }: Quality): Table {
  const { timeZone } = site
  const { count, newest } = health?.quarantine ?? { count: 0, newest: [] }
  return {
    id: 'aside',
    heading: 'Set aside',
    unit: 'in data/quarantine, not counted; the newest first',
    heads: [text('File'), text('Source'), text('Of'), text('Reason')],
    rows: newest.map(({ file, source, when, reason }) => [
      printable(basename(file)),
      source === undefined ? UNKNOWN : printable(source),
      momentOf(when ?? '', timeZone) ?? UNKNOWN,
      withoutPlaces(site, reason),
    ]),
    empty: '',
    note: count > newest.length ? `${formatCount(count)} in all.` : '',
  }
}

function lateTable({ timeZone }: Site, { health }: Quality): Table {
  const late = [...(health?.late ?? [])].reverse()
  return {
    id: 'late',
    heading: 'Late flow files',
    unit: 'counted over ten minutes after the end of their slot; seconds after it; the newest first',
    heads: [text('File'), text('Source'), text('Slot'), number('Last changed'), number('Counted')],
    rows: late
      .slice(0, MOST_ROWS)
      .map(({ file, source, slot, changedSeconds, countedSeconds }) => [
        printable(basename(file)),
        printable(source),
        momentOf(slot, timeZone) ?? UNKNOWN,
        formatCount(changedSeconds),
        formatCount(countedSeconds),
      ]),
    empty: '',
    note: late.length > MOST_ROWS ? `And ${formatCount(late.length - MOST_ROWS)} earlier ones.` : '',
  }
}

function copyTable({ health }: Quality): Table {
  const copies = [...(health?.copies ?? [])].reverse()
  return {
    id: 'copies',
    heading: 'Copies',
    unit: 'flow files that came before under another name, not counted again; the newest first',
    heads: [text('File'), text('is')],
    rows: copies.slice(0, MOST_ROWS).map(({ file, of }) => [printable(basename(file)), printable(basename(of))]),
    empty: '',
    note: copies.length > MOST_ROWS ? `And ${formatCount(copies.length - MOST_ROWS)} earlier ones.` : '',
  }
}

function text(label: string): Head {
  return { label, isText: true }
}

function number(label: string): Head {
  return { label, isText: false }
}
