import { type FlowBatch, UNKNOWN } from '../model/flow-batch.ts'
import type { ExporterIndex } from './exporters.ts'
import { type ExporterNumbers, readHalves } from './nfcapd-exporters.ts'
import { readUint64 } from './nfcapd-header.ts'
import type { RecordCounts } from './nfcapd-records.ts'
import { writeReverse } from './reverse.ts'

/*
 * Layouts 2 and 3 hold the same values (README, "Elements of nfcapd records") and differ in how a record tells where each
 * lies. Records of one exporter look alike, so that is worked out once per shape of record and not once per flow.
 */

/** The values that are read, and their least lengths in bytes. */
export const VALUE_LENGTH = {
  generic: 48,
  ipv4: 8,
  ipv6: 32,
  interfaces: 8,
  counters: 24,
  as: 8,
  exporterIPv4: 4,
  exporterIPv6: 16,
} as const
export type ValueName = keyof typeof VALUE_LENGTH

/** Where each value lies, in bytes from the start of the record; 0: the record lacks it. */
export type Shape = { [name in ValueName]: number }

export function createShape(): Shape {
  return { generic: 0, ipv4: 0, ipv6: 0, interfaces: 0, counters: 0, as: 0, exporterIPv4: 0, exporterIPv6: 0 }
}

/** Flow records found in a block, whose values are still to be read. */
export interface FoundRecords {
  length: number
  readonly at: Int32Array
  readonly shape: Shape[]
  readonly sysId: Uint32Array
  readonly scaled: Uint8Array
}

const QUEUE_SIZE = 1024

export function createFoundRecords(): FoundRecords {
  return {
    length: 0,
    at: new Int32Array(QUEUE_SIZE),
    shape: new Array<Shape>(QUEUE_SIZE).fill(createShape()),
    sysId: new Uint32Array(QUEUE_SIZE),
    scaled: new Uint8Array(QUEUE_SIZE),
  }
}

const HIGH = 0x1_0000_0000
/** The greatest high word of a 64-bit counter that a double holds exactly. */
const MOST_HIGH = 0x1f_ffff

/** Makes the function that reads the values of found records into rows of the batch and empties the queue; `flush` must empty a full batch. */
export function elementReader(exporters: ExporterIndex, numbers: ExporterNumbers, counts: RecordCounts) {
  const words = new Uint32Array(4)

  // Hot: runs once per flow.
  return function readElements(block: DataView, found: FoundRecords, batch: FlowBatch, flush: () => void): void {
    const { srcAddr, dstAddr, srcPort, dstPort, protocol, tos, tcpFlags, octets, packets, flows, startMs, endMs } =
      batch
    const { srcAs, dstAs, ingressIfIndex, egressIfIndex, exporter, scaled, reverse } = batch
    const most = exporter.length - 2
    const { length, at: places, shape: shapes, sysId, scaled: isScaled } = found
    const { isSampled } = numbers
    let i = batch.length
    for (let n = 0; n < length; n++) {
      if (i > most) {
        batch.length = i
        flush()
        i = 0
      }
      const start = places[n]!
      const shape = shapes[n]!
      let high = 0
      if (shape.generic !== 0) {
        const at = start + shape.generic
        startMs[i] = block.getUint32(at, true) + block.getUint32(at + 4, true) * HIGH
        endMs[i] = block.getUint32(at + 8, true) + block.getUint32(at + 12, true) * HIGH
        if (counts.firstReceivedMs === null) counts.firstReceivedMs = readUint64(block, at + 16) || null
        const packetsHigh = block.getUint32(at + 28, true)
        const octetsHigh = block.getUint32(at + 36, true)
        high = Math.max(packetsHigh, octetsHigh)
        packets[i] = block.getUint32(at + 24, true) + packetsHigh * HIGH
        octets[i] = block.getUint32(at + 32, true) + octetsHigh * HIGH
        const ports = block.getUint32(at + 40, true)
        srcPort[i] = ports
        dstPort[i] = ports >>> 16
        const rest = block.getUint32(at + 44, true)
        protocol[i] = rest & 0xff
        tcpFlags[i] = rest >>> 8
        tos[i] = rest >>> 24
      } else clearGeneric(batch, i)
      if (shape.ipv4 !== 0) {
        const at = start + shape.ipv4
        const to = i * 4
        srcAddr[to] = 0
        srcAddr[to + 1] = 0
        srcAddr[to + 2] = 0xffff
        srcAddr[to + 3] = block.getUint32(at, true)
        dstAddr[to] = 0
        dstAddr[to + 1] = 0
        dstAddr[to + 2] = 0xffff
        dstAddr[to + 3] = block.getUint32(at + 4, true)
      } else if (shape.ipv6 !== 0) {
        readHalves(block, start + shape.ipv6, srcAddr, i * 4)
        readHalves(block, start + shape.ipv6 + 16, dstAddr, i * 4)
      } else {
        srcAddr.fill(0, i * 4, i * 4 + 4)
        dstAddr.fill(0, i * 4, i * 4 + 4)
      }
      if (shape.interfaces !== 0) {
        ingressIfIndex[i] = block.getUint32(start + shape.interfaces, true)
        egressIfIndex[i] = block.getUint32(start + shape.interfaces + 4, true)
      } else {
        ingressIfIndex[i] = 0
        egressIfIndex[i] = 0
      }
      if (shape.as !== 0) {
        srcAs[i] = block.getUint32(start + shape.as, true)
        dstAs[i] = block.getUint32(start + shape.as + 4, true)
      } else {
        srcAs[i] = 0
        dstAs[i] = 0
      }
      if (shape.exporterIPv4 !== 0) exporter[i] = exporters.ofIPv4(block.getUint32(start + shape.exporterIPv4, true))
      else if (shape.exporterIPv6 !== 0) {
        readHalves(block, start + shape.exporterIPv6, words, 0)
        exporter[i] = exporters.of(words, 0)
      } else exporter[i] = numbers.of(sysId[n]!)
      scaled[i] = isScaled[n]!
      if (isSampled && isScaled[n] === 0) numbers.countUnscaled(sysId[n]!)
      reverse[i] = 0
      flows[i] = 1
      const rows =
        high > MOST_HIGH ? 0 : shape.counters === 0 ? 1 : readCounters(block, start + shape.counters, batch, i)
      if (rows === 0) counts.implausible++
      i += rows
    }
    batch.length = i
    counts.flows += length
    found.length = 0
  }
}

/** What a record holds that stands for several flows or for both ways; returns how many rows come of it, none when a counter is beyond what a double holds. */
function readCounters(block: DataView, at: number, batch: FlowBatch, i: number): number {
  const flows = readUint64(block, at)
  const packets = readUint64(block, at + 8)
  const octets = readUint64(block, at + 16)
  if (Math.max(flows, packets, octets) > Number.MAX_SAFE_INTEGER) return 0
  batch.flows[i] = Math.max(1, flows)
  if (packets === 0 && octets === 0) return 1
  writeReverse(batch, i, packets, octets)
  return 2
}

function clearGeneric(batch: FlowBatch, i: number): void {
  batch.startMs[i] = 0
  batch.endMs[i] = 0
  batch.packets[i] = 0
  batch.octets[i] = 0
  batch.srcPort[i] = 0
  batch.dstPort[i] = 0
  batch.protocol[i] = UNKNOWN
  batch.tcpFlags[i] = 0
  batch.tos[i] = UNKNOWN
}
