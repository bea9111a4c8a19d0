/*
 * A text of numbers as it is being written, in bytes of UTF-8. A page's numbers are ten thousand, so this is a hot loop: digits put down one by
 * one take a fifth of the time of strings that are put together and then encoded (bench: `npm run bench:site -- --only chart`).
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

/** The same of few characters, all of them ASCII. */
export function writeAscii(text: TextBytes, written: string): void {
  reserve(text, written.length)
  const { bytes, length } = text
  for (let at = 0; at < written.length; at++) bytes[length + at] = written.charCodeAt(at)
  text.length += written.length
}

/** Of a number that is told by digits alone. */
const MOST_DIGITS = 32
/** Up to here a number of three decimals is told apart from every other by its digits. */
const MOST_PLAIN = 1e12
const LARGEST_WORD = 2 ** 31
const THOUSAND_MILLIONS = 1e9
const ZERO = 0x30

/** As `String(number)` and JSON write it; those of at most three decimals, as rates are, without a string. */
export function writeNumber(text: TextBytes, number: number): void {
  reserve(text, MOST_DIGITS)
  const thousandths = Math.round(number * 1000)
  const isPlain = number >= 0 && number < MOST_PLAIN && thousandths / 1000 === number
  if (isPlain) writePlain(text, Math.floor(number), thousandths)
  else writeText(text, String(number))
}

function writePlain(text: TextBytes, whole: number, thousandths: number): void {
  if (whole < LARGEST_WORD) writeDigits(text, whole, digitsOf(whole))
  else {
    const upper = Math.floor(whole / THOUSAND_MILLIONS)
    writeDigits(text, upper, digitsOf(upper))
    writeDigits(text, whole - upper * THOUSAND_MILLIONS, 9)
  }
  const fraction = thousandths - whole * 1000
  if (fraction !== 0) writeFraction(text, fraction)
}

function digitsOf(word: number): number {
  let digits = 1
  for (let least = 10; word >= least; least *= 10) digits++
  return digits
}

function writeDigits(text: TextBytes, word: number, digits: number): void {
  const { bytes } = text
  text.length += digits
  let rest = word | 0
  for (let at = text.length - 1, left = digits; left > 0; at--, left--) {
    const upper = (rest / 10) | 0
    bytes[at] = ZERO + rest - upper * 10
    rest = upper
  }
}

/** Without the zeros at its end. */
function writeFraction(text: TextBytes, thousandths: number): void {
  text.bytes[text.length++] = 0x2e
  if (thousandths % 100 === 0) writeDigits(text, thousandths / 100, 1)
  else if (thousandths % 10 === 0) writeDigits(text, thousandths / 10, 2)
  else writeDigits(text, thousandths, 3)
}

function reserve(text: TextBytes, more: number): void {
  if (text.length + more <= text.bytes.length) return
  const grown = new Uint8Array(2 * text.bytes.length + more)
  grown.set(text.bytes.subarray(0, text.length))
  text.bytes = grown
}
