import { type Command, Option } from 'commander'
import { loadConfig } from '../config/load.ts'
import { type Counter, toJson } from '../model/counter.ts'
import { DIRECTIONS } from '../model/direction.ts'
import { MEASURES } from '../model/measure.ts'
import { FLAWS } from '../model/quality.ts'
import { isoTime, STEPS } from '../model/time.ts'
import { type QualityResult, type Query, type QueryResult, query, queryQuality } from '../run/query.ts'
import { readScoreboard, type Scoreboard } from '../run/scoreboard.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { formatTable } from './table.ts'

type Format = 'table' | 'csv' | 'json'
type Options = ConfigOption & Omit<Query, 'what'> & { readonly format: Format; readonly slot?: string }

export function configure(command: Command): void {
  addConfigOption(command)
    .argument('<what>', 'total, a dimension, a member, two of these with a comma, scoreboard, or quality')
    .option('--router <id>', 'only what this router exported')
    .option('--from <time>', 'first moment (default: 24 hours before the end)')
    .option('--to <time>', 'end, not included (default: the end of what is stored)')
    .option('--slot <time>', 'scoreboard: the slot that holds this moment (default: the newest)')
    .addOption(new Option('--step <step>', 'width of a point').choices(Object.keys(STEPS)).default('5m'))
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'csv', 'json']).default('table'))
    .addHelpText(
      'after',
      `
Examples:
  $ flowscan query total --step 1d --from 2026-11-01
  $ flowscan query service/https --router border-1 --format csv
  $ flowscan query network/library,service --from 2026-11-23T16:00Z --to 2026-11-23T17:00Z
  $ flowscan query scoreboard --slot 2026-11-23T16:35Z
  $ flowscan query quality --step 1d --from 2026-11-01

Times: 2026-11-23T16:35Z, 2026-11-23, or unix seconds; UTC unless an offset is given. Octets, packets and flows are
counted per point, not per second. Where nothing was measured there is - (table), nothing (csv) or null (json).
quality counts flows that were lost or left out, or whose times or sizes are in doubt.`,
    )
    .action(async (what: string, options: Options) => {
      const { config } = await loadConfig(options.config)
      if (what === 'scoreboard') console.log(printScoreboard(readScoreboard(config, options.slot), options.format))
      else if (what === 'quality') console.log(printQuality(queryQuality(config, options), options.format))
      else console.log(printSeries(query(config, { ...options, what }), options.format))
    })
}

type Cell = string | Counter | null

function printSeries(result: QueryResult, format: Format): string {
  if (format === 'json') return toJson(result)
  const from = Date.parse(result.from) / 1000
  const header = ['time', 'member', 'direction', ...MEASURES]
  const rows = Object.entries(result.series).flatMap(([member, byDirection]) =>
    DIRECTIONS.filter(
      (direction) => format === 'csv' || direction === 'in' || direction === 'out' || saw(byDirection[direction]),
    ).flatMap((direction) =>
      byDirection[direction].octets.map((_, point): Cell[] => [
        isoTime(from + point * result.step),
        member,
        direction,
        ...MEASURES.map((measure) => byDirection[direction][measure][point]!),
      ]),
    ),
  )
  return format === 'csv' ? formatCsv(header, rows) : formatTable(header, rows)
}

function printQuality(result: QualityResult, format: Format): string {
  if (format === 'json') return toJson(result)
  const { step, quality } = result
  const from = Date.parse(result.from) / 1000
  const header = ['time', ...FLAWS]
  const rows = quality.lost.map((_, point): Cell[] => [
    isoTime(from + point * step),
    ...FLAWS.map((flaw) => quality[flaw][point]!),
  ])
  return format === 'csv' ? formatCsv(header, rows) : formatTable(header, rows)
}

/** In a table for people, directions in which nothing went are left out. */
function saw({ flows, octets }: QueryResult['series'][string]['in']): boolean {
  return [...flows, ...octets].some((value) => value !== null && value !== 0)
}

function printScoreboard(board: Scoreboard, format: Format): string {
  if (format === 'json') return toJson(board)
  const header = [
    'rank',
    'address',
    'share',
    ...(['in', 'out'] as const).flatMap((way) => MEASURES.map((measure) => `${way} ${measure}`)),
  ]
  const lists = (['in', 'out'] as const).flatMap((direction) =>
    MEASURES.map((measure) => ({
      name: `${direction} ${measure}`,
      rows: board[direction][measure].map((host): Cell[] => [
        host.rank,
        host.address,
        `${(host.share * 100).toFixed(2)} %`,
        ...MEASURES.map((each) => host.in[each]),
        ...MEASURES.map((each) => host.out[each]),
      ]),
    })),
  )
  if (format === 'csv')
    return formatCsv(
      ['slot', 'list', ...header],
      lists.flatMap(({ name, rows }) => rows.map((row) => [board.slot, name, ...row])),
    )
  return lists.map(({ name, rows }) => `Slot ${board.slot}, by ${name}\n${formatTable(header, rows)}`).join('\n\n')
}

/** RFC 4180; nothing printed here holds a comma inside but a pair of members. */
function formatCsv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const quote = (cell: Cell) =>
    typeof cell === 'string' && /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : (cell ?? '')
  return [header, ...rows].map((row) => row.map(quote).join()).join('\n')
}
