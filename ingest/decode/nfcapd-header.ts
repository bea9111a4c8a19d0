import { DecodeError } from '../model/errors.ts'
import type { ByteReader } from './bytes.ts'

const HIGH = 0x1_0000_0000

/** Every file of nfcapd begins with 0xA50C and the number of its layout, 16 bits each in the order of the writing host: little endian. */
export function recognizesLayout(head: Uint8Array, layout: number): boolean {
  return head[0] === 0x0c && head[1] === 0xa5 && head[2] === layout && head[3] === 0
}

/** The first `length` bytes of the file. Throws a DecodeError when there are fewer. */
export async function takeHeader(bytes: ByteReader, length: number): Promise<DataView> {
  const head = (await bytes.take(length)).slice()
  if (head.length < length)
    throw new DecodeError(head.length, `file ends within its header of ${length} bytes; was the collector killed?`)
  return new DataView(head.buffer)
}

/** `1.7.1`; a build from git says so. */
export function nfdumpVersion(version: number): string {
  const isRelease = version >>> 24 === 1
  return `1.${(version >>> 16) & 0xff}.${(version >>> 8) & 0xff}${isRelease ? '' : ' (git)'}`
}

/** A 64-bit number as a double: exact up to 2^53. */
export function readUint64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * HIGH
}
