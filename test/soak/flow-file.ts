import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fromIPv4 } from '../../ingest/model/address.ts'
import { createExportedFlows } from '../../ingest/synthesize/exported-flows.ts'
import { EXPORTERS } from '../../ingest/synthesize/exporter.ts'
import { createFlowToolsWriter } from '../../ingest/synthesize/flow-tools-writer.ts'
import { createNfcapdWriter } from '../../ingest/synthesize/nfcapd-writer.ts'
import { type Arrival, CUT_FLOWS, type Flow, flowsOf, type PlannedFile, type Shape, SLOT } from './plan.ts'

const FLOW_TOOLS_RECORD = 64
const TCP = 6

/** Puts a file where its collector leaves it, as it arrives, with the time of its last change. */
export function writeArrival(shape: Shape, file: PlannedFile, arrival: Arrival, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const captureEnd = file.slot + SLOT
  const isFlowTools = file.source === 'border-1'
  const create = isFlowTools ? createFlowToolsWriter : createNfcapdWriter
  const exporter = { ...EXPORTERS[0]!, name: file.source }
  const writer = create({ path, exporter, compression: 'none', captureStart: file.slot, captureEnd })
  const flows = flowsOf(shape, file)
  if (flows.length > 0) writer.write(columnsOf(flows, captureEnd))
  writer.close()
  if (arrival.what === 'whole') return
  const bytes = readFileSync(path)
  rmSync(path)
  const end = arrival.what === 'damaged' ? 20 : bytes.length - CUT_FLOWS * FLOW_TOOLS_RECORD
  writeFileSync(path, bytes.subarray(0, end))
  utimesSync(path, captureEnd, captureEnd)
}

function columnsOf(flows: readonly Flow[], captureEnd: number) {
  const columns = createExportedFlows(flows.length)
  columns.length = flows.length
  for (const [i, { way, startMs, endMs, octets, packets, inside, outside, isHttp }] of flows.entries()) {
    const [here, there, besides, beyond] = [inside, outside, '198.51.100.99', '192.0.2.99'].map(wordsOf)
    const ends = { in: [there, here], out: [here, there], internal: [here, besides], transit: [there, beyond] }[way]
    columns.srcAddr.set(ends[0]!, i * 4)
    columns.dstAddr.set(ends[1]!, i * 4)
    columns.srcPort[i] = 50_000
    columns.dstPort[i] = isHttp ? 80 : 60_000
    columns.protocol[i] = TCP
    columns.octets[i] = octets
    columns.packets[i] = packets
    columns.flows[i] = 1
    columns.startMs[i] = startMs
    columns.endMs[i] = endMs
    columns.exportMs[i] = captureEnd * 1000 - 1
  }
  return columns
}

function wordsOf(address: string): readonly number[] {
  const value = address.split('.').reduce((word, octet) => word * 256 + Number(octet), 0)
  return fromIPv4(value)
}
