import { createRequire } from 'node:module'
import { isIPv4 } from '../model/address.ts'
import { isoTime } from '../model/time.ts'
import type { ExportedFlows } from './exported-flows.ts'
import { type Exporter, NEXT_HOPS } from './exporter.ts'
import { createOutput, type FlowFileOptions, type FlowFileWriter } from './flow-file.ts'
import { ICMP, ICMPV6, TCP, UDP } from './service.ts'

const HEADER_BYTES = 40
const BLOCK_HEADER_BYTES = 12
/** What nfcapd 1.7.1 fills before it writes a block. */
const BLOCK_WORDS = 1_048_576 / 4
/** More than the longest record has. */
const ROOM_WORDS = 64
const BLOCK_OF_RECORDS = 3
const WRITTEN_BY = 0x0107_0100
const NETFLOW_VERSION = 9
const SYS_ID = 1
const FLOWS_PER_EXPORT_PACKET = 24
const COMPRESSION = { none: 0, lz4: 3 } as const
const RECORD = { exporter: 7, exporterStat: 8, flow: 11, ident: 0x8001, stat: 0x8002 } as const
const FAMILY = { ipv4: 2, ipv6: 10 } as const

/** First word of an element: its type, and its length in bytes, these 4 included. */
const ELEMENT = {
  generic: 1 | (52 << 16),
  ipv4: 2 | (12 << 16),
  ipv6: 3 | (36 << 16),
  misc: 4 | (20 << 16),
  as: 7 | (12 << 16),
  nextHopIPv4: 10 | (8 << 16),
  nextHopIPv6: 11 | (20 << 16),
  exporterIPv4: 12 | (8 << 16),
  exporterIPv6: 13 | (20 << 16),
} as const
const ELEMENTS = 6
const HIGH = 0x1_0000_0000

/** `nfcapd.202611231635+0000`: what nfcapd, on a host in UTC and told to name the offset, calls the file begun then (unix seconds). */
export function nfcapdName(start: number): string {
  return `nfcapd.${isoTime(start).slice(0, 16).replace(/\D/g, '')}+0000`
}

/**
 * Writes nfcapd files of layout 2, as nfdump 1.7.1 does, of flows that came by NetFlow 9; plain or with LZ4 blocks.
 * Source: the layout in the README, "nfcapd layout 2".
 */
export function createNfcapdWriter(options: FlowFileOptions): FlowFileWriter {
  const { path, exporter, compression, captureEnd } = options
  const output = createOutput(path)
  const block = new Uint32Array(BLOCK_WORDS)
  const stat = createStat()
  let used = 0
  let records = 0
  let blocks = 0
  output.append(fileHeader(options, { blocks: 0, appendixOffset: 0 }))

  function flush(): void {
    output.append(packBlock(new Uint8Array(block.buffer, 0, used * 4), records, compression))
    blocks++
    used = 0
    records = 0
  }

  function append(record: Uint8Array): void {
    if (used + ROOM_WORDS > BLOCK_WORDS) flush()
    new Uint8Array(block.buffer).set(record, used * 4)
    used += record.length / 4
    records++
  }

  // Hot: runs once per flow.
  function write(flows: ExportedFlows, order?: Uint32Array): void {
    const { length } = flows
    if (stat.flows() === 0 && length > 0) append(exporterRecord(exporter))
    for (let row = 0; row < length; row++) {
      const i = order === undefined ? row : order[row]!
      if (used + ROOM_WORDS > BLOCK_WORDS) flush()
      used = writeFlow(block, used, flows, i, exporter)
      records++
      stat.add(flows, i)
    }
  }

  return {
    write,
    close() {
      if (stat.flows() > 0) append(exporterStatRecord(stat.flows()))
      if (used > 0) flush()
      const appendixOffset = output.offset
      output.append(packBlock(Buffer.concat([identRecord(exporter), stat.record()]), 2, compression))
      output.overwriteStart(fileHeader(options, { blocks, appendixOffset }))
      return output.close(captureEnd)
    },
    discard: () => output.discard(),
  }
}

/** Writes a flow record at `at` (in words); returns where it ends. Everything in it is a multiple of 4 bytes long. */
function writeFlow(block: Uint32Array, at: number, flows: ExportedFlows, i: number, { address }: Exporter): number {
  const { srcAddr, dstAddr } = flows
  const isV4 = isIPv4(srcAddr, i * 4)
  let to = at + 3
  block[to++] = ELEMENT.generic
  to = writeNumber(block, to, flows.startMs[i]!)
  to = writeNumber(block, to, flows.endMs[i]!)
  to = writeNumber(block, to, flows.exportMs[i]!)
  to = writeNumber(block, to, flows.packets[i]!)
  to = writeNumber(block, to, flows.octets[i]!)
  block[to++] = flows.srcPort[i]! | (flows.dstPort[i]! << 16)
  block[to++] = flows.protocol[i]! | (flows.tcpFlags[i]! << 8) | (flows.tos[i]! << 24)
  block[to++] = isV4 ? ELEMENT.ipv4 : ELEMENT.ipv6
  to = writeAddress(block, to, srcAddr, i * 4, isV4)
  to = writeAddress(block, to, dstAddr, i * 4, isV4)
  block[to++] = ELEMENT.misc
  block[to++] = flows.ingressIfIndex[i]!
  block[to++] = flows.egressIfIndex[i]!
  block[to++] = 0
  block[to++] = 0
  block[to++] = ELEMENT.as
  block[to++] = flows.srcAs[i]!
  block[to++] = flows.dstAs[i]!
  const nextHops = flows.dstAs[i] === 0 ? NEXT_HOPS.inside : NEXT_HOPS.outside
  block[to++] = isV4 ? ELEMENT.nextHopIPv4 : ELEMENT.nextHopIPv6
  to = writeAddress(block, to, isV4 ? nextHops.ipv4 : nextHops.ipv6, 0, isV4)
  const isV4Exporter = isIPv4(address)
  block[to++] = isV4Exporter ? ELEMENT.exporterIPv4 : ELEMENT.exporterIPv6
  to = writeAddress(block, to, address, 0, isV4Exporter)
  block[at] = RECORD.flow | (((to - at) * 4) << 16)
  block[at + 1] = ELEMENTS
  block[at + 2] = SYS_ID | (NETFLOW_VERSION << 24)
  return to
}

/** A whole number of 64 bits, low word first. */
function writeNumber(block: Uint32Array, at: number, value: number): number {
  block[at] = value
  block[at + 1] = Math.floor(value / HIGH)
  return at + 2
}

/** IPv6: two numbers of 64 bits, the more significant first, each low word first. */
function writeAddress(block: Uint32Array, at: number, words: ArrayLike<number>, from: number, isV4: boolean): number {
  if (isV4) {
    block[at] = words[from + 3]!
    return at + 1
  }
  block[at] = words[from + 1]!
  block[at + 1] = words[from]!
  block[at + 2] = words[from + 3]!
  block[at + 3] = words[from + 2]!
  return at + 4
}

function exporterRecord({ address }: Exporter): Buffer {
  const record = createRecord(RECORD.exporter, 32)
  const isV4 = isIPv4(address)
  record.writeUInt32LE(NETFLOW_VERSION, 4)
  const words = new Uint32Array(4)
  writeAddress(words, isV4 ? 3 : 0, address, 0, isV4)
  words.forEach((word, index) => {
    record.writeUInt32LE(word, 8 + index * 4)
  })
  record.writeUInt16LE(isV4 ? FAMILY.ipv4 : FAMILY.ipv6, 24)
  record.writeUInt16LE(SYS_ID, 26)
  return record
}

/** How much came from the exporter; no packet was missed. */
function exporterStatRecord(flows: number): Buffer {
  const record = createRecord(RECORD.exporterStat, 32)
  record.writeUInt32LE(1, 4)
  record.writeUInt32LE(SYS_ID, 8)
  record.writeBigUInt64LE(BigInt(Math.ceil(flows / FLOWS_PER_EXPORT_PACKET)), 16)
  record.writeBigUInt64LE(BigInt(flows), 24)
  return record
}

function identRecord({ name }: Exporter): Buffer {
  const record = createRecord(RECORD.ident, 4 + name.length + 1)
  record.write(name, 4, 'latin1')
  return record
}

function createRecord(type: number, size: number): Buffer {
  const record = Buffer.alloc(size)
  record.writeUInt16LE(type, 0)
  record.writeUInt16LE(size, 2)
  return record
}

/** In the order of the STAT record: what `class` counts is flows, octets and packets of TCP, UDP, ICMP and the rest. */
function createStat() {
  const total = { flows: 0, octets: 0, packets: 0 }
  const classes = { flows: [0, 0, 0, 0], octets: [0, 0, 0, 0], packets: [0, 0, 0, 0] }
  let firstMs = Number.POSITIVE_INFINITY
  let lastMs = 0
  return {
    flows: () => total.flows,
    add({ octets, packets, protocol, startMs, endMs }: ExportedFlows, i: number): void {
      const index = classOf(protocol[i]!)
      total.flows++
      total.octets += octets[i]!
      total.packets += packets[i]!
      classes.flows[index]!++
      classes.octets[index]! += octets[i]!
      classes.packets[index]! += packets[i]!
      if (startMs[i]! < firstMs) firstMs = startMs[i]!
      if (endMs[i]! > lastMs) lastMs = endMs[i]!
    },
    record(): Buffer {
      const first = total.flows === 0 ? 0 : firstMs
      const { flows, octets, packets } = classes
      const numbers = [total.flows, total.octets, total.packets, ...flows, ...octets, ...packets, first, lastMs, 0]
      const record = createRecord(RECORD.stat, 4 + numbers.length * 8)
      numbers.forEach((number, index) => {
        record.writeBigUInt64LE(BigInt(number), 4 + index * 8)
      })
      return record
    },
  }
}

function classOf(protocol: number): number {
  if (protocol === TCP) return 0
  if (protocol === UDP) return 1
  return protocol === ICMP || protocol === ICMPV6 ? 2 : 3
}

function packBlock(payload: Uint8Array, records: number, compression: FlowFileOptions['compression']): Buffer {
  const body = compression === 'lz4' ? compressLz4(payload) : payload
  const header = Buffer.alloc(BLOCK_HEADER_BYTES)
  header.writeUInt32LE(records, 0)
  header.writeUInt32LE(body.length, 4)
  header.writeUInt16LE(BLOCK_OF_RECORDS, 8)
  return Buffer.concat([header, body])
}

const { compressSync } = createRequire(import.meta.url)('lz4-napi') as typeof import('lz4-napi')

/** A raw LZ4 block: lz4-napi puts the unpacked size before it, which nfcapd does not. */
function compressLz4(payload: Uint8Array): Buffer {
  return compressSync(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)).subarray(4)
}

function fileHeader(
  { compression, captureStart }: FlowFileOptions,
  { blocks, appendixOffset }: { blocks: number; appendixOffset: number },
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt16LE(0xa50c, 0)
  header.writeUInt16LE(2, 2)
  header.writeUInt32LE(WRITTEN_BY, 4)
  header.writeBigUInt64LE(BigInt(captureStart), 8)
  header.writeUInt8(compression === 'lz4' ? COMPRESSION.lz4 : COMPRESSION.none, 16)
  header.writeUInt16LE(appendixOffset === 0 ? 0 : 1, 18)
  header.writeBigUInt64LE(BigInt(appendixOffset), 24)
  header.writeUInt32LE(blocks, 36)
  return header
}
