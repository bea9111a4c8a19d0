import type { Command } from 'commander'
import { type Counter, compareCounters, toJson } from '../model/counter.ts'
import type { Inspection, KeyedTally, Tally } from '../run/inspect.ts'
import { inspectFile } from '../run/inspect.ts'
import { formatTable } from './table.ts'

export function configure(command: Command): void {
  command
    .argument('<file>', 'a flow file of any format that flowscan reads')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  $ flowscan inspect /var/netflow/ft-v05.2026-11-23.163500+0000\n\nCounters are shown as stored in the file: no sampling rate is applied.',
    )
    .action(async (file: string, { json }: { json?: true }) => {
      const found = await inspectFile(file)
      console.log(json === true ? toJson(found, 2) : describe(found))
      for (const warning of json === true ? found.warnings : []) console.error(`flowscan: ${file}: ${warning}`)
    })
}

function describe(found: Inspection): string {
  const { format, detail, compression, complete, captureStart, records, flows, packets, octets, lost, warnings } = found
  const facts: [string, string][] = [
    ['file', found.file],
    ['format', `${format}, ${detail}`],
    ['compression', compression],
    ['complete', complete ? 'yes' : 'no'],
    ['capture start', captureStart ?? 'not in the file'],
    ['first, last', `${isoOf(found.minFirstMs)} to ${isoOf(found.maxLastMs)}`],
    ['records', number(records)],
    ['flows', number(flows)],
    ['packets', number(packets)],
    ['octets', number(octets)],
    ['lost flows', lost === null ? 'not in the file' : number(lost)],
  ]
  if (found.outOctets > 0)
    facts.push(['way back', `${number(found.outPackets)} packets, ${number(found.outOctets)} octets`])
  return [
    facts.map(([name, value]) => `${name.padEnd(14)}${value}`).join('\n'),
    section('Routers', byKey(found.byExporter, 'router')),
    section('First flows', firstFlows(found)),
    section('Protocols', byKey(found.byProtocol, 'protocol')),
    section('TOS', byKey(found.byTos, 'tos')),
    section('Source AS', byKey(found.bySrcAS, 'as')),
    section('Busiest sources', byRow(found.topSrcByOctets, 'source')),
    section('Busiest destinations', byRow(found.topDstByOctets, 'destination')),
    warnings.length === 0 ? 'No warnings.' : section('Warnings', warnings.map((warning) => `- ${warning}`).join('\n')),
  ].join('\n\n')
}

function section(title: string, body: string): string {
  return `${title}\n${body}`
}

function firstFlows({ firstFlows }: Inspection): string {
  const rows = firstFlows.map((row) => [
    row.start,
    row.durationMs,
    row.protocol,
    row.src,
    row.dst,
    row.packets,
    row.octets,
  ])
  return formatTable(['start', 'ms', 'proto', 'source', 'destination', 'packets', 'octets'], rows)
}

function byKey(tallies: { readonly [key: string]: Tally }, title: string): string {
  const rows = Object.entries(tallies).map(([key, tally]) => ({ key, ...tally }))
  return byRow(rows.sort((a, b) => compareCounters(b.octets, a.octets)).slice(0, 10), title)
}

function byRow(rows: readonly KeyedTally[], title: string): string {
  return formatTable(
    [title, 'flows', 'packets', 'octets'],
    rows.map(({ key, flows, packets, octets }) => [key, flows, packets, octets]),
  )
}

function isoOf(ms: number | null): string {
  return ms === null ? '-' : new Date(ms).toISOString()
}

function number(value: Counter): string {
  return value.toLocaleString('en-US')
}
