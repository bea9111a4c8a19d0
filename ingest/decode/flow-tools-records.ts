import { BATCH_SIZE, createFlowBatch, type FlowBatch, UNKNOWN } from '../model/flow-batch.ts'
import type { Room } from '../model/heap.ts'
import type { ExporterIndex } from './exporters.ts'
import type { FlowToolsHeader } from './flow-tools-header.ts'
import { momentOfUptime } from './moments.ts'

/** Where the fields of a record lie, in bytes; a field that is absent is not in the record. What has no place here is not read. */
export interface RecordLayout {
  /** Of the whole record; a multiple of 4. */
  readonly size: number
  /** What stands 4 bytes behind the seconds, and how many of it are a millisecond. */
  readonly perMs: number
  readonly sysUpTime?: number
  readonly exporter?: number
  /** Flows that the record stands for; else 1. */
  readonly flows?: number
  readonly packets: number
  readonly octets: number
  readonly first: number
  readonly last: number
  readonly srcAddr?: number
  readonly dstAddr?: number
  readonly ingressIfIndex?: number
  readonly egressIfIndex?: number
  readonly srcPort?: number
  readonly dstPort?: number
  readonly srcAs?: number
  readonly dstAs?: number
  readonly protocol?: number
  readonly tos?: number
  readonly tcpFlags?: number
}

/** What versions 1, 5, 6, 7 and 1005 begin with (README, "Records"). */
const SINGLE = {
  perMs: 1_000_000,
  sysUpTime: 8,
  exporter: 12,
  srcAddr: 16,
  dstAddr: 20,
  ingressIfIndex: 28,
  egressIfIndex: 30,
  packets: 32,
  octets: 36,
  first: 40,
  last: 44,
  srcPort: 48,
  dstPort: 50,
  protocol: 52,
  tos: 53,
  tcpFlags: 54,
} as const
const SINGLE_WITH_AS = { ...SINGLE, srcAs: 60, dstAs: 62 } as const

/** By export version, all but 8. */
const SINGLES: { readonly [exportVersion: number]: RecordLayout } = {
  1: { ...SINGLE, size: 60 },
  5: { ...SINGLE_WITH_AS, size: 64 },
  6: { ...SINGLE_WITH_AS, size: 72 },
  7: { ...SINGLE_WITH_AS, size: 68 },
  1005: { ...SINGLE_WITH_AS, size: 72 },
}

/** What most methods of version 8 begin with. */
const SUMMED = {
  perMs: 1_000_000,
  sysUpTime: 8,
  exporter: 12,
  flows: 16,
  packets: 20,
  octets: 24,
  first: 28,
  last: 32,
} as const
/** Methods 3, 11 and 12 have these two the other way round. */
const SUMMED_SWAPPED = { ...SUMMED, exporter: 8, sysUpTime: 12 } as const
/** The Catalyst's methods 6 to 8 do not tell the number of flows, and put the destination first. */
const CATALYST = {
  perMs: 1_000_000,
  sysUpTime: 8,
  exporter: 12,
  packets: 16,
  octets: 20,
  first: 24,
  last: 28,
  dstAddr: 32,
} as const

/** Version 8, by the method by which the router has added flows up. */
const AGGREGATED: { readonly [method: number]: RecordLayout } = {
  1: { ...SUMMED, size: 48, srcAs: 36, dstAs: 38, ingressIfIndex: 40, egressIfIndex: 42 },
  2: { ...SUMMED, size: 48, protocol: 36, srcPort: 40, dstPort: 42 },
  3: { ...SUMMED_SWAPPED, size: 48, srcAddr: 36, srcAs: 42, ingressIfIndex: 44 },
  4: { ...SUMMED, size: 48, dstAddr: 36, dstAs: 44, egressIfIndex: 46 },
  5: { ...SUMMED, size: 56, srcAddr: 36, dstAddr: 40, srcAs: 48, dstAs: 50, ingressIfIndex: 52, egressIfIndex: 54 },
  6: { ...CATALYST, size: 52, egressIfIndex: 44, tos: 48 },
  7: { ...CATALYST, size: 56, srcAddr: 36, egressIfIndex: 48, ingressIfIndex: 50, tos: 52 },
  8: {
    ...CATALYST,
    size: 64,
    srcAddr: 36,
    dstPort: 48,
    srcPort: 50,
    egressIfIndex: 52,
    ingressIfIndex: 54,
    tos: 56,
    protocol: 60,
  },
  9: { ...SUMMED, size: 48, srcAs: 36, dstAs: 38, ingressIfIndex: 40, egressIfIndex: 42, tos: 46 },
  10: {
    ...SUMMED,
    size: 48,
    srcPort: 36,
    dstPort: 38,
    ingressIfIndex: 40,
    egressIfIndex: 42,
    protocol: 46,
    tos: 47,
  },
  11: { ...SUMMED_SWAPPED, size: 48, srcAddr: 36, tos: 41, srcAs: 42, ingressIfIndex: 44 },
  12: { ...SUMMED_SWAPPED, size: 48, dstAddr: 36, egressIfIndex: 40, dstAs: 42, tos: 45 },
  13: {
    ...SUMMED,
    size: 60,
    srcAddr: 36,
    dstAddr: 40,
    srcAs: 44,
    dstAs: 46,
    ingressIfIndex: 48,
    egressIfIndex: 50,
    tos: 56,
  },
  14: {
    ...SUMMED,
    size: 60,
    srcAddr: 36,
    dstAddr: 40,
    srcPort: 44,
    dstPort: 46,
    ingressIfIndex: 48,
    egressIfIndex: 50,
    tos: 56,
    protocol: 57,
  },
}

/** Records of stream version 1: the time they begin with is that of the router's start, and nobody says which router. */
const STREAM_1 = {
  size: 60,
  perMs: 1,
  srcAddr: 8,
  dstAddr: 12,
  ingressIfIndex: 20,
  egressIfIndex: 22,
  packets: 24,
  octets: 28,
  first: 32,
  last: 36,
  srcPort: 40,
  dstPort: 42,
  protocol: 46,
  tos: 47,
  tcpFlags: 48,
} as const

/** What flowscan can read, for people. */
export const READABLE = '1, 5, 6, 7, 8.1 to 8.14, 1005'

/** The layout of the records behind a header; `undefined`: nobody knows it. */
export function layoutOf(header: FlowToolsHeader): RecordLayout | undefined {
  const { streamVersion, exportVersion, aggregationMethod } = header
  if (streamVersion === 1) return exportVersion === 5 ? { ...STREAM_1, srcAs: 52, dstAs: 54 } : STREAM_1
  return exportVersion === 8 ? AGGREGATED[aggregationMethod ?? 0] : SINGLES[exportVersion]
}

/** A batch, where it is counted without a copy, in which all that these records cannot say is already said: their reader need not write it. */
export function createRecordBatch({ srcAddr, dstAddr, flows, protocol, tos }: RecordLayout, room: Room): FlowBatch {
  const batch = createFlowBatch(BATCH_SIZE, room.allocate)
  const { length: _, ...columns } = batch
  for (const column of Object.values(columns)) column.fill(0)
  if (srcAddr !== undefined) mapIPv4(batch.srcAddr)
  if (dstAddr !== undefined) mapIPv4(batch.dstAddr)
  if (flows === undefined) batch.flows.fill(1)
  if (protocol === undefined) batch.protocol.fill(UNKNOWN)
  if (tos === undefined) batch.tos.fill(UNKNOWN)
  return batch
}

/** Makes every address ::ffff:0.0.0.0: only the last word is left to write. */
function mapIPv4(addresses: Uint32Array): void {
  for (let at = 2; at < addresses.length; at += 4) addresses[at] = 0xffff
}

/** Reads whole records into the batch (see `createRecordBatch`); `flush` is called when it is full and must empty it. */
export type ReadRecords = (run: Uint8Array, batch: FlowBatch, flush: () => void) => void

const HOST_IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
const ABSENT = -1

export function recordReader(layout: RecordLayout, littleEndian: boolean, exporters: ExporterIndex): ReadRecords {
  const swaps = littleEndian !== HOST_IS_LITTLE
  // Where a field lies in a run of words of this machine, counted in fields of its own width.
  const word = (offset: number = ABSENT) => (offset === ABSENT ? ABSENT : offset / 4)
  const half = (offset: number = ABSENT) => (offset === ABSENT ? ABSENT : (swaps ? offset ^ 2 : offset) / 2)
  const byte = (offset: number = ABSENT) => (offset === ABSENT || !swaps ? offset : offset ^ 3)

  const { size, perMs } = layout
  const sysUpTimeAt = word(layout.sysUpTime)
  const exporterAt = word(layout.exporter)
  const flowsAt = word(layout.flows)
  const packetsAt = word(layout.packets)
  const octetsAt = word(layout.octets)
  const firstAt = word(layout.first)
  const lastAt = word(layout.last)
  const srcAddrAt = word(layout.srcAddr)
  const dstAddrAt = word(layout.dstAddr)
  const ingressAt = half(layout.ingressIfIndex)
  const egressAt = half(layout.egressIfIndex)
  const srcPortAt = half(layout.srcPort)
  const dstPortAt = half(layout.dstPort)
  const srcAsAt = half(layout.srcAs)
  const dstAsAt = half(layout.dstAs)
  const protocolAt = byte(layout.protocol)
  const tosAt = byte(layout.tos)
  const tcpFlagsAt = byte(layout.tcpFlags)
  const unknownExporter = exporterAt === ABSENT ? exporters.ofIPv4(0) : 0

  // Hot: runs once per flow.
  function read(
    words: Uint32Array,
    halves: Uint16Array,
    bytes: Uint8Array,
    from: number,
    batch: FlowBatch,
    count: number,
  ): void {
    const { srcAddr, dstAddr, srcPort, dstPort, protocol, tos, tcpFlags, octets, packets, flows } = batch
    const { startMs, endMs, srcAs, dstAs, ingressIfIndex, egressIfIndex, exporter } = batch
    const first = batch.length
    for (let i = first, at = from; i < first + count; i++, at += size) {
      const w = at / 4
      const h = at / 2
      const ms = words[w]! * 1000 + Math.floor(words[w + 1]! / perMs)
      if (sysUpTimeAt === ABSENT) {
        startMs[i] = ms + words[w + firstAt]!
        endMs[i] = ms + words[w + lastAt]!
      } else {
        const sysUpTime = words[w + sysUpTimeAt]!
        startMs[i] = momentOfUptime(ms, sysUpTime, words[w + firstAt]!)
        endMs[i] = momentOfUptime(ms, sysUpTime, words[w + lastAt]!)
      }
      exporter[i] = exporterAt === ABSENT ? unknownExporter : exporters.ofIPv4(words[w + exporterAt]!)
      packets[i] = words[w + packetsAt]!
      octets[i] = words[w + octetsAt]!
      if (flowsAt !== ABSENT) flows[i] = words[w + flowsAt]!
      if (srcAddrAt !== ABSENT) srcAddr[i * 4 + 3] = words[w + srcAddrAt]!
      if (dstAddrAt !== ABSENT) dstAddr[i * 4 + 3] = words[w + dstAddrAt]!
      if (ingressAt !== ABSENT) ingressIfIndex[i] = halves[h + ingressAt]!
      if (egressAt !== ABSENT) egressIfIndex[i] = halves[h + egressAt]!
      if (srcPortAt !== ABSENT) srcPort[i] = halves[h + srcPortAt]!
      if (dstPortAt !== ABSENT) dstPort[i] = halves[h + dstPortAt]!
      if (srcAsAt !== ABSENT) srcAs[i] = halves[h + srcAsAt]!
      if (dstAsAt !== ABSENT) dstAs[i] = halves[h + dstAsAt]!
      if (protocolAt !== ABSENT) protocol[i] = bytes[at + protocolAt]!
      if (tosAt !== ABSENT) tos[i] = bytes[at + tosAt]!
      if (tcpFlagsAt !== ABSENT) tcpFlags[i] = bytes[at + tcpFlagsAt]!
    }
    batch.length = first + count
  }

  return (run, batch, flush) => {
    const bytes = inHostOrder(run, swaps)
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)
    for (let at = 0; at < bytes.length; ) {
      const count = Math.min(batch.exporter.length - batch.length, (bytes.length - at) / size)
      read(words, halves, bytes, at, batch, count)
      at += count * size
      if (batch.length === batch.exporter.length) flush()
    }
  }
}

/** The same bytes as words of this machine, swapped in place where the file's order is the other. Within a word, the halves and bytes then lie the other way round. */
function inHostOrder(run: Uint8Array, swaps: boolean): Uint8Array {
  if (swaps) Buffer.from(run.buffer, run.byteOffset, run.byteLength).swap32()
  return run.byteOffset % 4 === 0 ? run : run.slice()
}
