import type { FlowBatch } from '../model/flow-batch.ts'
import type { ExporterIndex } from './exporters.ts'

/*
 * Records inside the blocks of nfcapd layout 2 (README, "nfcapd layout 2"). Everything is little endian and packed:
 * a record of `type/2 size/2 …`, a flow record of elements `type/2 length/2 value`, in any order.
 */

const RECORD = { exporter: 7, flow: 11, stat: 0x8002 } as const
/** Records that hold no flows: maps and counters of older layouts, samplers, arrays, slack, the collector's name. */
const OTHER_RECORDS: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 16, 256, 0x8001])
/** Elements beyond this are of a later nfdump. */
const LAST_ELEMENT = 42
const ELEMENT = {
  generic: 1,
  ipv4: 2,
  ipv6: 3,
  misc: 4,
  counters: 5,
  as: 7,
  exporterIPv4: 12,
  exporterIPv6: 13,
} as const
/** Least length of each element, its own 4 bytes included. */
const LENGTH = {
  generic: 52,
  ipv4: 12,
  ipv6: 36,
  misc: 20,
  counters: 28,
  as: 12,
  exporterIPv4: 8,
  exporterIPv6: 20,
} as const
const FLOW_HEADER = 12
const FLAG = { event: 1, sampled: 2 } as const
const HIGH = 0x1_0000_0000
/** A high word of a 64-bit counter from here on is beyond what a double holds exactly. */
const INEXACT_HIGH = 0x20_0000

/** What reading blocks has found besides flows. */
export interface RecordCounts {
  flows: number
  events: number
  implausible: number
  /** Skipped by their length. */
  unknownRecords: number
  unknownElements: number
  /** Sequence failures as the STAT record says; `null` without one. */
  sequenceFailures: number | null
  firstReceivedMs: number | null
}

export interface RecordReader {
  readonly counts: RecordCounts
  /** Reads every record of an unpacked block; `flush` is called when the batch is full and must empty it. Returns what is wrong with the block, or `null`. */
  readBlock(block: Uint8Array, batch: FlowBatch, flush: () => void): BlockDamage | null
}

export interface BlockDamage {
  /** Where in the unpacked block. */
  readonly at: number
  readonly message: string
}

export function createRecordReader(exporters: ExporterIndex): RecordReader {
  const counts: RecordCounts = {
    flows: 0,
    events: 0,
    implausible: 0,
    unknownRecords: 0,
    unknownElements: 0,
    sequenceFailures: null,
    firstReceivedMs: null,
  }
  /** Index of the exporter by its number in the file (sysid). */
  const exporterOf = new Map<number, number>()
  const words = new Uint32Array(4)

  function readBlock(block: Uint8Array, batch: FlowBatch, flush: () => void): BlockDamage | null {
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
    const end = block.byteLength
    for (let at = 0; at < end; ) {
      if (at + 4 > end) return { at, message: `${end - at} bytes behind the last record` }
      const type = view.getUint16(at, true)
      const size = view.getUint16(at + 2, true)
      if (size < 4 || at + size > end) {
        return {
          at,
          message: `record of type ${type} with ${size} bytes, but ${end - at} remain; the rest of the block is left out`,
        }
      }
      if (type === RECORD.flow) {
        if (batch.length + 2 > batch.exporter.length) flush()
        readFlow(view, at, size, batch)
      } else if (type === RECORD.exporter && size >= 32) readExporter(view, at)
      else if (type === RECORD.stat && size >= 148) counts.sequenceFailures = view.getUint32(at + 140, true)
      else if (!OTHER_RECORDS.has(type)) counts.unknownRecords++
      at += size
    }
    return null
  }

  /** Up to 1.7.7 the address is in host order behind a family; from 1.7.8 on the family is 0 and the address in network order. */
  function readExporter(view: DataView, at: number): void {
    const family = view.getUint16(at + 24, true)
    if (family === 0) for (let word = 0; word < 4; word++) words[word] = view.getUint32(at + 8 + word * 4, false)
    else if (family === 2) words.set([0, 0, 0xffff, view.getUint32(at + 20, true)])
    else readHalves(view, at + 8, words, 0)
    exporterOf.set(view.getUint16(at + 26, true), exporters.of(words, 0))
  }

  // Hot: runs once per flow.
  function readFlow(view: DataView, start: number, size: number, batch: FlowBatch): void {
    const end = start + size
    const flags = size >= FLOW_HEADER ? view.getUint8(start + 10) : FLAG.event
    if ((flags & FLAG.event) !== 0) {
      counts.events++
      return
    }
    const i = batch.length
    clear(batch, i)
    let isExact = true
    let receivedMs = 0
    let exporter = -1
    let outPackets = 0
    let outOctets = 0
    for (let at = start + FLOW_HEADER; at + 4 <= end; ) {
      const type = view.getUint16(at, true)
      const length = view.getUint16(at + 2, true)
      if (length < 4 || at + length > end) break
      const value = at + 4
      if (type === ELEMENT.generic && length >= LENGTH.generic) {
        batch.startMs[i] = view.getUint32(value, true) + view.getUint32(value + 4, true) * HIGH
        batch.endMs[i] = view.getUint32(value + 8, true) + view.getUint32(value + 12, true) * HIGH
        receivedMs = view.getUint32(value + 16, true) + view.getUint32(value + 20, true) * HIGH
        const packetsHigh = view.getUint32(value + 28, true)
        const octetsHigh = view.getUint32(value + 36, true)
        isExact &&= packetsHigh < INEXACT_HIGH && octetsHigh < INEXACT_HIGH
        batch.packets[i] = view.getUint32(value + 24, true) + packetsHigh * HIGH
        batch.octets[i] = view.getUint32(value + 32, true) + octetsHigh * HIGH
        batch.srcPort[i] = view.getUint16(value + 40, true)
        batch.dstPort[i] = view.getUint16(value + 42, true)
        batch.protocol[i] = view.getUint8(value + 44)
        batch.tcpFlags[i] = view.getUint8(value + 45)
        batch.tos[i] = view.getUint8(value + 47)
      } else if (type === ELEMENT.ipv4 && length >= LENGTH.ipv4) {
        batch.srcAddr[i * 4 + 3] = view.getUint32(value, true)
        batch.dstAddr[i * 4 + 3] = view.getUint32(value + 4, true)
      } else if (type === ELEMENT.ipv6 && length >= LENGTH.ipv6) {
        readHalves(view, value, batch.srcAddr, i * 4)
        readHalves(view, value + 16, batch.dstAddr, i * 4)
      } else if (type === ELEMENT.misc && length >= LENGTH.misc) {
        batch.ingressIfIndex[i] = view.getUint32(value, true)
        batch.egressIfIndex[i] = view.getUint32(value + 4, true)
      } else if (type === ELEMENT.as && length >= LENGTH.as) {
        batch.srcAs[i] = view.getUint32(value, true)
        batch.dstAs[i] = view.getUint32(value + 4, true)
      } else if (type === ELEMENT.exporterIPv4 && length >= LENGTH.exporterIPv4) {
        exporter = exporters.ofIPv4(view.getUint32(value, true))
      } else if (type === ELEMENT.exporterIPv6 && length >= LENGTH.exporterIPv6) {
        readHalves(view, value, words, 0)
        exporter = exporters.of(words, 0)
      } else if (type === ELEMENT.counters && length >= LENGTH.counters) {
        const flowsHigh = view.getUint32(value + 4, true)
        const packetsHigh = view.getUint32(value + 12, true)
        const octetsHigh = view.getUint32(value + 20, true)
        isExact &&= flowsHigh < INEXACT_HIGH && packetsHigh < INEXACT_HIGH && octetsHigh < INEXACT_HIGH
        batch.flows[i] = Math.max(1, view.getUint32(value, true) + flowsHigh * HIGH)
        outPackets = view.getUint32(value + 8, true) + packetsHigh * HIGH
        outOctets = view.getUint32(value + 16, true) + octetsHigh * HIGH
      } else if (type === 0 || type > LAST_ELEMENT) counts.unknownElements++
      at += length
    }
    counts.flows++
    if (!isExact) {
      counts.implausible++
      return
    }
    if (receivedMs > 0) counts.firstReceivedMs ??= receivedMs
    batch.exporter[i] = exporter === -1 ? exporterOfSysId(view.getUint16(start + 8, true)) : exporter
    batch.scaled[i] = (flags & FLAG.sampled) === 0 ? 0 : 1
    batch.length = i + 1
    if (outPackets > 0 || outOctets > 0) addReverse(batch, i, outPackets, outOctets)
  }

  /** The exporter record of this number; without one the address is unknown. */
  function exporterOfSysId(sysId: number): number {
    return exporterOf.get(sysId) ?? exporters.ofIPv4(0)
  }

  return { counts, readBlock }
}

/** What a record without the element holds. */
function clear(batch: FlowBatch, i: number): void {
  const at = i * 4
  for (const column of [batch.srcAddr, batch.dstAddr]) {
    column[at] = 0
    column[at + 1] = 0
    column[at + 2] = 0xffff
    column[at + 3] = 0
  }
  batch.srcPort[i] = 0
  batch.dstPort[i] = 0
  batch.protocol[i] = 0
  batch.tos[i] = 0
  batch.tcpFlags[i] = 0
  batch.octets[i] = 0
  batch.packets[i] = 0
  batch.flows[i] = 1
  batch.startMs[i] = 0
  batch.endMs[i] = 0
  batch.srcAs[i] = 0
  batch.dstAs[i] = 0
  batch.ingressIfIndex[i] = 0
  batch.egressIfIndex[i] = 0
  batch.reverse[i] = 0
}

/** An IPv6 address as two 64-bit numbers of the writing host, the most significant first. */
function readHalves(view: DataView, at: number, words: Uint32Array, to: number): void {
  words[to] = view.getUint32(at + 4, true)
  words[to + 1] = view.getUint32(at, true)
  words[to + 2] = view.getUint32(at + 12, true)
  words[to + 3] = view.getUint32(at + 8, true)
}

/** The way back of a bidirectional record as a row of its own: ends swapped, no flow counted twice. */
function addReverse(batch: FlowBatch, i: number, packets: number, octets: number): void {
  const to = batch.length
  for (let word = 0; word < 4; word++) {
    batch.srcAddr[to * 4 + word] = batch.dstAddr[i * 4 + word]!
    batch.dstAddr[to * 4 + word] = batch.srcAddr[i * 4 + word]!
  }
  batch.srcPort[to] = batch.dstPort[i]!
  batch.dstPort[to] = batch.srcPort[i]!
  batch.srcAs[to] = batch.dstAs[i]!
  batch.dstAs[to] = batch.srcAs[i]!
  batch.ingressIfIndex[to] = batch.egressIfIndex[i]!
  batch.egressIfIndex[to] = batch.ingressIfIndex[i]!
  for (const column of ['protocol', 'tos', 'tcpFlags', 'startMs', 'endMs', 'exporter', 'scaled'] as const) {
    batch[column][to] = batch[column][i]!
  }
  batch.octets[to] = octets
  batch.packets[to] = packets
  batch.flows[to] = 0
  batch.reverse[to] = 1
  batch.length = to + 1
}
