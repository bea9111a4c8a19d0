import { addCounters, type Counter, compareCounters, toJson } from '../../ingest/model/counter.ts'
import { FLAWS, type Flaw } from '../../ingest/model/quality.ts'
import { isoTime } from '../../ingest/model/time.ts'
import type { Traffic } from '../traffic.ts'
import { formatCount, formatMoment, type Moment } from '../units.ts'

/** Flows with a flaw over a range. */
export interface FlawRow {
  readonly flaw: Flaw
  /** What it is, and what became of such flows. */
  readonly meaning: string
  readonly total: string
  /** The point that had most of them. */
  readonly most: string
  readonly at: Moment
}

export const MEANINGS: { readonly [F in Flaw]: string } = {
  lost: 'never reached the flow file, as the collector says',
  implausible: 'more octets, packets or flows than any line carries in the time: left out',
  skewed: 'ended over a day before the flow file or over ten minutes after its start: counted in its slot',
  overlong: 'over 24 hours: spread over the last 24',
  reversed: 'ended before they started: counted where they ended',
  undersized: 'fewer octets than packets: counted as they are',
}

/** The flaws that any flow had. */
export function flawRows(traffic: Traffic, timeZone: string): FlawRow[] {
  return flawsSeen(traffic).map(({ flaw, flows }) => {
    const most = flows.reduce<number>(
      (best, count, point) => (compareCounters(count, flows[best]!) > 0 ? point : best),
      0,
    )
    return {
      flaw,
      meaning: MEANINGS[flaw],
      total: formatCount(flows.reduce(addCounters, 0)),
      most: formatCount(flows[most]!),
      at: formatMoment(traffic.from + most * traffic.stepSeconds, timeZone),
    }
  })
}

/** The numbers behind them, flows per point: `quality.csv` and `quality.json`. Nothing when no flow had a flaw. */
export function flawFiles(traffic: Traffic): { readonly [name: string]: string } {
  const seen = flawsSeen(traffic)
  if (seen.length === 0) return {}
  const { from, to, stepSeconds, known } = traffic
  const points = seen.map(({ flaw, flows }) => ({
    flaw,
    flows: known.map((seconds, at) => (seconds ? flows[at]! : null)),
  }))
  const lines = known.map((_, at) => [isoTime(from + at * stepSeconds), ...points.map(({ flows }) => flows[at] ?? '')])
  const csv = [['time', ...points.map(({ flaw }) => `${flaw} (flows)`)], ...lines].map((line) => `${line.join()}\r\n`)
  const columns = Object.fromEntries(points.map(({ flaw, flows }) => [flaw, flows]))
  const json = { unit: 'flows', from: isoTime(from), to: isoTime(to), stepSeconds, ...columns }
  return { 'quality.csv': csv.join(''), 'quality.json': `${toJson(json)}\n` }
}

function flawsSeen({ quality }: Traffic): { flaw: Flaw; flows: readonly Counter[] }[] {
  return FLAWS.flatMap((flaw) => {
    const flows = quality.get(flaw) ?? []
    return flows.some((count) => count !== 0) ? [{ flaw, flows }] : []
  })
}
