import { SLOT_SECONDS } from '../../ingest/model/time.ts'
import type { Measured } from '../cells.ts'
import type { Exploration } from '../exploration.ts'
import { formatClock, formatCount, formatDate, formatSpan } from '../units.ts'
import { type Catalog, dimensionOf } from './catalog.ts'
import type { Plan } from './plan.ts'
import { type Shown, titleOf } from './shown.ts'

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
    of !== 'total' && by !== null && `Share: of all traffic of ${titleOf(catalog, of)}.`,
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
