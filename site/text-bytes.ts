/*
 * A text of numbers as it is being written, in bytes of UTF-8. The numbers of a page are ten thousand, so this is a hot loop: digits that are put
 * down one by one take from two thirds (whole bits) to a fifth (thousandths) of the time of strings (bench: `npm run bench:site -- --only chart`).
 */

export interface TextBytes {
  bytes: Uint8Array
  /** So many of them are written. */
  length: number
}

/** `expected`: bytes; it grows when there are more. */
export function createTextBytes(expected: number): TextBytes {
  return { bytes: new Uint8Array(expected), length: 0 }
}

/** What is written so far. It is a view: nothing may be written after it. */
export function writtenBytes({ bytes, length }: TextBytes): Uint8Array<ArrayBuffer> {
  return bytes.subarray(0, length) as Uint8Array<ArrayBuffer>
}

const encoder = new TextEncoder()
/** UTF-8 of what is one unit in UTF-16. */
const MOST_BYTES_PER_UNIT = 3

export function writeText(text: TextBytes, written: string): void {
  reserve(text, written.length * MOST_BYTES_PER_UNIT)
  text.length += encoder.encodeInto(written, text.bytes.subarray(text.length)).written
}

/** A number and the comma before it: `,-1.7976931348623157e+308`. */
const MOST_BYTES = 25
const COMMA = 0x2c
const POINT = 0x2e
const ZERO = 0x30

/** A line of a table: its name, then the number of each column at `row`, a comma before each; NaN as nothing. `name`: ASCII. */
export function writeRow(text: TextBytes, name: string, columns: readonly Float64Array[], row: number): void {
  reserve(text, name.length + columns.length * MOST_BYTES + 2)
  const { bytes } = text
  let at = putAscii(bytes, text.length, name)
  for (const column of columns) {
    bytes[at++] = COMMA
    const number = column[row]!
    if (!Number.isNaN(number)) at = putNumber(bytes, at, number)
  }
  text.length = putAscii(bytes, at, '\r\n')
}

/** A column as JSON: `[1,2.5,null]`, NaN as `null`. */
export function writeArray(text: TextBytes, column: Float64Array): void {
  reserve(text, column.length * MOST_BYTES + 2)
  const { bytes } = text
  let at = putAscii(bytes, text.length, '[')
  for (let row = 0; row < column.length; row++) {
    if (row > 0) bytes[at++] = COMMA
    const number = column[row]!
    at = Number.isNaN(number) ? putAscii(bytes, at, 'null') : putNumber(bytes, at, number)
  }
  text.length = putAscii(bytes, at, ']')
}

/* What follows puts bytes down from `at` on, and returns where the next go. */

function putAscii(bytes: Uint8Array, at: number, ascii: string): number {
  for (let index = 0; index < ascii.length; index++) bytes[at + index] = ascii.charCodeAt(index)
  return at + ascii.length
}

/** Up to here a number of three decimals is told apart from every other by its digits. */
const MOST_PLAIN = 1e12
const LARGEST_WORD = 2 ** 31
const THOUSAND_MILLIONS = 1e9

/** As `String(number)` and JSON write it; those of at most three decimals, as rates are, without a string. */
function putNumber(bytes: Uint8Array, at: number, number: number): number {
  const thousandths = Math.round(number * 1000)
  const isPlain = number >= 0 && number < MOST_PLAIN && thousandths / 1000 === number
  if (!isPlain) return putAscii(bytes, at, String(number))
  const whole = Math.floor(number)
  const end = putWhole(bytes, at, whole)
  return whole === number ? end : putFraction(bytes, end, thousandths - whole * 1000)
}

function putWhole(bytes: Uint8Array, at: number, whole: number): number {
  if (whole < LARGEST_WORD) return putDigits(bytes, at, whole, digitsOf(whole))
  const upper = Math.floor(whole / THOUSAND_MILLIONS)
  return putDigits(bytes, putWhole(bytes, at, upper), whole - upper * THOUSAND_MILLIONS, 9)
}

function digitsOf(word: number): number {
  let digits = 1
  for (let least = 10; word >= least; least *= 10) digits++
  return digits
}

function putDigits(bytes: Uint8Array, at: number, word: number, digits: number): number {
  let rest = word | 0
  for (let place = at + digits - 1; place >= at; place--) {
    const upper = (rest / 10) | 0
    bytes[place] = ZERO + rest - upper * 10
    rest = upper
  }
  return at + digits
}

/** Without the zeros at its end. */
function putFraction(bytes: Uint8Array, at: number, thousandths: number): number {
  bytes[at] = POINT
  if (thousandths % 100 === 0) return putDigits(bytes, at + 1, thousandths / 100, 1)
  if (thousandths % 10 === 0) return putDigits(bytes, at + 1, thousandths / 10, 2)
  return putDigits(bytes, at + 1, thousandths, 3)
}

function reserve(text: TextBytes, more: number): void {
  if (text.length + more <= text.bytes.length) return
  const grown = new Uint8Array(2 * text.bytes.length + more)
  grown.set(text.bytes.subarray(0, text.length))
  text.bytes = grown
}
