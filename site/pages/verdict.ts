import { addCounters, type Counter } from '../../ingest/model/counter.ts'
import { SLOT_SECONDS } from '../../ingest/model/time.ts'
import { sumOfKnown } from '../boards.ts'
import { shareOf } from '../figures.ts'
import { type FlowFileQuality, type Quality, rangeQuality } from '../quality.ts'
import { isKnown, type Traffic } from '../traffic.ts'
import { formatClock, formatCount, formatShare } from '../units.ts'
import { type ClockOff, clocksOff, offsetText } from './clocks.ts'
import {
  counted,
  type ExporterSum,
  exportersOf,
  type Finding,
  type Gap,
  gapsBySource,
  gapsOf,
  lateOf,
  type State,
  slotsExpected,
  stateOf,
} from './findings.ts'
import type { Site } from './site.ts'

/** What a person is told who asks whether the figures of the last 24 hours can be trusted. */
export interface Verdict {
  readonly state: State
  /** The answer, in a few words. */
  readonly answer: string
  /** Why, in sentences. */
  readonly reasons: string
}

/** Where less than this is measured, the figures are those of a part. */
const MOST = 0.9

/** By the same findings that the page lists. */
export function verdictOf(site: Site, day: Traffic, quality: Quality, findings: readonly Finding[]): Verdict {
  const slots = slotsOf(site, day, quality)
  const { flows, flaws } = rangeQuality(day)
  const all = Object.values(flows).reduce<Counter>(addCounters, 0)
  const clauses = isKnown(day)
    ? [
        measuredClause(slots),
        partlyClause(slots.partly),
        lostClause(quality.files, all),
        scaledClause(exportersOf(site, quality)),
        leftOutClause(flaws.implausible),
        clocksClause(clocksOff(quality.files)),
        lateClause(lateOf(day, quality).length),
      ]
    : ['No slot of the last 24 hours is measured: what moved is unknown']
  const reasons = `${clauses.filter((clause) => clause !== '').join('; ')}.`
  return {
    state: isKnown(day) ? stateOf(findings) : 'bad',
    answer: answerOf(slots, findings),
    reasons: [reasons, isKnown(day) ? missingSentence(slots, site.timeZone) : ''].join(' ').trim(),
  }
}

/** Of the last 24 hours, or since the first flow file. */
export interface Slots {
  readonly expected: number
  readonly measured: number
  /** Those measured of which a source has no flow file. */
  readonly partly: number
  /** Sources that lack any. */
  readonly sources: number
  readonly isSinceFirst: boolean
  /** When nothing was measured, the earliest first. */
  readonly missing: readonly Gap[]
}

function slotsOf(site: Site, day: Traffic, quality: Quality): Slots {
  const { first } = quality
  const measured = new Set(day.known.flatMap((seconds, at) => (seconds > 0 ? [day.from + at * SLOT_SECONDS] : [])))
  const gaps = [...gapsBySource(site, day, quality).values()].filter((gaps) => gaps.length > 0)
  const lacking = new Set(gaps.flat().flatMap((gap) => slotsExpected(gap, gap.from)))
  return {
    expected: slotsExpected(day, first).length,
    measured: measured.size,
    partly: [...lacking].filter((slot) => measured.has(slot)).length,
    sources: gaps.length,
    isSinceFirst: first !== null && first > day.from,
    missing: gapsOf(slotsExpected(day, first).filter((slot) => !measured.has(slot))),
  }
}

/** Each source with gaps is one finding. */
export function answerOf({ expected, measured, sources }: Slots, findings: readonly Finding[]): string {
  const alarms = findings.filter(({ isAlarm }) => isAlarm).length
  if (alarms > 0) return `Look first at the ${alarms === 1 ? 'alarm' : `${formatCount(alarms)} alarms`} below.`
  if (measured === 0) return 'No: there are none.'
  const found = findings.length
  if (found > sources) return `Look first at the ${found === 1 ? 'finding' : `${formatCount(found)} findings`} below.`
  if (found === 0) return 'Yes.'
  return measured >= MOST * expected ? 'Yes, but for gaps.' : 'Only in part.'
}

export function measuredClause({ expected, measured, isSinceFirst }: Slots): string {
  const time = isSinceFirst ? 'since the first flow file' : 'of the last 24 hours'
  if (measured < expected)
    return `${formatCount(measured)} of ${counted(expected, 'slot')} ${time} ${measured === 1 ? 'is' : 'are'} measured (${formatShare(shareOf(measured, expected))})`
  return expected === 1 ? `The 1 slot ${time} is measured` : `All ${formatCount(expected)} slots ${time} are measured`
}

export function partlyClause(partly: number): string {
  return partly === 0 ? '' : `in ${formatCount(partly)} of these a source has no flow file`
}

/** `flows`: those that were counted. */
export function lostClause(files: readonly Pick<FlowFileQuality, 'lost'>[], flows: Counter): string {
  const lost = sumOfKnown(files.map(({ lost }) => lost))
  if (lost === null) return 'collectors do not say whether they lost flows'
  if (lost === 0) return 'collectors report no lost flow'
  const sent = addCounters(flows, lost)
  return `collectors lost ${formatCount(lost)} of ${counted(sent, 'flow')} (${formatShare(shareOf(lost, sent))})`
}

/** Nothing where no exporter is known. */
export function scaledClause(exporters: readonly Pick<ExporterSum, 'rates'>[]): string {
  if (exporters.length === 0) return ''
  const rates = exporters.map(({ rates }) => rates.at(-1)!).filter((rate) => rate > 1)
  if (rates.length === 0) return 'nothing is scaled up for sampling'
  const [least, most] = [Math.min(...rates), Math.max(...rates)]
  const by = least === most ? formatCount(most) : `${formatCount(least)} to ${formatCount(most)}`
  return `${formatCount(rates.length)} of ${counted(exporters.length, 'exporter')} ${rates.length === 1 ? 'samples, and its' : 'sample, and their'} octets and packets are scaled up by ${by}`
}

export function leftOutClause(implausible: Counter): string {
  return implausible === 0
    ? ''
    : `${counted(implausible, 'flow')} ${implausible === 1 ? 'is' : 'are'} left out, for no line carries so much`
}

export function clocksClause(clocks: readonly Pick<ClockOff, 'most'>[]): string {
  const [farthest] = clocks
  if (farthest === undefined) return ''
  return `${clocks.length === 1 ? 'the clock of an exporter is' : `the clocks of ${formatCount(clocks.length)} exporters are`} up to ${offsetText(farthest.most.seconds)}`
}

export function lateClause(late: number): string {
  return late === 0 ? '' : `${counted(late, 'flow file')} came late, and ${late === 1 ? 'is' : 'are'} counted`
}

/** Of many gaps only the longest is named. */
export function missingSentence({ missing }: Pick<Slots, 'missing'>, timeZone: string): string {
  if (missing.length === 0) return ''
  const slots = missing.reduce((sum, gap) => sum + gap.slots, 0)
  const longest = missing.reduce((most, gap) => (gap.slots > most.slots ? gap : most))
  const named =
    missing.length > MOST_NAMED
      ? `the most from ${spanText(longest, timeZone)}`
      : missing.map((gap) => spanText(gap, timeZone)).join(' and ')
  return `${counted(slots, 'slot')} ${slots === 1 ? 'is' : 'are'} missing, ${named}: what moved then is unknown and in no figure.`
}
const MOST_NAMED = 2

/** `05:15 to 06:05 CET` */
function spanText({ from, to }: Gap, timeZone: string): string {
  return `${formatClock(from, timeZone)} to ${formatClock(to, timeZone)}`
}
