import { DecodeError } from '../model/errors.ts'
import type { ByteReader } from './bytes.ts'

/** What the header of a flow-tools file says (FORMATS: README, "flow-tools"). */
export interface FlowToolsHeader {
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
  readonly hostname: string | null
}

export const MAGIC = [0xcf, 0x10] as const
const STREAM_VERSION = 3
const FIXED_LENGTH = 8
/** The reference writer stops at 16 KiB; a header beyond this is none. */
const MOST_LENGTH = 65_536

const TYPE = {
  exportVersion: 2,
  aggregationMethod: 4,
  captureStart: 6,
  flags: 8,
  flows: 10,
  lost: 11,
  hostname: 15,
} as const
const FLAG = { done: 0x1, compressed: 0x2, streaming: 0x8, streamingPreloaded: 0x20 } as const

/**
 * Reads the header of stream version 3: four bytes (magic, byte order, version), the offset of the data, then
 * type-length-value items without alignment. An item that runs past the header ends the list; unknown ones are skipped.
 */
export async function readHeader(bytes: ByteReader): Promise<FlowToolsHeader> {
  const fixed = (await bytes.take(FIXED_LENGTH)).slice()
  if (fixed.length < FIXED_LENGTH)
    throw new DecodeError(
      fixed.length,
      `file ends within the header, which has at least ${FIXED_LENGTH} bytes; was the collector killed?`,
    )
  const [, , byteOrder, streamVersion] = fixed
  if (streamVersion !== STREAM_VERSION) throw unknownStream(streamVersion!)
  if (byteOrder !== 1 && byteOrder !== 2)
    throw new DecodeError(2, `byte order ${byteOrder}; expected 1 (little endian) or 2 (big endian)`)
  const littleEndian = byteOrder === 1
  const dataOffset = new DataView(fixed.buffer).getUint32(4, littleEndian)
  if (dataOffset < FIXED_LENGTH || dataOffset > MOST_LENGTH) {
    throw new DecodeError(
      4,
      `header of ${dataOffset} bytes; expected ${FIXED_LENGTH} to ${MOST_LENGTH}: the byte order may be claimed wrongly`,
    )
  }
  const list = (await bytes.take(dataOffset - FIXED_LENGTH)).slice()
  if (list.length < dataOffset - FIXED_LENGTH) {
    throw new DecodeError(
      FIXED_LENGTH + list.length,
      `file ends within its header of ${dataOffset} bytes; was the collector killed?`,
    )
  }
  return interpret(readItems(list, littleEndian), littleEndian)
}

function unknownStream(version: number): DecodeError {
  const mend = version === 1 ? 'convert it with flow-cat of flow-tools' : 'it is damaged or not from flow-tools'
  return new DecodeError(3, `flow-tools stream version ${version}; flowscan reads version ${STREAM_VERSION}: ${mend}`)
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

function interpret(items: ReadonlyMap<number, DataView>, littleEndian: boolean): FlowToolsHeader {
  const number = (type: number): number | null => {
    const value = items.get(type)
    if (value === undefined) return null
    if (value.byteLength >= 4) return value.getUint32(0, littleEndian)
    if (value.byteLength >= 2) return value.getUint16(0, littleEndian)
    return value.byteLength === 1 ? value.getUint8(0) : null
  }
  const exportVersion = number(TYPE.exportVersion)
  if (exportVersion === null)
    throw new DecodeError(FIXED_LENGTH, 'header names no export version (item 2); record size unknown')
  const flags = number(TYPE.flags) ?? 0
  return {
    littleEndian,
    exportVersion,
    aggregationMethod: number(TYPE.aggregationMethod),
    isCompressed: (flags & FLAG.compressed) !== 0,
    isComplete: (flags & (FLAG.done | FLAG.streaming | FLAG.streamingPreloaded)) !== 0,
    captureStart: number(TYPE.captureStart),
    flows: number(TYPE.flows),
    lost: number(TYPE.lost),
    hostname: text(items.get(TYPE.hostname)),
  }
}

function text(value: DataView | undefined): string | null {
  if (value === undefined) return null
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  const end = bytes.indexOf(0)
  return new TextDecoder('latin1').decode(end === -1 ? bytes : bytes.subarray(0, end))
}
