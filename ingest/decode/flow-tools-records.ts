import type { FlowBatch } from '../model/flow-batch.ts'
import type { ExporterIndex } from './exporters.ts'

/**
 * Records of the versions that share one prefix, in 32-bit words (README, "Records"):
 *
 *      0 unix_secs   1 unix_nsecs  2 sysUpTime   3 exaddr     4 srcaddr    5 dstaddr    6 nexthop
 *      7 input/2 output/2          8 dPkts       9 dOctets   10 First     11 Last
 *     12 srcport/2 dstport/2      13 prot/1 tos/1 tcp_flags/1 pad/1
 *     14 engine_type/1 engine_id/1 src_mask/1 dst_mask/1     15 src_as/2 dst_as/2   (not in version 1)
 */
export interface RecordLayout {
  /** Size in bytes; a multiple of 4. */
  readonly size: number
  readonly hasAs: boolean
}

/** By export version. */
export const LAYOUTS: { readonly [exportVersion: number]: RecordLayout } = {
  1: { size: 60, hasAs: false },
  5: { size: 64, hasAs: true },
  6: { size: 72, hasAs: true },
  7: { size: 68, hasAs: true },
  1005: { size: 72, hasAs: true },
}

const WRAP_MS = 0x1_0000_0000
/**
 * A time ahead of sysUpTime by all but a week or so was before the counter of milliseconds wrapped (49.7 days): no
 * exporter keeps a flow longer (softflowd: 7 days). Anything else ahead is nonsense, and stays as it is.
 */
const AHEAD = WRAP_MS - 8 * 86_400_000

/** Hot: reads whole records from `words[at]` into the batch until either is full; returns how many. */
export type ReadRecords = (words: Uint32Array, at: number, batch: FlowBatch) => number

/**
 * Words of a big-endian file must have been swapped before. Within a word the parts then lie the other way round:
 * that is all the difference between the byte orders.
 */
export function recordReader(
  { size, hasAs }: RecordLayout,
  littleEndian: boolean,
  exporters: ExporterIndex,
): ReadRecords {
  const step = size / 4
  const first16 = littleEndian ? 0 : 16
  const second16 = 16 - first16
  const byte0 = littleEndian ? 0 : 24
  const byte1 = littleEndian ? 8 : 16
  const byte2 = littleEndian ? 16 : 8

  // Hot: runs once per flow.
  return (words, from, batch) => {
    const {
      srcAddr,
      dstAddr,
      srcPort,
      dstPort,
      protocol,
      tos,
      tcpFlags,
      octets,
      packets,
      flows,
      startMs,
      endMs,
      srcAs,
      dstAs,
    } = batch
    const { ingressIfIndex, egressIfIndex, exporter, scaled, reverse } = batch
    const first = batch.length
    const count = Math.min(exporter.length - first, (words.length - from) / step)
    for (let i = first, at = from; i < first + count; i++, at += step) {
      const sysUpTime = words[at + 2]!
      const bootMs = words[at]! * 1000 + Math.floor(words[at + 1]! / 1_000_000) - sysUpTime
      const start = words[at + 10]!
      const end = words[at + 11]!
      // Only where the clock was set: before 1970 nothing can have wrapped.
      const wrapMs = bootMs < WRAP_MS ? 0 : WRAP_MS
      startMs[i] = bootMs + (start - sysUpTime > AHEAD ? start - wrapMs : start)
      endMs[i] = bootMs + (end - sysUpTime > AHEAD ? end - wrapMs : end)
      exporter[i] = exporters.ofIPv4(words[at + 3]!)
      // Words 0 to 2 of an IPv4 address never change in this batch: see `createIPv4Batch`.
      srcAddr[i * 4 + 3] = words[at + 4]!
      dstAddr[i * 4 + 3] = words[at + 5]!
      const interfaces = words[at + 7]!
      ingressIfIndex[i] = (interfaces >>> first16) & 0xffff
      egressIfIndex[i] = (interfaces >>> second16) & 0xffff
      packets[i] = words[at + 8]!
      octets[i] = words[at + 9]!
      flows[i] = 1
      const ports = words[at + 12]!
      srcPort[i] = ports >>> first16
      dstPort[i] = ports >>> second16
      const kind = words[at + 13]!
      protocol[i] = kind >>> byte0
      tos[i] = kind >>> byte1
      tcpFlags[i] = kind >>> byte2
      const systems = hasAs ? words[at + 15]! : 0
      srcAs[i] = (systems >>> first16) & 0xffff
      dstAs[i] = (systems >>> second16) & 0xffff
      scaled[i] = 0
      reverse[i] = 0
    }
    batch.length = first + count
    return count
  }
}
