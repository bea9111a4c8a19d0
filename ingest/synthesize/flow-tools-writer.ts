import { constants, deflateRawSync } from 'node:zlib'
import { isoTime } from '../model/time.ts'
import { adler32 } from './adler32.ts'
import type { ExportedFlows } from './exported-flows.ts'
import { NEXT_HOPS } from './exporter.ts'
import { createOutput, type FlowFileOptions, type FlowFileWriter, type Output } from './flow-file.ts'

const EXPORT_VERSION = 5
const RECORD_WORDS = 16
const BUFFER_RECORDS = 16_384
const FLAG = { done: 1, compressed: 2 } as const
const LEVEL = 4
/** When router `border-1` was switched on. Its counter of milliseconds has 32 bits and wraps every 49.7 days. */
const BOOT_MS = Date.UTC(2024, 1, 29, 3, 11, 7)

/** `ft-v05.2026-11-23.163500+0000`: what flow-capture, on a host in UTC, calls the file begun then (unix seconds). */
export function flowToolsName(start: number): string {
  const [day, time] = isoTime(start).slice(0, 19).split('T') as [string, string]
  return `ft-v05.${day}.${time.replaceAll(':', '')}+0000`
}

/**
 * Writes flow-tools files, stream version 3, little endian, of export version 5; plain or as one zlib stream. Rows
 * with IPv6 addresses have no place in them. Source: the layout in the README, "flow-tools".
 */
export function createFlowToolsWriter(options: FlowFileOptions): FlowFileWriter {
  const { path, exporter, compression, captureEnd } = options
  const output = createOutput(path)
  output.append(header(options, 0, false))
  const data = compression === 'zlib' ? createZlibStream(output) : { append: output.append, end: () => {} }
  const buffer = new Uint32Array(BUFFER_RECORDS * RECORD_WORDS)
  const routerAddress = exporter.address[3]
  let used = 0
  let count = 0

  function flush(): void {
    data.append(new Uint8Array(buffer.buffer, 0, used * 4))
    used = 0
  }

  // Hot: runs once per flow.
  function write(flows: ExportedFlows, order?: Uint32Array): void {
    const { length, exportMs, startMs, endMs, srcAddr, dstAddr, srcPort, dstPort, octets, packets } = flows
    for (let row = 0; row < length; row++) {
      const i = order === undefined ? row : order[row]!
      if (used === buffer.length) flush()
      const at = used
      const seconds = Math.floor(exportMs[i]! / 1000)
      buffer[at] = seconds
      buffer[at + 1] = (exportMs[i]! - seconds * 1000) * 1_000_000
      buffer[at + 2] = upTime(exportMs[i]!)
      buffer[at + 3] = routerAddress
      buffer[at + 4] = srcAddr[i * 4 + 3]!
      buffer[at + 5] = dstAddr[i * 4 + 3]!
      buffer[at + 6] = flows.dstAs[i] === 0 ? NEXT_HOPS.inside.ipv4[3] : NEXT_HOPS.outside.ipv4[3]
      buffer[at + 7] = flows.ingressIfIndex[i]! | (flows.egressIfIndex[i]! << 16)
      buffer[at + 8] = packets[i]!
      buffer[at + 9] = octets[i]!
      buffer[at + 10] = upTime(startMs[i]!)
      buffer[at + 11] = upTime(endMs[i]!)
      buffer[at + 12] = srcPort[i]! | (dstPort[i]! << 16)
      buffer[at + 13] = flows.protocol[i]! | (flows.tos[i]! << 8) | (flows.tcpFlags[i]! << 16)
      buffer[at + 14] = 0
      buffer[at + 15] = flows.srcAs[i]! | (flows.dstAs[i]! << 16)
      used = at + RECORD_WORDS
    }
    count += length
  }

  return {
    write,
    close() {
      flush()
      data.end()
      output.overwriteStart(header(options, count, true))
      return output.close(captureEnd)
    },
    discard: () => output.discard(),
  }
}

/** What the router's 32-bit counter of milliseconds showed at a moment. */
function upTime(ms: number): number {
  const since = ms - BOOT_MS
  return since - Math.floor(since / 0x1_0000_0000) * 0x1_0000_0000
}

/** Always the same length, so that the one of the open file can be written over when it is closed. */
function header({ exporter, compression, captureStart, captureEnd }: FlowFileOptions, flows: number, isDone: boolean) {
  const flags = (isDone ? FLAG.done : 0) | (compression === 'zlib' ? FLAG.compressed : 0)
  const items: [type: number, value: Buffer][] = [
    [2, number16(EXPORT_VERSION)],
    [6, number32(captureStart)],
    [7, number32(isDone ? captureEnd : 0)],
    [8, number32(flags)],
    [10, number32(flows)],
    [11, number32(0)],
    [12, number32(0)],
    [13, number32(0)],
    [14, number32(0)],
    [15, Buffer.from(`collector-of-${exporter.name}\0`)],
    [16, Buffer.from('flowscan synthesizer\0')],
  ]
  const list = Buffer.concat(
    items.map(([type, value]) => Buffer.concat([number16(type), number16(value.length), value])),
  )
  const length = 8 + Math.ceil(list.length / 4) * 4
  return Buffer.concat([Buffer.from([0xcf, 0x10, 1, 3]), number32(length), list], length)
}

function number16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** One zlib stream (RFC 1950) out of runs that are deflated one by one: each ends on a byte without ending the stream. */
function createZlibStream(output: Output) {
  let checksum = 1
  output.append(ZLIB_HEADER)
  return {
    append(bytes: Uint8Array): void {
      checksum = adler32(bytes, checksum)
      output.append(deflateRawSync(bytes, { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH }))
    },
    end(): void {
      const trailer = Buffer.from([...LAST_BLOCK, 0, 0, 0, 0])
      trailer.writeUInt32BE(checksum, LAST_BLOCK.length)
      output.append(trailer)
    },
  }
}

/** Deflate with a window of 32 KiB; and a last block that holds nothing. */
const ZLIB_HEADER = Buffer.from([0x78, 0x9c])
const LAST_BLOCK = [0x03, 0x00] as const
