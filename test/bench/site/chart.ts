import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { isoTime } from '../../../ingest/model/time.ts'
import type { StackedChart } from '../../../site/charts/chart.ts'
import { renderStacked } from '../../../site/charts/render.ts'
import { CHART_SIZES } from '../../../site/charts/stacked.ts'
import { type ChartData, csvOf, jsonOf } from '../../../site/downloads.ts'
import { findProgram } from '../../programs.ts'
import type { Figure } from './figure.ts'

const LAYERS = 8
const POINTS = 288
const STEP = 300
const FROM = Date.parse('2026-11-23T00:00:00Z') / 1000
const ROUNDS = 40
const WAYS = ['in', 'out'] as const

/** One chart of eight members in and out over a day, and the very same numbers by `rrdtool graph`, as CUFlow's grapher called it. */
export async function measureChart(base: string, tell: (figure: Figure) => void): Promise<void> {
  const charts = Array.from({ length: ROUNDS }, (_, round) => chartOf(round))
  for (const chart of charts) await renderStacked(chart)
  const one = await cpuPerChart(charts, [CHART_SIZES[0]])
  const three = await cpuPerChart(charts, CHART_SIZES)
  const data = charts.map(dataOf)
  tell({ what: 'its numbers as CSV and JSON, CPU', measured: cpuOf(data, numbersAsBytes), unit: 'ms' })
  tell({ what: 'the same put together of strings, CPU', measured: cpuOf(data, numbersAsStrings), unit: 'ms' })
  const rrd = findProgram('rrdtool') === null ? null : graphByRrdtool(base, charts[0]!)
  tell({ what: 'a chart to SVG, CPU, one size', measured: one, unit: 'ms', limit: 26 })
  tell({ what: 'a chart to SVG, CPU, three sizes as on pages', measured: three, unit: 'ms', limit: 26 })
  if (rrd === null) console.log('rrdtool is not installed: nothing to compare with')
  else
    for (const { format, milliseconds, bytes } of rrd) {
      tell({ what: `rrdtool graph of the same, ${format}, CPU`, measured: milliseconds, unit: 'ms' })
      tell({ what: `its ${format}, gzip`, measured: bytes / 1024, unit: 'KB' })
    }
  const svg = await renderStacked(charts[0]!, [CHART_SIZES[0]])
  const all = await renderStacked(charts[0]!)
  tell({ what: 'the SVG, one size, gzip', measured: gzipSync(svg).length / 1024, unit: 'KB', limit: 8 })
  tell({ what: 'the SVG, three sizes, gzip', measured: gzipSync(all).length / 1024, unit: 'KB', limit: 8 })
}

async function cpuPerChart(charts: readonly StackedChart[], sizes: typeof CHART_SIZES): Promise<number> {
  const start = process.cpuUsage()
  for (const chart of charts) await renderStacked(chart, sizes)
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000 / charts.length
}

function dataOf({ unit, from, to, stepSeconds, layers, total }: StackedChart): ChartData {
  return { unit, from, to, stepSeconds, total, layers: layers.map((layer, at) => ({ id: `m${at}`, ...layer })) }
}

function cpuOf(data: readonly ChartData[], write: (data: ChartData) => number): number {
  for (let warm = 0; warm < 5; warm++) for (const each of data) write(each)
  const start = process.cpuUsage()
  for (const each of data) write(each)
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000 / data.length
}

function numbersAsBytes(data: ChartData): number {
  return csvOf(data).length + jsonOf(data).length
}

/** As short as it can be said, to be compared with. */
function numbersAsStrings({ from, stepSeconds, layers, total }: ChartData): number {
  const ways = [...layers, total].flatMap(({ in: inward, out }) => [Array.from(inward), Array.from(out)])
  const lines = ways[0]!.map((_, point) =>
    [isoTime(from + point * stepSeconds), ...ways.map((rates) => rates[point])].join(','),
  )
  return Buffer.from(lines.join('\r\n')).length + Buffer.from(JSON.stringify(ways)).length
}

/** A day's shape with noise in it; the same round gives the same. */
function chartOf(round: number): StackedChart {
  let seed = round + 7
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed / 2 ** 31
  }
  const rates = (share: number) =>
    Float64Array.from({ length: POINTS }, (_, at) =>
      Math.round(1e9 * share * (1.2 + Math.sin((at / POINTS) * 6)) * (0.8 + 0.4 * random())),
    )
  const layers = Array.from({ length: LAYERS }, (_, at) => ({
    label: `member ${at}`,
    color: `var(--series-${at + 1})`,
    in: rates(0.5 ** at),
    out: rates(0.3 * 0.5 ** at),
  }))
  const sum = (way: 'in' | 'out') =>
    Float64Array.from({ length: POINTS }, (_, at) => layers.reduce((whole, layer) => whole + layer[way][at]!, 0))
  return {
    title: 'Campus',
    description: 'Bits per second',
    unit: 'b/s',
    from: FROM,
    to: FROM + POINTS * STEP,
    stepSeconds: STEP,
    timeZone: 'Europe/Vienna',
    layers,
    total: { in: sum('in'), out: sum('out') },
  }
}

interface Graphed {
  readonly format: 'PNG' | 'SVG'
  readonly milliseconds: number
  readonly bytes: number
}

/** A process a graph; user and system time as the shell that waits for them tells. */
function graphByRrdtool(base: string, chart: StackedChart): Graphed[] {
  const rrd = join(base, 'chart.rrd')
  const sources = chart.layers.flatMap((_, at) => WAYS.map((way) => `DS:${way}${at}:GAUGE:600:0:U`))
  rrdtool(
    'create',
    rrd,
    '--start',
    String(FROM - STEP),
    '--step',
    String(STEP),
    ...sources,
    `RRA:AVERAGE:0.5:1:${POINTS}`,
  )
  const updates = Array.from({ length: POINTS }, (_, at) =>
    [FROM + at * STEP, ...chart.layers.flatMap((layer) => WAYS.map((way) => layer[way][at]))].join(':'),
  )
  rrdtool('update', rrd, ...updates)
  return (['PNG', 'SVG'] as const).map((format) => {
    const file = join(base, `chart.${format}`)
    const args = graphArguments(rrd, file, format, chart.layers.length)
    const command = `TIMEFORMAT='%U %S'; time for i in {1..${ROUNDS}}; do rrdtool "$@" >/dev/null; done`
    const { stderr } = spawnSync('bash', ['-c', command, 'bash', ...args], { encoding: 'utf8' })
    const [user, system] = stderr.trim().split(' ').map(Number) as [number, number]
    return { format, milliseconds: ((user + system) * 1000) / ROUNDS, bytes: gzippedSize(file) }
  })
}

function graphArguments(rrd: string, file: string, format: string, layers: number): string[] {
  const colors = ['3d62da', 'c2570c', '0a9670', 'a01570', '976df6', '0f8fc4', '7a260e', 'b98a08']
  const size = ['-w', '844', '-h', '278', '-s', String(FROM), '-e', String(FROM + POINTS * STEP)]
  const drawn = WAYS.flatMap((way) =>
    Array.from({ length: layers }, (_, at) => {
      const area = at === 0 ? 'AREA' : 'STACK'
      return [
        `DEF:${way}${at}=${rrd}:${way}${at}:AVERAGE`,
        `CDEF:${way}v${at}=${way}${at},${way === 'in' ? '1' : '-1'},*`,
        `${area}:${way}v${at}#${colors[at]}:member ${at} ${way}`,
      ]
    }).flat(),
  )
  return ['graph', file, '-a', format, ...size, '-v', 'bits per second', ...drawn, 'HRULE:0#000000']
}

function rrdtool(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('rrdtool', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`rrdtool ${args[0]}: ${stderr}`)
}

function gzippedSize(file: string): number {
  const { stdout } = spawnSync('gzip', ['-9c', file], { maxBuffer: 2 ** 26 })
  return stdout.length || statSync(file).size
}
