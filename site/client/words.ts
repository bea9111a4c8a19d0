import { TOTAL } from '../../ingest/model/cell.ts'
import type { Counter } from '../../ingest/model/counter.ts'
import { SLOT_SECONDS } from '../../ingest/model/time.ts'
import type { Measured } from '../cells.ts'
import type { Exploration } from '../exploration.ts'
import { shareOf } from '../figures.ts'
import type { Month } from '../months.ts'
import { midSentence } from '../pages/words.ts'
import {
  formatClock,
  formatCount,
  formatDate,
  formatMonth,
  formatQuantity,
  formatShare,
  formatSpan,
  formatYearlessDate,
  SHOWN,
} from '../units.ts'
import { type Catalog, dimensionOf } from './catalog.ts'
import type { MonthWhole } from './month.ts'
import type { Plan } from './plan.ts'
import { directionsOf, greatestOf, type Shown, type ShownRow, titleOf } from './shown.ts'

/* What the explorer says of a chart. */

/** From when to when, in the site's zone. */
export function timeText({ from, to }: Pick<Plan, 'from' | 'to'>, { timeZone }: Catalog): string {
  const moment = (at: number) => `${formatDate(at, timeZone)}, ${formatClock(at, timeZone)}`
  return `${moment(from)} to ${moment(to)}`
}

/** `336 points of 30 minutes; maximum: the greatest five minutes within.` */
export function resolutionText({ from, to, stepSeconds }: Plan): string {
  const points = `${formatCount((to - from) / stepSeconds)} points of ${formatSpan(stepSeconds)}`
  return stepSeconds === SLOT_SECONDS
    ? `${points}, as fine as they are kept.`
    : `${points}; shorter times show finer ones. Maximum: the greatest five minutes within.`
}

/** How much moved, and how much of a month that is, the same of the greatest member; the month's name stands by itself, to be a link. */
export function movedText(
  catalog: Catalog,
  exploration: Exploration,
  shown: Shown,
  { month, since, until, octets }: MonthWhole,
): { readonly before: string; readonly month: string; readonly after: string } {
  const { timeZone } = catalog
  const ways = directionsOf(exploration)
  const volumes = ({ figures }: ShownRow) => figures.map(({ total }, at) => `${volumeText(total)} ${ways[at]}`)
  const shares = ({ figures }: ShownRow) => figures.map(({ total }, at) => shareText(total, octets[at]!))
  const subject = exploration.of === TOTAL ? 'all traffic' : titleOf(catalog, exploration.of)
  const ofWhole = shares(shown.total).map((share, at) => `${share} of ${ways[at]}`)
  const greatest = greatestOf(shown)
  const own = greatest === null ? [] : volumes(greatest).map((volume, at) => `${volume} (${shares(greatest)[at]})`)
  const kind = midSentence(dimensionOf(catalog, exploration.by)?.singular ?? '')
  const most = greatest === null ? '' : ` The greatest ${kind}, ${greatest.label}: ${own.join(', ')}.`
  return {
    before: `Moved: ${volumes(shown.total).join(', ')}. Of ${subject} in `,
    month: formatMonth(month.name),
    after: `${countedText(month, since, until, timeZone)}: ${ofWhole.join(', ')}.${most}`,
  }
}

function volumeText(total: Counter | null): string {
  return formatQuantity(total === null ? null : Number(total), SHOWN.octets.volume)
}

function shareText(part: Counter | null, whole: Counter): string {
  return formatShare(part === null ? null : shareOf(part, whole))
}

/** Of a month that is not counted whole, from when to when it is. */
function countedText({ to }: Month, since: number | null, until: number, timeZone: string): string {
  const first = since === null ? '' : formatYearlessDate(since, timeZone)
  const last = until < to ? `${formatYearlessDate(until, timeZone)}, ${formatClock(until, timeZone)}` : ''
  if (first !== '' && last !== '') return ` (counted ${first} to ${last})`
  return first !== '' ? ` (counted since ${first})` : last !== '' ? ` (counted until ${last})` : ''
}

/** All that a visitor has to know to read the chart and the table right. */
export function notesOf(
  catalog: Catalog,
  exploration: Exploration,
  plan: Plan,
  { quiet }: Shown,
  { known }: Measured,
): string[] {
  const { by, of, isCompared } = exploration
  const missing = known.filter((seconds) => seconds === 0).length
  const notes = [
    missing > 0 &&
      `${formatCount(missing)} of ${formatCount(known.length)} points have no data: no flow file covers them.`,
    drawingNote(catalog, exploration),
    isCompared && `The dashed line and the change of averages are against ${timeText(timeBefore(plan), catalog)}.`,
    plan.step === '1d' && 'Days are those of UTC at this resolution.',
    quiet.length > 0 && `Nothing seen of: ${quiet.join(', ')}.`,
    of !== TOTAL && by !== null && `Shares are of all traffic of ${titleOf(catalog, of)}.`,
    RULES,
  ]
  return notes.filter((note) => note !== false && note !== '') as string[]
}

const RULES = '95th: nearest rank over the points shown. Average: all that was counted over the time that was measured.'

function drawingNote(catalog: Catalog, { by, drawing, isCompared, only }: Exploration): string {
  const dimension = dimensionOf(catalog, by)
  if (dimension === undefined) return ''
  const name = dimension.title.toLowerCase()
  if (dimension.overlap)
    return drawing === 'lines'
      ? `Lines, for ${name} may overlap: traffic between two of them counts in both, and a stack would show more than there was.`
      : `Mind that ${name} may overlap: traffic between two of them is in this stack twice.`
  if (drawing === 'lines' && !isCompared) return 'The total is in the table, not among the lines.'
  return only.length > 1
    ? 'Together: the sum of those chosen. Each had its greatest five minutes at its own moment; that of all is known only of points of five minutes.'
    : ''
}

/** As long, and just before. */
export function timeBefore({ from, to }: Plan): Pick<Plan, 'from' | 'to'> {
  return { from: 2 * from - to, to: from }
}
