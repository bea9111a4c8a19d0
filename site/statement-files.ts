import { type Counter, counterToJson } from '../ingest/model/counter.ts'
import { isoTime } from '../ingest/model/time.ts'
import { csvCell } from './downloads.ts'
import type { Statement, StatementRow, WayFigures } from './statement.ts'

/*
 * A statement as CSV and as JSON: the exact octets, of maxima and percentiles those of the five minutes (times 8 / 300: bits per second).
 */

const COLUMNS = [
  'octets',
  'packets',
  'flows',
  'greatest 5 minutes (octets)',
  'greatest 5 minutes began',
  '95th percentile of 5 minutes (octets)',
]

/** RFC 4180: a line per member, then one per member and what it is divided into. Unknown is empty. */
export function statementCsv(statement: Statement): string {
  const heads = (['in', 'out'] as const).flatMap((way) => COLUMNS.map((column) => `${way} ${column}`))
  const lines = [
    ['month', 'dimension', 'id', 'label', 'of it', 'slots known', ...heads],
    ...[{ name: '', rows: [statement.total] }, ...statement.dimensions].flatMap(({ name, rows }) =>
      rows.flatMap((row) => linesOf(statement.month, name, row)),
    ),
  ]
  return `${lines.map((line) => line.map(csvCell).join()).join('\r\n')}\r\n`
}

function linesOf(month: string, dimension: string, row: StatementRow): string[][] {
  const { id, label, known, in: inward, out, parts } = row
  const member = [month, dimension, id, label]
  const part = (octets: Counter) => [String(octets), ...new Array<string>(COLUMNS.length - 1).fill('')]
  return [
    [...member, '', String(known), ...cellsOf(inward), ...cellsOf(out)],
    ...parts.map(({ label, octets }) => [...member, label, '', ...part(octets.in), ...part(octets.out)]),
  ]
}

function cellsOf({ octets, packets, flows, max, maxAt, percentile95 }: WayFigures): string[] {
  const text = (counter: Counter | null) => (counter === null ? '' : String(counter))
  return [...[octets, packets, flows, max].map(text), maxAt === null ? '' : isoTime(maxAt), text(percentile95)]
}

/** The same as JSON. `frozen`: unix seconds, up to where there were flow files when it was. */
export function statementJson(statement: Statement, frozen: number | null): string {
  const { month, timeZone, from, to, since = null, until, stepSeconds, slots, total, dimensions } = statement
  return `${JSON.stringify({
    month,
    timeZone,
    from: isoTime(from),
    to: isoTime(to),
    since: since === null ? null : isoTime(since),
    until: isoTime(until),
    frozen: frozen === null ? null : isoTime(frozen),
    stepSeconds,
    slots,
    total: rowJson(total),
    dimensions: Object.fromEntries(dimensions.map(({ name, rows }) => [name, rows.map(rowJson)])),
  })}\n`
}

function rowJson({ id, label, known, in: inward, out, parts }: StatementRow): object {
  const divided = parts.map(({ id, label, octets }) => ({
    id,
    label,
    in: counterToJson(octets.in),
    out: counterToJson(octets.out),
  }))
  return {
    id,
    label,
    slotsKnown: known,
    in: wayJson(inward),
    out: wayJson(out),
    ...(parts.length > 0 && { parts: divided }),
  }
}

function wayJson({ maxAt, ...counters }: WayFigures): object {
  const json = (counter: Counter | null) => (counter === null ? null : counterToJson(counter))
  return {
    octets: json(counters.octets),
    packets: json(counters.packets),
    flows: json(counters.flows),
    max: json(counters.max),
    maxAt: maxAt === null ? null : isoTime(maxAt),
    percentile95: json(counters.percentile95),
  }
}
