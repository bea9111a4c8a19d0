import { DecodeError } from '../model/errors.ts'
import type { CollectorCounts } from '../model/flow-batch.ts'
import type { ByteReader } from './bytes.ts'

/** What the header of a flow-tools file says (FORMATS: README, "flow-tools"). */
export interface FlowToolsHeader {
  readonly streamVersion: 1 | 3
  readonly littleEndian: boolean
  readonly exportVersion: number
  /** Method of an export version 8 file, 1 to 14. */
  readonly aggregationMethod: number | null
  readonly isCompressed: boolean
  /** The writer closed the file, or never meant to (a stream to a pipe). */
  readonly isComplete: boolean
  /** Unix seconds. */
  readonly captureStart: number | null
  /** Advisory: 0 while the file is open, absent in streams. */
  readonly flows: number | null
  readonly lost: number | null
  readonly collector: CollectorCounts | null
  readonly hostname: string | null
}

export const MAGIC = [0xcf, 0x10] as const
const FIXED_LENGTH = 8
/** Of the whole header of stream version 1. */
const LENGTH_1 = 360
/** The reference writer stops at 16 KiB; a header beyond this is none. */
const MOST_LENGTH = 65_536

const TYPE = {
  exportVersion: 2,
  aggregationVersion: 3,
  aggregationMethod: 4,
  captureStart: 6,
  flags: 8,
  flows: 10,
  lost: 11,
  misordered: 12,
  corrupt: 13,
  resets: 14,
  hostname: 15,
} as const
/** The only one there is. */
const AGGREGATION_VERSION = 2
const FLAG = { done: 0x1, compressed: 0x2, streaming: 0x8, streamingPreloaded: 0x20 } as const

/** Reads the header, up to the first record. */
export async function readHeader(bytes: ByteReader): Promise<FlowToolsHeader> {
  const fixed = (await bytes.take(FIXED_LENGTH)).slice()
  if (fixed.length < FIXED_LENGTH)
    throw new DecodeError(
      fixed.length,
      `file ends within the header, which has at least ${FIXED_LENGTH} bytes; was the collector killed?`,
    )
  const [, , byteOrder, streamVersion] = fixed
  if (streamVersion !== 1 && streamVersion !== 3)
    throw new DecodeError(
      3,
      `flow-tools stream version ${streamVersion}; flowscan reads versions 1 and 3: it is damaged or not from flow-tools`,
    )
  if (byteOrder !== 1 && byteOrder !== 2)
    throw new DecodeError(2, `byte order ${byteOrder}; expected 1 (little endian) or 2 (big endian)`)
  const littleEndian = byteOrder === 1
  const first = new DataView(fixed.buffer)
  return streamVersion === 1
    ? readHeader1(await takeRest(bytes, LENGTH_1), first.getUint16(4, littleEndian), littleEndian)
    : readHeader3(await takeRest(bytes, dataOffset(first, littleEndian)), littleEndian)
}

function dataOffset(first: DataView, littleEndian: boolean): number {
  const offset = first.getUint32(4, littleEndian)
  if (offset >= FIXED_LENGTH && offset <= MOST_LENGTH) return offset
  throw new DecodeError(
    4,
    `header of ${offset} bytes; expected ${FIXED_LENGTH} to ${MOST_LENGTH}: the byte order may be claimed wrongly`,
  )
}

/** The header of `length` bytes, from behind the first 8. */
async function takeRest(bytes: ByteReader, length: number): Promise<Uint8Array> {
  const rest = (await bytes.take(length - FIXED_LENGTH)).slice()
  if (rest.length === length - FIXED_LENGTH) return rest
  throw new DecodeError(
    FIXED_LENGTH + rest.length,
    `file ends within its header of ${length} bytes; was the collector killed?`,
  )
}

/** Stream version 1, from byte 8 on: everything has its place (README, "Stream version 1"). */
function readHeader1(rest: Uint8Array, exportVersion: number, littleEndian: boolean): FlowToolsHeader {
  const view = new DataView(rest.buffer)
  const number = (offset: number) => view.getUint32(offset - FIXED_LENGTH, littleEndian)
  if (exportVersion !== 1 && exportVersion !== 5 && exportVersion !== 65_535)
    throw new DecodeError(4, `export version ${exportVersion} in stream version 1; expected 1, 5 or 65535`)
  return {
    streamVersion: 1,
    littleEndian,
    exportVersion: exportVersion === 5 ? 5 : 1,
    aggregationMethod: null,
    ...readFlags(number(16)),
    captureStart: number(8) === 0 ? null : number(8),
    flows: number(24),
    lost: number(28),
    collector: { misordered: number(32), corrupt: null, resets: null },
    hostname: text(new DataView(rest.buffer, 36 - FIXED_LENGTH, 68)),
  }
}

/**
 * Stream version 3, from byte 8 on: items of type, length and value without alignment. An item that runs past the header
 * ends the list; unknown ones are skipped.
 */
function readHeader3(list: Uint8Array, littleEndian: boolean): FlowToolsHeader {
  const items = readItems(list, littleEndian)
  const number = (type: number) => numberIn(items.get(type), littleEndian)
  const exportVersion = number(TYPE.exportVersion)
  if (exportVersion === null)
    throw new DecodeError(FIXED_LENGTH, 'header names no export version (item 2); record size unknown')
  const aggregationVersion = number(TYPE.aggregationVersion)
  if (exportVersion === 8 && aggregationVersion !== null && aggregationVersion !== AGGREGATION_VERSION)
    throw new DecodeError(
      FIXED_LENGTH,
      `export version 8 of aggregation version ${aggregationVersion}; expected ${AGGREGATION_VERSION}: record size unknown`,
    )
  const [misordered, corrupt, resets] = [number(TYPE.misordered), number(TYPE.corrupt), number(TYPE.resets)]
  return {
    streamVersion: 3,
    littleEndian,
    exportVersion,
    aggregationMethod: number(TYPE.aggregationMethod),
    ...readFlags(number(TYPE.flags) ?? 0),
    captureStart: number(TYPE.captureStart),
    flows: number(TYPE.flows),
    lost: number(TYPE.lost),
    collector: misordered === null && corrupt === null && resets === null ? null : { misordered, corrupt, resets },
    hostname: text(items.get(TYPE.hostname)),
  }
}

function readFlags(flags: number): Pick<FlowToolsHeader, 'isCompressed' | 'isComplete'> {
  return {
    isCompressed: (flags & FLAG.compressed) !== 0,
    isComplete: (flags & (FLAG.done | FLAG.streaming | FLAG.streamingPreloaded)) !== 0,
  }
}

function readItems(list: Uint8Array, littleEndian: boolean): Map<number, DataView> {
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength)
  const items = new Map<number, DataView>()
  for (let at = 0; at + 4 <= list.length; ) {
    const type = view.getUint16(at, littleEndian)
    const length = view.getUint16(at + 2, littleEndian)
    if (at + 4 + length > list.length) break
    if (!items.has(type)) items.set(type, new DataView(list.buffer, list.byteOffset + at + 4, length))
    at += 4 + length
  }
  return items
}

/** Writers give numbers 1, 2 or 4 bytes. */
function numberIn(value: DataView | undefined, littleEndian: boolean): number | null {
  if (value === undefined) return null
  if (value.byteLength >= 4) return value.getUint32(0, littleEndian)
  if (value.byteLength >= 2) return value.getUint16(0, littleEndian)
  return value.byteLength === 1 ? value.getUint8(0) : null
}

function text(value: DataView | undefined): string | null {
  if (value === undefined) return null
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  const end = bytes.indexOf(0)
  return new TextDecoder('latin1').decode(end === -1 ? bytes : bytes.subarray(0, end))
}
