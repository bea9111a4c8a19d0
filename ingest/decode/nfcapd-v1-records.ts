import { createFlowBatch, type FlowBatch } from '../model/flow-batch.ts'
import type { ExporterIndex } from './exporters.ts'
import { createExporterNumbers, EXPORTER_RECORD_LENGTH, readHalves, SAMPLER_RECORD_LENGTH } from './nfcapd-exporters.ts'
import { readUint64 } from './nfcapd-header.ts'
import { createRecordCounts, type RecordReader, walkRecords } from './nfcapd-records.ts'
import { writeReverse } from './reverse.ts'

/*
 * Records inside the blocks of nfcapd layout 1 (README, "nfcapd layout 1"). A flow record is a head, the addresses and the
 * counters, whose sizes its flags tell, and then the extensions that a map record before it listed, without their types.
 */

const RECORD = { oldFlow: 1, map: 2, exporter: 7, sampler: 9, flow: 10 } as const
/** Records that hold no flows: histograms, exporter counters. */
const OTHER_RECORDS: ReadonlySet<number> = new Set([3, 4, 5, 6, 8, 9])
const HEAD_LENGTH = { [RECORD.flow]: 32, [RECORD.oldFlow]: 28 } as const
const FLAG = { ipv6: 1, packets64: 2, octets64: 4, event: 64, sampled: 128 } as const
/** Those of the flags that decide where things lie. */
const SHAPE_FLAGS = FLAG.ipv6 | FLAG.packets64 | FLAG.octets64

/** The types of extensions that a map may list, by their length in bytes; 1 to 3, the addresses and counters, go unsaid. */
const TYPES_OF_LENGTH: readonly (readonly [length: number, types: readonly number[]])[] = [
  [4, [4, 6, 8, 9, 11, 13, 14, 16, 18, 23, 25, 38]],
  [8, [5, 7, 15, 17, 19, 26, 27, 39, 47, 48]],
  [12, [46]],
  [16, [10, 12, 20, 21, 24]],
  [20, [37]],
  [24, [41, 42, 45]],
  [32, [40]],
  [40, [22]],
  [72, [43]],
]
const LENGTH_OF_TYPE: ReadonlyMap<number, number> = new Map(
  TYPES_OF_LENGTH.flatMap(([length, types]) => types.map((type) => [type, length] as const)),
)
/** No map lists more than there are types. */
const MOST_EXTENSIONS = 64
/** Files have a handful; more is somebody's trap. */
const MOST_SHAPES = 1024
const EXTENSION = {
  interfaces16: 4,
  interfaces32: 5,
  as16: 6,
  as32: 7,
  outPackets32: 14,
  outPackets64: 15,
  outOctets32: 16,
  outOctets64: 17,
  flows32: 18,
  flows64: 19,
  exporterIPv4: 23,
  exporterIPv6: 24,
  received: 27,
} as const

/** Where things lie in the records of one kind, in bytes from the start of the record. */
interface Shape {
  readonly addresses: number
  readonly packets: number
  readonly octets: number
  /** Of extensions by their type; 0: not there. */
  readonly extension: Uint16Array
  /** All that is known to be there. */
  readonly length: number
  readonly hasMap: boolean
  readonly isWhole: boolean
}

export function createRecordReader(exporters: ExporterIndex): RecordReader {
  const counts = createRecordCounts()
  const batch = createFlowBatch()
  const numbers = createExporterNumbers(exporters)
  const maps = new Map<number, readonly number[]>()
  const shapes = new Map<number, Shape>()
  const words = new Uint32Array(4)

  function readBlock(block: DataView, { records }: { records: number | null }, flush: () => void) {
    return walkRecords(block, 0, records, counts, (at, type, size) => {
      if (type === RECORD.flow || type === RECORD.oldFlow) {
        if (batch.length + 2 > batch.exporter.length) flush()
        readFlow(block, at, type, size, batch)
      } else if (type === RECORD.map) readMap(block, at, size)
      else if (type === RECORD.exporter && size >= EXPORTER_RECORD_LENGTH) numbers.read(block, at)
      else if (type === RECORD.sampler && size >= SAMPLER_RECORD_LENGTH) numbers.readSampler(block, at, size)
      else if (!OTHER_RECORDS.has(type)) counts.unknownRecords++
      return at + size
    })
  }

  /** A map may come again with the same number and other extensions: the latest counts. */
  function readMap(block: DataView, at: number, size: number): void {
    if (size < 8) return
    const extensions: number[] = []
    const end = Math.min(at + size, at + 8 + MOST_EXTENSIONS * 2)
    for (let item = at + 8; item + 2 <= end; item += 2) {
      const id = block.getUint16(item, true)
      if (id === 0) break
      extensions.push(id)
    }
    maps.set(block.getUint16(at + 4, true), extensions)
    shapes.clear()
  }

  function shapeOf(type: keyof typeof HEAD_LENGTH, flags: number, mapId: number): Shape {
    const key = (mapId * 8 + (flags & SHAPE_FLAGS)) * 2 + (type === RECORD.flow ? 1 : 0)
    const known = shapes.get(key)
    if (known !== undefined) return known
    const shape = createShape(HEAD_LENGTH[type], flags, maps.get(mapId))
    if (shapes.size === MOST_SHAPES) shapes.clear()
    shapes.set(key, shape)
    return shape
  }

  // Hot: runs once per flow.
  function readFlow(block: DataView, at: number, type: keyof typeof HEAD_LENGTH, size: number, batch: FlowBatch): void {
    if (size < HEAD_LENGTH[type]) {
      counts.short++
      return
    }
    const flags = block.getUint8(at + 4)
    if ((flags & FLAG.event) !== 0) {
      counts.events++
      return
    }
    const shape = shapeOf(type, flags, block.getUint16(at + 6, true))
    if (shape.length > size) {
      counts.short++
      return
    }
    counts.flows++
    if (!shape.hasMap) counts.withoutMap++
    else if (!shape.isWhole) counts.unknownExtensions++
    const i = batch.length
    readHead(block, at, batch, i)
    readAddresses(block, at + shape.addresses, (flags & FLAG.ipv6) !== 0, batch, i)
    batch.packets[i] = counter(block, at + shape.packets, (flags & FLAG.packets64) !== 0)
    batch.octets[i] = counter(block, at + shape.octets, (flags & FLAG.octets64) !== 0)
    const sysId = type === RECORD.flow ? block.getUint16(at + 28, true) : block.getUint8(at + 5)
    batch.exporter[i] = readExporter(block, at, shape, sysId)
    batch.scaled[i] = flags >>> 7
    if (numbers.isSampled && (flags & FLAG.sampled) === 0) numbers.countUnscaled(sysId)
    batch.length = i + readExtensions(block, at, shape, batch, i)
    if (batch.length === i) counts.implausible++
  }

  /** Returns how many rows come of the record: none when a counter is beyond what a double holds, two with a way back. */
  function readExtensions(block: DataView, at: number, { extension }: Shape, batch: FlowBatch, i: number): number {
    batch.reverse[i] = 0
    readPair(
      block,
      at,
      extension[EXTENSION.interfaces16]!,
      extension[EXTENSION.interfaces32]!,
      batch.ingressIfIndex,
      batch.egressIfIndex,
      i,
    )
    readPair(block, at, extension[EXTENSION.as16]!, extension[EXTENSION.as32]!, batch.srcAs, batch.dstAs, i)
    const received = extension[EXTENSION.received]!
    if (received !== 0 && counts.firstReceivedMs === null)
      counts.firstReceivedMs = readUint64(block, at + received) || null
    const flows = readEither(block, at, extension[EXTENSION.flows32]!, extension[EXTENSION.flows64]!)
    const packets = readEither(block, at, extension[EXTENSION.outPackets32]!, extension[EXTENSION.outPackets64]!)
    const octets = readEither(block, at, extension[EXTENSION.outOctets32]!, extension[EXTENSION.outOctets64]!)
    batch.flows[i] = Math.max(1, flows)
    if (Math.max(batch.packets[i]!, batch.octets[i]!, flows, packets, octets) > Number.MAX_SAFE_INTEGER) return 0
    if (packets === 0 && octets === 0) return 1
    writeReverse(batch, i, packets, octets)
    return 2
  }

  function readExporter(block: DataView, at: number, { extension }: Shape, sysId: number): number {
    const ipv4 = extension[EXTENSION.exporterIPv4]!
    if (ipv4 !== 0) return exporters.ofIPv4(block.getUint32(at + ipv4, true))
    const ipv6 = extension[EXTENSION.exporterIPv6]!
    if (ipv6 === 0) return numbers.of(sysId)
    readHalves(block, at + ipv6, words, 0)
    return exporters.of(words, 0)
  }

  return { counts, numbers, batch, readBlock }
}

/** An extension of unknown type has an unknown length: nothing behind it can be found. */
function createShape(headLength: number, flags: number, map: readonly number[] | undefined): Shape {
  const packets = headLength + ((flags & FLAG.ipv6) !== 0 ? 32 : 8)
  const octets = packets + ((flags & FLAG.packets64) !== 0 ? 8 : 4)
  const extension = new Uint16Array(64)
  let length = octets + ((flags & FLAG.octets64) !== 0 ? 8 : 4)
  const known = map ?? []
  const firstUnknown = known.findIndex((type) => !LENGTH_OF_TYPE.has(type))
  for (const type of firstUnknown === -1 ? known : known.slice(0, firstUnknown)) {
    extension[type] = length
    length += LENGTH_OF_TYPE.get(type)!
  }
  return {
    addresses: headLength,
    packets,
    octets,
    extension,
    length,
    hasMap: map !== undefined,
    isWhole: firstUnknown === -1,
  }
}

/** The same in both kinds of flow record, but for their last 4 bytes. */
function readHead(block: DataView, at: number, batch: FlowBatch, i: number): void {
  batch.startMs[i] = block.getUint32(at + 12, true) * 1000 + block.getUint16(at + 8, true)
  batch.endMs[i] = block.getUint32(at + 16, true) * 1000 + block.getUint16(at + 10, true)
  batch.tcpFlags[i] = block.getUint8(at + 21)
  batch.protocol[i] = block.getUint8(at + 22)
  batch.tos[i] = block.getUint8(at + 23)
  batch.srcPort[i] = block.getUint16(at + 24, true)
  batch.dstPort[i] = block.getUint16(at + 26, true)
}

function readAddresses(block: DataView, at: number, isIPv6: boolean, batch: FlowBatch, i: number): void {
  const { srcAddr, dstAddr } = batch
  const to = i * 4
  if (isIPv6) {
    readHalves(block, at, srcAddr, to)
    readHalves(block, at + 16, dstAddr, to)
    return
  }
  srcAddr[to] = 0
  srcAddr[to + 1] = 0
  srcAddr[to + 2] = 0xffff
  srcAddr[to + 3] = block.getUint32(at, true)
  dstAddr[to] = 0
  dstAddr[to + 1] = 0
  dstAddr[to + 2] = 0xffff
  dstAddr[to + 3] = block.getUint32(at + 4, true)
}

function counter(block: DataView, at: number, is64: boolean): number {
  return is64 ? readUint64(block, at) : block.getUint32(at, true)
}

/** A counter that one of two extensions may hold, of 32 or 64 bits; 0 without. */
function readEither(block: DataView, start: number, at32: number, at64: number): number {
  if (at64 !== 0) return readUint64(block, start + at64)
  return at32 === 0 ? 0 : block.getUint32(start + at32, true)
}

/** Two numbers that one of two extensions may hold, of 16 or 32 bits; 0 without. */
function readPair(
  block: DataView,
  start: number,
  at16: number,
  at32: number,
  first: Uint32Array,
  second: Uint32Array,
  i: number,
): void {
  first[i] = at32 !== 0 ? block.getUint32(start + at32, true) : at16 !== 0 ? block.getUint16(start + at16, true) : 0
  second[i] =
    at32 !== 0 ? block.getUint32(start + at32 + 4, true) : at16 !== 0 ? block.getUint16(start + at16 + 2, true) : 0
}
