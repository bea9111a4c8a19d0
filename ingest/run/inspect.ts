import { randomInt } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import { heapBatches } from '../aggregate/heap-batch.ts'
import { createFlowList, createHosts, type Hosts } from '../aggregate/hosts.ts'
import { decodeFlowFile } from '../decode/index.ts'
import { formatAddress } from '../model/address.ts'
import { addCounters, type Counter, compareCounters } from '../model/counter.ts'
import { DecodeError, EXIT, UserError } from '../model/errors.ts'
import { type FlowBatch, type FlowFileSummary, UNKNOWN } from '../model/flow-batch.ts'
import { openRoom } from '../model/heap.ts'

/** Counters as stored in the file: no sampling applied, the way back of bidirectional records apart. */
export interface Tally {
  flows: Counter
  packets: Counter
  octets: Counter
}

export interface KeyedTally extends Tally {
  readonly key: string
}

/** One flow as text, for looking at. */
export interface FlowRow {
  readonly start: string
  readonly durationMs: number
  readonly protocol: number
  readonly src: string
  readonly dst: string
  readonly packets: number
  readonly octets: number
  readonly flows: number
}

/** Everything `flowscan inspect` tells of a flow file. */
export interface Inspection extends Tally {
  readonly file: string
  readonly format: string
  readonly detail: string
  readonly compression: string
  readonly complete: boolean
  readonly captureStart: string | null
  readonly records: number
  readonly implausible: number
  readonly outPackets: Counter
  readonly outOctets: Counter
  readonly byProtocol: { readonly [number: string]: Tally }
  readonly topSrcByOctets: readonly KeyedTally[]
  readonly topDstByOctets: readonly KeyedTally[]
  readonly byExporter: { readonly [address: string]: Tally }
  readonly byTos: { readonly [value: string]: Tally }
  readonly bySrcAS: { readonly [number: string]: Tally }
  readonly minFirstMs: number | null
  readonly maxLastMs: number | null
  readonly lost: number | null
  readonly warnings: readonly string[]
  readonly firstFlows: readonly FlowRow[]
}

const TOP = 10
const MOST_KEYS = 40
const FIRST_FLOWS = 10
const CHUNKS = { highWaterMark: 1 << 20 }

/** Reads a flow file whole. Throws a UserError that names file and byte when nothing in it can be trusted (65), or when it cannot be read (74). */
export async function inspectFile(path: string): Promise<Inspection> {
  const inspector = createInspector()
  try {
    if (!statSync(path).isFile()) throw new UserError(`${path}: not a file; name a flow file`, EXIT.usage)
    const summary = await decodeFlowFile(createReadStream(path, CHUNKS), inspector.add)
    const recount = inspector.recount()
    if (recount !== null) await decodeFlowFile(createReadStream(path, CHUNKS), recount)
    return inspector.finish(basename(path), summary)
  } catch (error) {
    if (error instanceof DecodeError) throw new UserError(`${path}: ${error.message}`, EXIT.data, { cause: error })
    if (error instanceof Error && 'syscall' in error)
      throw new UserError(`${path}: cannot be read: ${error.message}`, EXIT.io, { cause: error })
    throw error
  } finally {
    inspector.close()
  }
}

function createInspector() {
  const byProtocol = createTallies()
  const byTos = createTallies()
  const bySrcAs = createTallies()
  const byExporter = createTallies()
  const room = openRoom()
  const inHeap = heapBatches(room)
  const sources = createHosts(room, randomInt(0x1_0000_0000))
  const destinations = createHosts(room, randomInt(0x1_0000_0000))
  const oneWay = createFlowList(room)
  const firstFlows: FlowRow[] = []
  const sum: Tally = { flows: 0, packets: 0, octets: 0 }
  const out: Omit<Tally, 'flows'> = { packets: 0, octets: 0 }
  let firstMs = Number.POSITIVE_INFINITY
  let lastMs = Number.NEGATIVE_INFINITY

  // Hot: runs once per flow.
  function add(given: FlowBatch): void {
    const batch = inHeap(given)
    const { length, octets, packets, flows, reverse, srcAddr, dstAddr, startMs, endMs } = batch
    for (let i = 0; i < length; i++) {
      if (reverse[i] === 1) {
        out.packets = addCounters(out.packets, packets[i]!)
        out.octets = addCounters(out.octets, octets[i]!)
        continue
      }
      const [o, p, f] = [octets[i]!, packets[i]!, flows[i]!]
      addTo(sum, o, p, f)
      byProtocol.add(batch.protocol[i]!, o, p, f)
      byTos.add(batch.tos[i]!, o, p, f)
      bySrcAs.add(batch.srcAs[i]!, o, p, f)
      byExporter.add(batch.exporter[i]!, o, p, f)
      oneWay.flows[oneWay.length++] = i
      if (startMs[i]! < firstMs && startMs[i]! <= MOST_DATE) firstMs = startMs[i]!
      if (endMs[i]! > lastMs && endMs[i]! <= MOST_DATE) lastMs = endMs[i]!
      if (firstFlows.length < FIRST_FLOWS) firstFlows.push(rowOf(batch, i))
    }
    sources.add(srcAddr, oneWay, 0, batch)
    destinations.add(dstAddr, oneWay, 0, batch)
    oneWay.length = 0
  }

  /** `null`, unless there were too many hosts to count each: then the file's batches are to be given to it once more. */
  function recount(): ((batch: FlowBatch) => void) | null {
    const [bySource, byDestination] = [sources.recount(), destinations.recount()]
    if (!bySource && !byDestination) return null
    return (given) => {
      const batch = inHeap(given)
      for (let i = 0; i < batch.length; i++) if (batch.reverse[i] === 0) oneWay.flows[oneWay.length++] = i
      if (bySource) sources.add(batch.srcAddr, oneWay, 0, batch)
      if (byDestination) destinations.add(batch.dstAddr, oneWay, 0, batch)
      oneWay.length = 0
    }
  }

  function finish(file: string, summary: FlowFileSummary): Inspection {
    const { format, detail, compression, complete, records, implausible, lost, warnings, captureStartMs, exporters } =
      summary
    return {
      file,
      format,
      detail,
      compression,
      complete,
      captureStart: captureStartMs === null ? null : new Date(captureStartMs).toISOString(),
      records,
      implausible,
      ...sum,
      outPackets: out.packets,
      outOctets: out.octets,
      byProtocol: byProtocol.largest(orUnknown),
      topSrcByOctets: top(sources),
      topDstByOctets: top(destinations),
      byExporter: byExporter.largest((index) => exporters[index]!),
      byTos: byTos.largest(orUnknown),
      bySrcAS: bySrcAs.largest(String),
      minFirstMs: dateOrNull(firstMs),
      maxLastMs: dateOrNull(lastMs),
      lost,
      warnings,
      firstFlows,
    }
  }

  return { add, recount, finish, close: room.close }
}

/** The last date that JavaScript has, in unix ms: damaged files hold any number. */
const MOST_DATE = 8.64e15

function dateOrNull(ms: number): number | null {
  return Math.abs(ms) <= MOST_DATE ? ms : null
}

function orUnknown(value: number): string {
  return value === UNKNOWN ? 'unknown' : String(value)
}

/** Counters by a number. */
function createTallies() {
  const tallies = new Map<number, Tally>()
  return {
    add(key: number, octets: number, packets: number, flows: number): void {
      const tally = tallies.get(key)
      if (tally === undefined) tallies.set(key, { flows, packets, octets })
      else addTo(tally, octets, packets, flows)
    },
    /** The largest by octets, as an object: those of most octets come first wherever keys are not numbers. */
    largest(name: (key: number) => string): { [key: string]: Tally } {
      const sorted = [...tallies]
        .sort(([a, x], [b, y]) => compareCounters(y.octets, x.octets) || a - b)
        .slice(0, MOST_KEYS)
      return Object.fromEntries(sorted.map(([key, tally]) => [name(key), tally]))
    },
  }
}

function addTo(tally: Tally, octets: number, packets: number, flows: number): void {
  tally.octets = addCounters(tally.octets, octets)
  tally.packets = addCounters(tally.packets, packets)
  tally.flows = addCounters(tally.flows, flows)
}

/** By octets, equal ones by their text. */
function top(hosts: Hosts): KeyedTally[] {
  const rows = hosts.busiest(MOST_KEYS).rows.map(([key, octets, packets, flows]) => ({ key, flows, packets, octets }))
  return rows.sort((a, b) => compareCounters(b.octets, a.octets) || (a.key < b.key ? -1 : 1)).slice(0, TOP)
}

function rowOf(batch: FlowBatch, i: number): FlowRow {
  const end = (address: Uint32Array, port: number) =>
    `${formatAddress(address, i * 4)}${hasPorts(batch.protocol[i]!) ? ` ${port}` : ''}`
  return {
    start: dateOrNull(batch.startMs[i]!) === null ? 'unknown' : new Date(batch.startMs[i]!).toISOString(),
    durationMs: Math.max(0, batch.endMs[i]! - batch.startMs[i]!),
    protocol: batch.protocol[i]!,
    src: end(batch.srcAddr, batch.srcPort[i]!),
    dst: end(batch.dstAddr, batch.dstPort[i]!),
    packets: batch.packets[i]!,
    octets: batch.octets[i]!,
    flows: batch.flows[i]!,
  }
}

function hasPorts(protocol: number): boolean {
  return [6, 17, 33, 132, 136].includes(protocol)
}
