import { isIPv4 } from '../model/address.ts'
import type { ExportedFlows } from './exported-flows.ts'
import { type Exporter, NEXT_HOPS } from './exporter.ts'

/*
 * Records inside the blocks of nfcapd layout 2 (README, "nfcapd layout 2"), little endian: `type/2 size/2 …`, a flow
 * record of elements `type/2 length/2 value`. All that is written here is a multiple of 4 bytes long, so blocks are words.
 */

const NETFLOW_VERSION = 9
const SYS_ID = 1
const FLOWS_PER_EXPORT_PACKET = 24
export const RECORD = { exporter: 7, exporterStat: 8, flow: 11, ident: 0x8001, stat: 0x8002 } as const
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

/** Hot: writes a flow record at `at` (in words); returns where it ends. Everything in it is a multiple of 4 bytes long. */
export function writeFlow(
  block: Uint32Array,
  at: number,
  flows: ExportedFlows,
  i: number,
  { address }: Exporter,
): number {
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

/** Who sent the flows, under which number. nfdump up to 1.7.7 writes the address in host order behind its family. */
export function exporterRecord({ address }: Exporter): Buffer {
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
export function exporterStatRecord(flows: number): Buffer {
  const record = createRecord(RECORD.exporterStat, 32)
  record.writeUInt32LE(1, 4)
  record.writeUInt32LE(SYS_ID, 8)
  record.writeBigUInt64LE(BigInt(Math.ceil(flows / FLOWS_PER_EXPORT_PACKET)), 16)
  record.writeBigUInt64LE(BigInt(flows), 24)
  return record
}

/** The name by which the collector calls its source. */
export function identRecord({ name }: Exporter): Buffer {
  const record = createRecord(RECORD.ident, 4 + name.length + 1)
  record.write(name, 4, 'latin1')
  return record
}

/** A record of so many bytes, these first 4 included. */
export function createRecord(type: number, size: number): Buffer {
  const record = Buffer.alloc(size)
  record.writeUInt16LE(type, 0)
  record.writeUInt16LE(size, 2)
  return record
}
