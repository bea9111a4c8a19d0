import type { ByteReader } from './bytes.ts'

/** No line and no object of a flow is longer; what is, is left out unread. */
export const MOST_PIECE = 1024 * 1024

const NEWLINE = 0x0a
const RETURN = 0x0d
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = 0x7b
const CLOSE = 0x7d

/** What is done with the pieces of a text. `byte` is the place of the first of them. */
export interface Pieces {
  /** One piece, as latin-1: what flowscan reads of it is ASCII. */
  take(text: string, byte: number): void
  /** One that is longer than `MOST_PIECE`, or that ends before it is whole. */
  refuse(byte: number, reason: string): void
}

/** Puts a piece together from parts of chunks; of one that is too long it keeps nothing. */
function createPiece() {
  let parts: Uint8Array[] = []
  let length = 0
  return {
    add(part: Uint8Array): void {
      length += part.length
      if (length <= MOST_PIECE) parts.push(part)
      else parts = []
    },
    /** The text so far, `null` when it is too long; begins anew. */
    end(): string | null {
      const text = length > MOST_PIECE ? null : parts.map(latin1).join('')
      parts = []
      length = 0
      return text
    },
    isEmpty: () => length === 0,
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** By byte: 1 for those that `forEachObject` looks at. */
const MEANS_SOMETHING = new Uint8Array(256)
for (const byte of [NEWLINE, QUOTE, BACKSLASH, OPEN, CLOSE]) MEANS_SOMETHING[byte] = 1

const NO_END = 'its end is missing'
const TOO_LONG = `more than ${MOST_PIECE} bytes`

/** Cuts a text into lines without their ends. Tells whether the last one had its end. */
export async function forEachLine(bytes: ByteReader, { take, refuse }: Pieces): Promise<{ isWhole: boolean }> {
  const piece = createPiece()
  let begins = bytes.offset
  let at = bytes.offset
  const end = () => {
    const text = piece.end()
    if (text === null) refuse(begins, TOO_LONG)
    else take(text.charCodeAt(text.length - 1) === RETURN ? text.slice(0, -1) : text, begins)
  }
  for await (const chunk of bytes.rest()) {
    let from = 0
    for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
      piece.add(chunk.subarray(from, to))
      end()
      from = to + 1
      begins = at + from
    }
    if (from < chunk.length) piece.add(chunk.slice(from))
    at += chunk.length
  }
  const isWhole = piece.isEmpty()
  if (!isWhole) end()
  return { isWhole }
}

/**
 * Finds the objects of a JSON text, be it one a line, an array of them, or anything between. A brace at the begin of a line
 * always opens one: so that damage ends where the next object begins. Tells whether the last one was whole.
 */
export async function forEachObject(bytes: ByteReader, { take, refuse }: Pieces): Promise<{ isWhole: boolean }> {
  const piece = createPiece()
  let at = bytes.offset
  /** Places in the text: of the object at hand, of the line, behind the last backslash. */
  let begins = 0
  let lineStart = at
  let escaped = -1
  let depth = 0
  let isText = false

  function end(): void {
    const text = piece.end()
    if (text === null) refuse(begins, TOO_LONG)
    else take(text, begins)
  }

  // Hot: looks at every byte.
  function scan(chunk: Uint8Array): void {
    let from = 0
    for (let to = 0; to < chunk.length; to++) {
      const byte = chunk[to]!
      if (MEANS_SOMETHING[byte] === 0) continue
      if (byte === NEWLINE) {
        lineStart = at + to + 1
        isText = false
      } else if (byte === OPEN && (!isText || lineStart === at + to)) {
        if (depth > 0 && lineStart === at + to) {
          piece.end()
          refuse(begins, NO_END)
          depth = 0
        }
        if (depth++ > 0) continue
        from = to
        begins = at + to
      } else if (byte === QUOTE) {
        if (!isText) isText = depth > 0
        else if (escaped !== at + to) isText = false
      } else if (isText) {
        if (byte === BACKSLASH && escaped !== at + to) escaped = at + to + 1
      } else if (byte === CLOSE && depth > 0 && --depth === 0) {
        piece.add(chunk.subarray(from, to + 1))
        end()
      }
    }
    if (depth > 0) piece.add(chunk.slice(from))
  }

  for await (const chunk of bytes.rest()) {
    scan(chunk)
    at += chunk.length
  }
  if (depth > 0) refuse(begins, NO_END)
  return { isWhole: depth === 0 }
}
