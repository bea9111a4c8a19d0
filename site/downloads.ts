import type { Direction } from '../ingest/model/direction.ts'
import { isoTime } from '../ingest/model/time.ts'
import type { ChartEvent } from './charts/chart.ts'
import type { PointRates } from './figures.ts'

/** What a chart shows, and what the files beside it hold: rates per second, `null` where nobody measured. */
export interface ChartData {
  readonly unit: 'b/s' | 'pkt/s' | 'flow/s'
  /** Unix seconds: start of the first point, end of the last. */
  readonly from: number
  readonly to: number
  readonly stepSeconds: number
  /** Bottom first. */
  readonly layers: readonly (Way & { readonly id: string; readonly label: string; readonly color: string })[]
  readonly total: Way
  /** The greatest five minutes within each point; at five minutes there is none. */
  readonly peak?: Way
  /** The total of the time before, point by point. */
  readonly before?: Way
  /** What happened meanwhile, as it is numbered on the chart. */
  readonly events?: readonly (ChartEvent & { readonly label: string })[]
  /** The direction that alone is shown: it stands in `in`, and `out` holds nothing. */
  readonly only?: Direction
}

interface Way {
  readonly in: PointRates
  readonly out: PointRates
}

/** The numbers of a chart as texts, by the names of their files: `bits.csv`, `bits.json`. */
export function downloadsOf(chart: string, data: ChartData): { readonly [file: string]: string } {
  const [csv, json] = downloadNames(chart)
  return { [csv]: csvOf(data), [json]: jsonOf(data) }
}

export function downloadNames(chart: string): readonly [csv: string, json: string] {
  return [`${chart}.csv`, `${chart}.json`]
}

/** RFC 4180: a line per point, named by its UTC start; a column per layer and direction, then total, peak, before. Unknown is empty. */
export function csvOf(data: ChartData): string {
  const columns = columnsOf(data)
  const times = timesOf(data)
  const written = columns.map(({ rates }) => numberTexts(rates))
  let text = `time${columns.map(({ name }) => `,${csvCell(`${name} (${data.unit})`)}`).join('')}\r\n`
  for (let point = 0; point < data.total.in.length; point++) {
    text += times[point]
    for (const numbers of written) text += `,${numbers[point]}`
    text += '\r\n'
  }
  return text
}

/** Numbers as text, `null` as none: V8 writes numbers as JSON three times as fast as one by one. */
function numberTexts(rates: PointRates): string[] {
  return JSON.stringify(rates).slice(1, -1).replaceAll('null', '').split(',')
}

/** The starts of a chart's points. All charts of a range have the same: the last ones are remembered. */
function timesOf({ from, stepSeconds, total }: ChartData): readonly string[] {
  const { length } = total.in
  if (remembered.from !== from || remembered.stepSeconds !== stepSeconds || remembered.times.length !== length) {
    const times = Array.from({ length }, (_, point) => isoTime(from + point * stepSeconds))
    remembered = { from, stepSeconds, times }
  }
  return remembered.times
}
let remembered: { from: number; stepSeconds: number; times: readonly string[] } = { from: 0, stepSeconds: 0, times: [] }

function columnsOf({ layers, total, peak, before, only }: ChartData): { name: string; rates: PointRates }[] {
  const all = [
    ...layers,
    { label: 'total', ...total },
    ...(peak === undefined ? [] : [{ label: 'greatest 5 minutes of total', ...peak }]),
    ...(before === undefined ? [] : [{ label: 'total before', ...before }]),
  ]
  return all.flatMap(({ label, in: inward, out }) => [
    { name: `${label} ${only ?? 'in'}`, rates: inward },
    ...(only === undefined ? [{ name: `${label} out`, rates: out }] : []),
  ])
}

/** A label is anybody's text: quoted, and never a formula to a spreadsheet. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The same numbers as columns. */
export function jsonOf({ unit, from, to, stepSeconds, layers, total, peak, before, events, only }: ChartData): string {
  const ways = ({ in: inward, out }: Way) => (only === undefined ? { in: inward, out } : { [only]: inward })
  return `${JSON.stringify({
    unit,
    from: isoTime(from),
    to: isoTime(to),
    stepSeconds,
    layers: layers.map(({ id, label, color, ...rates }) => ({ id, label, color, ...ways(rates) })),
    total: ways(total),
    ...(peak === undefined ? {} : { peak: ways(peak) }),
    ...(before === undefined ? {} : { before: ways(before) }),
    ...(events === undefined ? {} : { events: events.map(eventJson) }),
  })}\n`
}

function eventJson({ number, at, to, label }: NonNullable<ChartData['events']>[number]): object {
  return { number, at: isoTime(at), ...(to === null ? {} : { to: isoTime(to) }), label }
}
