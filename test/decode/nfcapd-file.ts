import { createRequire } from 'node:module'
import { decodeFlowFile } from '../../ingest/decode/index.ts'
import { formatAddress } from '../../ingest/model/address.ts'
import type { FlowFileSummary } from '../../ingest/model/flow-batch.ts'

/*
 * Writes small nfcapd files of the three layouts, byte by byte from their tables, so that a test shows what is in them.
 */

type Field = readonly [bytes: 1 | 2 | 4 | 8, value: number | bigint]

/** Numbers one behind the other, little endian. */
export function pack(...fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const buffer = Buffer.alloc(8)
      buffer.writeBigUInt64LE(BigInt(value))
      return buffer.subarray(0, bytes)
    }),
  )
}

export const START_MS = 1_714_560_000_123
export const END_MS = START_MS + 5000

/** The value that most of a record is made of: 7 packets, 700 octets of TCP from port 1024 to 443. */
export function genericValue({ packets = 7n, octets = 700n }: { packets?: bigint; octets?: bigint } = {}): Buffer {
  return pack(
    [8, START_MS],
    [8, END_MS],
    [8, END_MS + 1000],
    [8, packets],
    [8, octets],
    [2, 1024],
    [2, 443],
    [1, 6],
    [1, 0x1b],
    [1, 0],
    [1, 0xb8],
  )
}

/** 192.0.2.1 to 198.51.100.2. */
export const IPV4_VALUE = pack([4, 0xc000_0201], [4, 0xc633_6402])
/** 2001:db8::1 to 2001:db8::2, each as two numbers, the most significant first. */
export const IPV6_VALUE = pack([8, 0x2001_0db8_0000_0000n], [8, 1], [8, 0x2001_0db8_0000_0000n], [8, 2])

export function element(type: number, value: Buffer, length = value.length + 4): Buffer {
  return Buffer.concat([pack([2, type], [2, length]), value])
}

export const GENERIC = element(1, genericValue())
export const IPV4 = element(2, IPV4_VALUE)
export const IPV6 = element(3, IPV6_VALUE)

/** A flow record of layout 2. */
export function flow2(elements: readonly Buffer[] = [GENERIC, IPV4], { flags = 0, sysId = 1 } = {}): Buffer {
  const body = Buffer.concat(elements)
  const head = pack([2, 11], [2, 12 + body.length], [2, elements.length], [2, 0], [2, sysId], [1, flags], [1, 9])
  return Buffer.concat([head, body])
}

export function block(
  payload: Buffer,
  {
    records = 1,
    type = 3,
    flags = 0,
    size = payload.length,
  }: { records?: number; type?: number; flags?: number; size?: number } = {},
): Buffer {
  return Buffer.concat([pack([4, records], [4, size], [2, type], [2, flags]), payload])
}

/** A file of layout 2, as its collector closed it. */
export function file2(blocks: readonly Buffer[], { compression = 0, tail = Buffer.alloc(0) } = {}): Buffer {
  const head = pack([2, 0xa50c], [2, 2], [4, 0x0107_0800], [8, 1_714_560_000], [1, compression], [1, 0], [2, 0])
  return Buffer.concat([head, pack([4, 1], [8, 0], [4, 0], [4, blocks.length]), ...blocks, tail])
}

export function file1(blocks: readonly Buffer[], { flags = 0, sequenceFailures = 0 } = {}): Buffer {
  const head = Buffer.concat([pack([2, 0xa50c], [2, 1], [4, flags], [4, blocks.length]), Buffer.alloc(128)])
  return Buffer.concat([head, Buffer.alloc(132), pack([4, sequenceFailures]), ...blocks])
}

export function map1(id: number, extensions: readonly number[]): Buffer {
  const list = extensions.length % 2 === 0 ? [...extensions, 0, 0] : [...extensions, 0]
  return pack([2, 2], [2, 8 + list.length * 2], [2, id], [2, 0], ...list.map((extension): Field => [2, extension]))
}

/** A flow record of layout 1: 7 packets, 700 octets of TCP from 192.0.2.1 port 1024 to 198.51.100.2 port 443, then the extensions. */
export function flow1({
  mapId = 0,
  flags = 0,
  sysId = 1,
  extensions = Buffer.alloc(0),
}: {
  mapId?: number
  flags?: number
  sysId?: number
  extensions?: Buffer
} = {}): Buffer {
  const seconds = Math.floor(START_MS / 1000)
  const head = pack(
    [1, flags],
    [1, 9],
    [2, mapId],
    [2, 123],
    [2, 123],
    [4, seconds],
    [4, seconds + 5],
    [1, 0],
    [1, 0x1b],
    [1, 6],
    [1, 0xb8],
  )
  const rest = pack([2, 1024], [2, 443], [2, sysId], [2, 0], [4, 0xc000_0201], [4, 0xc633_6402], [4, 7], [4, 700])
  const body = Buffer.concat([head, rest, extensions])
  return Buffer.concat([pack([2, 10], [2, 4 + body.length]), body])
}

/** A flow record of layout 3 with the values of these bits, each behind the other. */
export function flow3(
  values: readonly (readonly [bit: number, value: Buffer])[],
  { flags = 0, sysId = 1 } = {},
): Buffer {
  let at = 24 + Math.ceil(values.length / 4) * 8
  const offsets = values.map(([, value]): Field => {
    const field: Field = [2, at]
    at += value.length
    return field
  })
  const bitmap = values.reduce((bits, [bit]) => bits | (1n << BigInt(bit)), 0n)
  const head = pack(
    [2, 16],
    [2, at],
    [2, values.length],
    [2, flags],
    [4, sysId],
    [1, 0],
    [1, 0],
    [1, 9],
    [1, 0],
    [8, bitmap],
  )
  const padding = Buffer.alloc(Math.ceil(values.length / 4) * 8 - values.length * 2)
  return Buffer.concat([head, pack(...offsets), padding, ...values.map(([, value]) => value)])
}

/** The payload of a block of flows of layout 3. */
export function flows3(records: readonly Buffer[], count = records.length): Buffer {
  return Buffer.concat([pack([4, count], [4, 0], [8, 0], [8, START_MS], [8, END_MS]), ...records])
}

export function block3(
  payload: Buffer,
  { type = 1, compression = 1, rawSize = payload.length, encryption = 0 } = {},
): Buffer {
  const head = pack([4, type], [4, payload.length + 24], [4, rawSize + 24], [2, compression], [2, encryption], [8, 0])
  return Buffer.concat([head, payload])
}

/** A file of layout 3, as its collector closed it. */
export function file3(
  blocks: readonly Buffer[],
  { compression = 1, isClosed = true, listed = blocks.length } = {},
): Buffer {
  const end = 48 + blocks.reduce((sum, { length }) => sum + length, 0)
  const head = pack(
    [2, 0xa50c],
    [2, 3],
    [4, 0x0108_0000],
    [8, 1_714_560_000],
    [2, 1],
    [2, compression],
    [4, 0],
    [4, 0],
    [4, 0],
  )
  const offset = pack([8, isClosed ? end : 0], [8, 0])
  const directory = Buffer.concat([pack([4, 0xb10c_b10c], [4, listed]), Buffer.alloc(blocks.length * 16)])
  const footer = Buffer.concat([pack([4, 0xa50f], [4, 0], [8, end]), Buffer.alloc(40)])
  return Buffer.concat([head, offset, ...blocks, ...(isClosed ? [directory, footer] : [])])
}

/** One run of literals and the end mark. */
export function lzo(bytes: Buffer): Buffer {
  const length = bytes.length - 18
  const zeros = Math.ceil(length / 255) - 1
  return Buffer.concat([Buffer.alloc(1 + zeros), pack([1, length - zeros * 255]), bytes, Buffer.from([0x11, 0, 0])])
}

export function lz4(bytes: Buffer): Buffer {
  const { compressSync } = createRequire(import.meta.url)('lz4-napi') as typeof import('lz4-napi')
  return compressSync(bytes).subarray(4)
}

/** One frame of one raw block (RFC 8878), at most 128 KiB. */
export function zstd(bytes: Buffer): Buffer {
  const blockHeader = pack([4, (bytes.length << 3) | 1]).subarray(0, 3)
  return Buffer.concat([pack([4, 0xfd2f_b528], [1, 0xa0], [4, bytes.length]), blockHeader, bytes])
}

export interface Row {
  readonly src: string
  readonly dst: string
  readonly srcPort: number
  readonly dstPort: number
  readonly protocol: number
  readonly octets: number
  readonly packets: number
  readonly flows: number
  readonly exporter: string
  readonly scaled: number
  readonly reverse: number
  readonly startMs: number
  readonly srcAs: number
  readonly ingress: number
}

export async function decode(bytes: Uint8Array): Promise<{ rows: Row[]; summary: FlowFileSummary; warnings: string }> {
  const rows: Row[] = []
  const summary = await decodeFlowFile(once(bytes), (batch, { exporters }) => {
    for (let i = 0; i < batch.length; i++) {
      rows.push({
        src: formatAddress(batch.srcAddr, i * 4),
        dst: formatAddress(batch.dstAddr, i * 4),
        srcPort: batch.srcPort[i]!,
        dstPort: batch.dstPort[i]!,
        protocol: batch.protocol[i]!,
        octets: batch.octets[i]!,
        packets: batch.packets[i]!,
        flows: batch.flows[i]!,
        exporter: exporters[batch.exporter[i]!]!,
        scaled: batch.scaled[i]!,
        reverse: batch.reverse[i]!,
        startMs: batch.startMs[i]!,
        srcAs: batch.srcAs[i]!,
        ingress: batch.ingressIfIndex[i]!,
      })
    }
  })
  return { rows, summary, warnings: summary.warnings.join('\n') }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield Uint8Array.from(bytes)
}
