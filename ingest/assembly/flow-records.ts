/*
 * AssemblyScript, part of `nfcapd.ts`: reads flow records of nfcapd layout 2 whose shape was met before. What is out of the ordinary is
 * left to `../decode/nfcapd-v2-records.ts`, which tells what shapes are.
 */

/** Where each value lies, in bytes from the start of the record; 0: the record lacks it. The first two are always there. */
@unmanaged
class Shape {
  size: u32
  /** How many elements the record says it holds, and how many pairs of words stand behind this: where in the record, and what is there. */
  elements: u32
  heads: u32
  unknownElements: u32
  generic: u32
  ipv4: u32
  ipv6: u32
  interfaces: u32
  counters: u32
  as: u32
  exporterIPv4: u32
  exporterIPv6: u32
}

/** Where the columns of the batch lie, in the order of `FlowBatch`; behind them the number that the record gives its exporter. */
@unmanaged
class Columns {
  srcAddr: usize
  dstAddr: usize
  srcPort: usize
  dstPort: usize
  protocol: usize
  tos: usize
  tcpFlags: usize
  octets: usize
  packets: usize
  flows: usize
  startMs: usize
  endMs: usize
  srcAs: usize
  dstAs: usize
  ingressIfIndex: usize
  egressIfIndex: usize
  exporter: usize
  scaled: usize
  reverse: usize
  sysId: usize
}

/** An exporter as records name it, and its place in the file's list + 1; 0: nothing is known here. */
@unmanaged
class Exporter {
  high: u64
  low: u64
  index: u32
  kind: u32
}

/** What a call has found. */
@unmanaged
class Found {
  /** When the first of these records was received, unix ms; 0: none says. */
  receivedMs: f64
  rows: u32
  records: u32
  unknownElements: u32
}

const FLOW: u32 = 11
const FLOW_HEADER: usize = 12
const EVENT: u32 = 1
const SAMPLED: u32 = 2
const SHAPE_BYTES: usize = 256
const EXPORTER_BYTES: usize = 24
const MAX_SAFE_INTEGER: u64 = 0x1f_ffff_ffff_ffff
const MAPPED: u64 = 0xffff
const KIND_IPV4: u32 = 0
const KIND_IPV6: u32 = 1
const KIND_NUMBER: u32 = 2

/**
 * Hot: runs once per flow. Reads the records from `from` on into rows from `row` on, until the block ends, `most` rows are reached, or a
 * record is not like one of `shapes`, of an exporter that is not in `exporters`, an event, or has counters beyond 2^53. Returns where it stopped.
 */
export function readFlows(
  from: usize,
  end: usize,
  row: usize,
  most: usize,
  shapes: usize,
  exporters: usize,
  columns: Columns,
  found: Found,
): usize {
  let at = from
  let i = row
  let records: u32 = 0
  let unknownElements: u32 = 0
  let received: u64 = 0
  for (; i < most && at + FLOW_HEADER <= end; records++) {
    const head = load<u32>(at)
    const size: usize = head >>> 16
    const shape = changetype<Shape>(shapes + ((size >>> 2) & 255) * SHAPE_BYTES)
    if ((head & 0xffff) !== FLOW || shape.size !== <u32>size || at + size > end || !isOfShape(at, shape)) break
    const flags: u32 = load<u8>(at, 10)
    const exporter = findExporter(at, shape, exporters)
    const generic = at + shape.generic
    const packets = load<u64>(generic, 24)
    const octets = load<u64>(generic, 32)
    if ((flags & EVENT) !== 0 || exporter === 0 || packets > MAX_SAFE_INTEGER || octets > MAX_SAFE_INTEGER) break
    if (shape.counters !== 0 && !areSafe(at + shape.counters)) break

    if (received === 0) received = load<u64>(generic, 16)
    unknownElements += shape.unknownElements
    store<f64>(columns.startMs + (i << 3), <f64>load<u64>(generic))
    store<f64>(columns.endMs + (i << 3), <f64>load<u64>(generic, 8))
    store<f64>(columns.packets + (i << 3), <f64>packets)
    store<f64>(columns.octets + (i << 3), <f64>octets)
    store<f64>(columns.flows + (i << 3), 1)
    store<u16>(columns.srcPort + (i << 1), load<u16>(generic, 40))
    store<u16>(columns.dstPort + (i << 1), load<u16>(generic, 42))
    store<u16>(columns.protocol + (i << 1), load<u8>(generic, 44))
    store<u8>(columns.tcpFlags + i, load<u8>(generic, 45))
    store<u16>(columns.tos + (i << 1), load<u8>(generic, 47))
    storeAddresses(at, shape, columns.srcAddr + (i << 4), columns.dstAddr + (i << 4))
    storePair(at, shape.interfaces, columns.ingressIfIndex + (i << 2), columns.egressIfIndex + (i << 2))
    storePair(at, shape.as, columns.srcAs + (i << 2), columns.dstAs + (i << 2))
    store<u16>(columns.exporter + (i << 1), exporter - 1)
    store<u8>(columns.scaled + i, (flags & SAMPLED) >>> 1)
    store<u8>(columns.reverse + i, 0)
    store<u32>(columns.sysId + (i << 2), load<u16>(at, 8))
    if (shape.counters !== 0) i += storeCounters(at + shape.counters, columns, i)
    i++
    at += size
  }
  found.receivedMs = <f64>received
  found.rows = <u32>i
  found.records = records
  found.unknownElements = unknownElements
  return at
}

function isOfShape(at: usize, shape: Shape): boolean {
  if (load<u16>(at, 4) !== shape.elements) return false
  const heads = changetype<usize>(shape) + offsetof<Shape>()
  const behind = heads + ((<usize>shape.heads) << 3)
  for (let head = heads; head < behind; head += 8)
    if (load<u32>(at + load<u32>(head)) !== load<u32>(head, 4)) return false
  return true
}

/** Its place in the file's list + 1, 0 when it is not known here. */
function findExporter(at: usize, shape: Shape, exporters: usize): u32 {
  let high: u64 = 0
  let low: u64 = 0
  let kind = KIND_NUMBER
  if (shape.exporterIPv4 !== 0) {
    kind = KIND_IPV4
    low = load<u32>(at + shape.exporterIPv4)
  } else if (shape.exporterIPv6 !== 0) {
    kind = KIND_IPV6
    high = load<u64>(at + shape.exporterIPv6)
    low = load<u64>(at + shape.exporterIPv6, 8)
  } else low = load<u16>(at, 8)
  const known = changetype<Exporter>(exporters + ((<usize>low ^ <usize>(low >>> 32)) & 63) * EXPORTER_BYTES)
  return known.low === low && known.high === high && known.kind === kind ? known.index : 0
}

function storeAddresses(at: usize, shape: Shape, src: usize, dst: usize): void {
  if (shape.ipv4 !== 0) {
    const from = at + shape.ipv4
    store<u64>(src, 0)
    store<u64>(src, ((<u64>load<u32>(from)) << 32) | MAPPED, 8)
    store<u64>(dst, 0)
    store<u64>(dst, ((<u64>load<u32>(from, 4)) << 32) | MAPPED, 8)
  } else {
    // Two numbers of 64 bits, whose more significant half goes first here.
    const from = at + shape.ipv6
    store<u64>(src, rotl<u64>(load<u64>(from), 32))
    store<u64>(src, rotl<u64>(load<u64>(from, 8), 32), 8)
    store<u64>(dst, rotl<u64>(load<u64>(from, 16), 32))
    store<u64>(dst, rotl<u64>(load<u64>(from, 24), 32), 8)
  }
}

function storePair(at: usize, place: u32, first: usize, second: usize): void {
  store<u32>(first, place === 0 ? 0 : load<u32>(at + place))
  store<u32>(second, place === 0 ? 0 : load<u32>(at + place, 4))
}

function areSafe(counters: usize): boolean {
  return (
    load<u64>(counters) <= MAX_SAFE_INTEGER &&
    load<u64>(counters, 8) <= MAX_SAFE_INTEGER &&
    load<u64>(counters, 16) <= MAX_SAFE_INTEGER
  )
}

/** What a record holds that stands for several flows or for both ways; returns how many rows more that makes. */
function storeCounters(counters: usize, columns: Columns, i: usize): usize {
  const flows = load<u64>(counters)
  const packets = load<u64>(counters, 8)
  const octets = load<u64>(counters, 16)
  store<f64>(columns.flows + (i << 3), <f64>max<u64>(1, flows))
  if (packets === 0 && octets === 0) return 0
  storeReverse(columns, i)
  store<f64>(columns.packets + (i << 3), <f64>packets, 8)
  store<f64>(columns.octets + (i << 3), <f64>octets, 8)
  return 1
}

/** The way back in the row behind, all but its counters: ends swapped, no flow counted twice. */
function storeReverse(columns: Columns, i: usize): void {
  const src = columns.srcAddr + (i << 4)
  const dst = columns.dstAddr + (i << 4)
  for (let half: usize = 0; half < 16; half += 8) {
    store<u64>(src + half, load<u64>(dst + half), 16)
    store<u64>(dst + half, load<u64>(src + half), 16)
  }
  swap<u16>(columns.srcPort, columns.dstPort, i)
  swap<u32>(columns.srcAs, columns.dstAs, i)
  swap<u32>(columns.ingressIfIndex, columns.egressIfIndex, i)
  repeatAt<u16>(columns.protocol, i)
  repeatAt<u16>(columns.tos, i)
  repeatAt<u8>(columns.tcpFlags, i)
  repeatAt<f64>(columns.startMs, i)
  repeatAt<f64>(columns.endMs, i)
  repeatAt<u16>(columns.exporter, i)
  repeatAt<u8>(columns.scaled, i)
  repeatAt<u32>(columns.sysId, i)
  store<f64>(columns.flows + (i << 3), 0, 8)
  store<u8>(columns.reverse + i, 1, 1)
}

function swap<T>(first: usize, second: usize, i: usize): void {
  store<T>(first + (i + 1) * sizeof<T>(), load<T>(second + i * sizeof<T>()))
  store<T>(second + (i + 1) * sizeof<T>(), load<T>(first + i * sizeof<T>()))
}

function repeatAt<T>(column: usize, i: usize): void {
  store<T>(column + (i + 1) * sizeof<T>(), load<T>(column + i * sizeof<T>()))
}
