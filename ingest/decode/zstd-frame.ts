const MAGIC = 0xfd2f_b528
/** What any decoder must be able to hold (RFC 8878, 3.1.1.1.2); blocks of flows are smaller still. */
export const MOST_WINDOW = 8 * 1024 * 1024

/** What the header of a zstd frame says (RFC 8878, 3.1.1). */
export interface ZstdFrame {
  /** Bytes of the past that the decoder must keep. */
  readonly window: number
  /** `null` when the writer did not know. */
  readonly contentSize: number | null
}

/** Reads the header of the frame that fills `bytes`. Throws a RangeError when there is none, when it asks for a dictionary, or for a window beyond `MOST_WINDOW`. */
export function readZstdFrame(bytes: Uint8Array): ZstdFrame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 6 || view.getUint32(0, true) !== MAGIC) throw new RangeError('no zstd frame')
  const descriptor = bytes[4]!
  const isSingleSegment = (descriptor & 0x20) !== 0
  const dictionaryAt = isSingleSegment ? 5 : 6
  const dictionaryLength = [0, 1, 2, 4][descriptor & 3]!
  const sizeAt = dictionaryAt + dictionaryLength
  const sizeLength = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!
  if (bytes.length < sizeAt + sizeLength) throw new RangeError('the zstd frame ends within its header')
  const dictionary = littleEndian(bytes, dictionaryAt, dictionaryLength)
  if (dictionary !== 0) throw new RangeError(`it needs dictionary ${dictionary}, which is not in the file`)
  const contentSize = sizeLength === 0 ? null : littleEndian(bytes, sizeAt, sizeLength) + (sizeLength === 2 ? 256 : 0)
  const window = isSingleSegment ? contentSize! : windowOf(bytes[5]!)
  if (window > MOST_WINDOW)
    throw new RangeError(`it asks for a window of ${window} bytes; expected at most ${MOST_WINDOW}`)
  return { window, contentSize }
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function littleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let byte = length - 1; byte >= 0; byte--) value = value * 256 + bytes[at + byte]!
  return value
}
