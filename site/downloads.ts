import type { Direction } from '../ingest/model/direction.ts'
import { isoTime } from '../ingest/model/time.ts'
import type { ChartEvent } from './charts/chart.ts'
import type { Rates } from './charts/rates.ts'
import { createTextBytes, type TextBytes, writeArray, writeRow, writeText, writtenBytes } from './text-bytes.ts'

/** What a chart shows, and what the files beside it hold. */
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
  readonly in: Rates
  readonly out: Rates
}

/** The numbers of a chart as texts in UTF-8, by the names of their files: `bits.csv`, `bits.json`. */
export function downloadsOf(chart: string, data: ChartData): { readonly [file: string]: Uint8Array } {
  const [csv, json] = downloadNames(chart)
  return { [csv]: csvOf(data), [json]: jsonOf(data) }
}

export function downloadNames(chart: string): readonly [csv: string, json: string] {
  return [`${chart}.csv`, `${chart}.json`]
}

/** RFC 4180: a line per point, named by its UTC start; a column per layer and direction, then total, peak, before. Unknown is empty. */
export function csvOf(data: ChartData): Uint8Array<ArrayBuffer> {
  const columns = columnsOf(data)
  const rates = columns.map((column) => column.rates)
  const times = timesOf(data)
  const text = createTextBytes((times.length + 2) * (TIME_BYTES + columns.length * NUMBER_BYTES))
  writeText(text, `time${columns.map(({ name }) => `,${csvCell(`${name} (${data.unit})`)}`).join('')}\r\n`)
  for (let point = 0; point < times.length; point++) writeRow(text, times[point]!, rates, point)
  return writtenBytes(text)
}

/** About, with what stands between. */
const TIME_BYTES = 24
const NUMBER_BYTES = 9

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

function columnsOf({ layers, total, peak, before, only }: ChartData): { name: string; rates: Rates }[] {
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
export function jsonOf(data: ChartData): Uint8Array<ArrayBuffer> {
  const { unit, from, to, stepSeconds, layers, total, peak, before, events, only } = data
  const text = createTextBytes((layers.length + 2) * 2 * total.in.length * NUMBER_BYTES)
  const head = { unit, from: isoTime(from), to: isoTime(to), stepSeconds }
  writeText(text, `${opened(head)},"layers":[`)
  layers.forEach(({ id, label, color, ...way }, at) => {
    writeText(text, `${at === 0 ? '' : ','}${opened({ id, label, color })},`)
    writeWay(text, way, only)
    writeText(text, '}')
  })
  writeText(text, ']')
  for (const [name, way] of Object.entries({ total, peak, before })) {
    if (way === undefined) continue
    writeText(text, `,"${name}":{`)
    writeWay(text, way, only)
    writeText(text, '}')
  }
  if (events !== undefined) writeText(text, `,"events":${JSON.stringify(events.map(eventJson))}`)
  writeText(text, '}\n')
  return writtenBytes(text)
}

/** An object that more is to be written into. */
function opened(object: object): string {
  return JSON.stringify(object).slice(0, -1)
}

function writeWay(text: TextBytes, { in: inward, out }: Way, only: Direction | undefined): void {
  writeText(text, `"${only ?? 'in'}":`)
  writeArray(text, inward)
  if (only !== undefined) return
  writeText(text, ',"out":')
  writeArray(text, out)
}

function eventJson({ number, at, to, label }: NonNullable<ChartData['events']>[number]): object {
  return { number, at: isoTime(at), ...(to === null ? {} : { to: isoTime(to) }), label }
}
