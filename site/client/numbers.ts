import type { Counter } from '../../ingest/model/counter.ts'
import { knownOnly, type Rates, sumOf } from '../charts/rates.ts'
import type { Exploration } from '../exploration.ts'
import { type Figures, shareOf } from '../figures.ts'
import { memberAddress, reportAddress } from '../links.ts'
import type { Month } from '../months.ts'
import type { ReadoutEntry } from '../pages/readout.ts'
import { formatQuantity, formatRate, formatShare, formatYearlessMonth, SHOWN, UNKNOWN } from '../units.ts'
import { type Catalog, dimensionOf } from './catalog.ts'
import { chip, element } from './element.ts'
import type { MonthWhole } from './month.ts'
import { directionsOf, greatestOf, type Shown, type ShownRow } from './shown.ts'
import { movedText } from './words.ts'

/** What the numbers say of the time that is shown. */
export interface NumbersTime {
  readonly isNow: boolean
  /** `null`: they say nothing of a month. */
  readonly month: Month | null
  /** `null`: it is not known yet. */
  readonly whole: MonthWhole | null
}

const RATES = [
  { title: 'Average', of: (figures: Figures) => formatRate(figures.average) },
  { title: 'Maximum', of: (figures: Figures) => formatRate(figures.max) },
  { title: '95th', of: (figures: Figures) => formatRate(figures.percentile95) },
  { title: 'Minimum', of: (figures: Figures) => formatRate(figures.min) },
] as const

/** A head over one column of each direction, or over one of both together. */
interface Group {
  readonly title: string
  readonly columns: readonly string[]
}

/**
 * A table like that of `figures.njk`, in a box that scrolls, of what the explorer shows, totals first; before it how much of the month that is, or the room
 * for it. `root`: the way from the page to the site's.
 */
export function numbersOf(
  catalog: Catalog,
  exploration: Exploration,
  shown: Shown,
  time: NumbersTime,
  root: string,
): HTMLElement[] {
  const { measure, by, isCompared } = exploration
  const dimension = dimensionOf(catalog, by)
  const directions = directionsOf(exploration)
  const { title, rateInWords, totals } = SHOWN[measure]
  const caption = `${title}: rates in ${rateInWords}, totals in ${totals}`
  const linkTo = (id: string) => (dimension === undefined ? null : root + memberAddress(dimension, id))
  const table = element(
    'table',
    { class: 'figures figures-explored' },
    element('caption', {}, caption),
    headOf(dimension?.singular ?? '', groupsOf(directions, totals, isCompared, time)),
    element('tbody', {}, ...shown.rows.map((row) => rowOf(row, isCompared, time, linkTo(row.id)))),
    element('tfoot', {}, rowOf(shown.total, isCompared, time, null)),
  )
  const box = element('div', { class: 'scroll', role: 'region', 'aria-label': caption, tabindex: 0 }, table)
  return time.month === null ? [box] : [movedLine(catalog, exploration, shown, time.whole, root), box]
}

function movedLine(
  catalog: Catalog,
  exploration: Exploration,
  shown: Shown,
  whole: MonthWhole | null,
  root: string,
): HTMLElement {
  const line = (...children: (HTMLElement | string)[]) =>
    element('p', { class: `moved${greatestOf(shown) === null ? '' : ' moved-divided'}` }, ...children)
  if (whole === null) return line()
  const { before, month, after } = movedText(catalog, exploration, shown, whole)
  return line(before, element('a', { href: root + reportAddress(whole.month.name) }, month), after)
}

function groupsOf(
  directions: readonly string[],
  totals: string,
  isCompared: boolean,
  { isNow, month }: NumbersTime,
): Group[] {
  const group = (title: string) => ({ title, columns: directions })
  return [
    group(`Total, ${totals}`),
    ...(month === null ? [] : [group(`Of ${formatYearlessMonth(month.name)}`)]),
    { title: 'Of this time', columns: [directions.length === 1 ? directions[0]! : 'both'] },
    ...RATES.map(({ title }) => group(title)),
    group(isNow ? 'Now' : 'Last'),
    ...(isCompared ? [group('Change')] : []),
  ]
}

function headOf(head: string, groups: readonly Group[]): HTMLElement {
  const th = (text: string, attributes = {}) => element('th', { scope: 'col', ...attributes }, text)
  const titles = groups.map(({ title, columns }) => th(title, { scope: 'colgroup', colspan: columns.length }))
  return element(
    'thead',
    {},
    element('tr', {}, th(head, { rowspan: 2 }), ...titles),
    element('tr', {}, ...groups.flatMap(({ columns }) => columns.map((column) => th(column)))),
  )
}

function rowOf(
  row: ShownRow,
  isCompared: boolean,
  { month, whole }: NumbersTime,
  href: string | null,
): HTMLTableRowElement {
  const { label, color, figures, before, share, id } = row
  const mark = color !== null ? chip(color) : element('span', { class: id === 'total' ? 'chip line' : 'chip' })
  const name = href === null ? label : element('a', { href }, label)
  const each = (text: (figures: Figures, at: number) => string) => figures.map((own, at) => cell(text(own, at), at))
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, mark, name),
    ...each(({ total }) => formatQuantity(total === null ? null : Number(total), '')),
    ...(month === null ? [] : each(({ total }, at) => shareText(total, whole?.octets[at]))),
    cell(formatShare(share), 0),
    ...RATES.flatMap(({ of }) => each(of)),
    ...each(({ now }) => formatRate(now)),
    ...(isCompared ? figures.map(({ average }, at) => changeCell(average, before[at]?.average ?? null, at)) : []),
  )
}

/** `at`: the place among the directions; what stands second is out. */
function cell(text: string, at: number, attributes = {}): HTMLTableCellElement {
  return element('td', { class: at === 1 ? 'out' : null, ...attributes }, text)
}

function shareText(part: Counter | null, whole: Counter | undefined): string {
  return whole === undefined ? '' : formatShare(part === null ? null : shareOf(part, whole))
}

function changeCell(now: number | null, before: number | null, at: number): HTMLTableCellElement {
  const title = before === null ? 'nothing is known of the time before' : `before: ${formatRate(before)}`
  return cell(formatChange(now, before), at, { title })
}

/** `+12.3 %`, `×25`, `new`; `–` when either is unknown. */
export function formatChange(now: number | null, before: number | null): string {
  if (now === null || before === null) return UNKNOWN
  if (before === 0) return now === 0 ? '0' : 'new'
  const change = now / before - 1
  if (change >= 9) return `×${(now / before).toPrecision(3)}`
  const percent = `${Math.abs(change * 100).toFixed(1)}\u202f%`
  return /^0\.0\D/.test(percent) ? '0' : `${change > 0 ? '+' : '−'}${percent}`
}

/** The list below a chart, at rest. */
export function averagesOf({ data, rows, total }: Shown): ReadoutEntry[] {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const entry = (
    label: string,
    color: string | null,
    kind: ReadoutEntry['kind'],
    values: readonly (number | null)[],
  ) => ({
    label,
    color,
    kind,
    in: formatRate(values[0] ?? null),
    out: values.length > 1 ? formatRate(values[1]!) : '',
  })
  const averages = (row: ShownRow | undefined, layer: Shown['data']['layers'][number]) =>
    row?.figures.map(({ average }) => average) ?? (data.only ? [layer.in] : [layer.in, layer.out]).map(meanOf)
  return [
    ...data.layers.map((layer) => entry(layer.label, layer.color, 'layer', averages(byId.get(layer.id), layer))),
    entry(
      'total',
      null,
      'total',
      total.figures.map(({ average }) => average),
    ),
    ...(data.peak
      ? [
          entry(
            'greatest 5 minutes',
            null,
            'peak',
            total.figures.map(({ max }) => max),
          ),
        ]
      : []),
    ...(data.before
      ? [
          entry(
            'total before',
            null,
            'before',
            total.before.map(({ average }) => average),
          ),
        ]
      : []),
  ]
}

/** Of what is left of a total, which is no cell. */
function meanOf(rates: Rates): number | null {
  const { length } = knownOnly(rates)
  return length === 0 ? null : sumOf(rates) / length
}
