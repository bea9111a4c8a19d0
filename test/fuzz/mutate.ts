import { createRandom } from '../../ingest/synthesize/random.ts'
import { type Anatomy, anatomyOf, type NumberField, type Piece } from './anatomy.ts'

/** A flow file to be damaged. */
export interface Base {
  readonly name: string
  readonly bytes: Uint8Array
  readonly anatomy: Anatomy
}

export interface Mutant {
  readonly bytes: Uint8Array
  readonly base: string
  /** What was done to the base, in order. */
  readonly steps: readonly string[]
}

export function createBase(name: string, bytes: Uint8Array): Base {
  return { name, bytes, anatomy: anatomyOf(bytes) }
}

/**
 * Damages one of the bases where its format is told to hurt: numbers of headers mostly, then packed bytes, records and blocks
 * that are lost, repeated or exchanged, ends cut off, halves of two files put together. The same bases and seeds give the same
 * mutant.
 */
export function mutate(bases: readonly Base[], seeds: readonly number[]): Mutant {
  const random = createChoices(seeds)
  const base = random.of(bases)
  const steps: string[] = []
  let bytes: Uint8Array = new Uint8Array(base.bytes)
  if (bytes.length === 0) return { bytes: new Uint8Array(random.of(bases).bytes), base: base.name, steps: ['replaced'] }
  // Changes of place come last: only until then do things lie where the anatomy says.
  for (let n = random.few(); n > 0; n--) steps.push(changeInPlace(bytes, base.anatomy, random))
  if (base.anatomy.isText || random.below(100) < 35) {
    const change = random.of(base.anatomy.isText ? TEXT_CHANGES : REARRANGEMENTS)
    const changed = change(bytes, base.anatomy, random, bases)
    if (changed !== null) {
      bytes = changed
      steps.push(change.name)
    }
  }
  if (random.below(100) < 10) {
    bytes = bytes.subarray(0, random.below(bytes.length + 1))
    steps.push(`cut at ${bytes.length}`)
  }
  return { bytes: new Uint8Array(bytes), base: base.name, steps }
}

/** Numbers at which sizes, counts, offsets and counters tend to go wrong. */
const BOUNDARIES = [
  ...[0, 1, 2, 3, 4, 7, 8, 11, 12, 15, 16, 23, 24, 31, 32, 63, 64, 127, 128, 255, 256, 257],
  ...[2 ** 15 - 1, 2 ** 15, 2 ** 16 - 1, 2 ** 16, 2 ** 24 - 1, 2 ** 24, 2 ** 24 + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1],
].map(BigInt)
const WIDE_BOUNDARIES = [
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
]
const EVERY_BOUNDARY = [...BOUNDARIES, ...WIDE_BOUNDARIES]

function changeInPlace(bytes: Uint8Array, { fields, pieces, packed }: Anatomy, random: Random): string {
  const dice = random.below(100)
  if (dice < 55 && fields.length > 0) return setField(bytes, random.of(random.of(fields)), fields, random)
  if (dice < 75 && packed.length > 0) return spoil(bytes, random.of(packed), random)
  if (dice < 92 && pieces.length > 0) return setValue(bytes, random.of(random.of(pieces)), random)
  return spoil(bytes, { start: 0, end: bytes.length }, random)
}

function setField(bytes: Uint8Array, field: NumberField, fields: Anatomy['fields'], random: Random): string {
  const before = readNumber(bytes, field)
  const left = BigInt(bytes.length - field.at)
  const value = [
    () => random.of(BOUNDARIES),
    () => random.of(EVERY_BOUNDARY),
    () => before + 1n,
    () => before - 1n,
    () => before * 2n,
    () => before / 2n,
    () => before ^ (1n << BigInt(random.below(field.size * 8))),
    () => left + BigInt(random.below(33) - 16),
    () => readNumber(bytes, random.of(random.of(fields))),
  ]
  const after = BigInt.asUintN(64, random.of(value)())
  writeNumber(bytes, field, after)
  return `number of ${field.size} bytes at ${field.at}: ${before} -> ${readNumber(bytes, field)}`
}

/** Any number within a piece: counters, addresses, times. */
function setValue(bytes: Uint8Array, { start, end }: Piece, random: Random): string {
  const size = random.of([1, 2, 4, 8] as const)
  const at = start + random.below(end - start)
  if (at + size > bytes.length) return spoil(bytes, { start, end }, random)
  const field: NumberField = { at, size, littleEndian: random.below(2) === 0 }
  writeNumber(bytes, field, random.of(EVERY_BOUNDARY))
  return `value of ${size} bytes at ${at}: ${readNumber(bytes, field)}`
}

/** One bit, one byte, or a run of bytes. */
function spoil(bytes: Uint8Array, { start, end }: Piece, random: Random): string {
  const at = start + random.below(end - start)
  const dice = random.below(4)
  if (dice < 2) bytes[at]! ^= 1 << random.below(8)
  else if (dice === 2) bytes[at] = random.of([0, 1, 0x7f, 0x80, 0xff, random.below(256)])
  else bytes.fill(random.of([0, 0xff, random.below(256)]), at, Math.min(end, at + 1 + random.below(64)))
  return `bytes from ${at}`
}

function readNumber(bytes: Uint8Array, { at, size, littleEndian }: NumberField): bigint {
  let value = 0n
  for (let n = 0; n < size; n++) value = (value << 8n) | BigInt(bytes[littleEndian ? at + size - 1 - n : at + n]!)
  return value
}

function writeNumber(bytes: Uint8Array, { at, size, littleEndian }: NumberField, value: bigint): void {
  for (let n = 0, rest = value; n < size; n++, rest >>= 8n)
    bytes[littleEndian ? at + n : at + size - 1 - n] = Number(rest & 0xffn)
}

/** Puts the bytes together anew; `null`: not this file. */
type Rearrangement = (bytes: Uint8Array, anatomy: Anatomy, random: Random, bases: readonly Base[]) => Uint8Array | null

const drop: Rearrangement = (bytes, { pieces }, random) => {
  if (pieces.length === 0) return null
  const { start, end } = random.of(random.of(pieces))
  return join(bytes.subarray(0, start), bytes.subarray(end))
}

const repeat: Rearrangement = (bytes, { pieces }, random) => {
  if (pieces.length === 0) return null
  const { start, end } = random.of(random.of(pieces))
  return join(
    bytes.subarray(0, end),
    ...new Array(1 + random.below(3)).fill(bytes.subarray(start, end)),
    bytes.subarray(end),
  )
}

const exchange: Rearrangement = (bytes, { pieces }, random) => {
  if (pieces.length === 0) return null
  const tier = random.of(pieces)
  const [one, other] = [random.of(tier), random.of(tier)].sort((a, b) => a.start - b.start) as [Piece, Piece]
  if (one.end > other.start) return null
  const part = ({ start, end }: Piece) => bytes.subarray(start, end)
  return join(
    bytes.subarray(0, one.start),
    part(other),
    bytes.subarray(one.end, other.start),
    part(one),
    bytes.subarray(other.end),
  )
}

const splice: Rearrangement = (bytes, { pieces }, random, bases) => {
  const other = random.of(bases)
  const cut = (tiers: Anatomy['pieces'], length: number) =>
    tiers.length > 0 && random.below(2) === 0 ? random.of(random.of(tiers)).start : random.below(length + 1)
  return join(
    bytes.subarray(0, cut(pieces, bytes.length)),
    other.bytes.subarray(cut(other.anatomy.pieces, other.bytes.length)),
  )
}

const insert: Rearrangement = (bytes, _anatomy, random) => {
  const at = random.below(bytes.length + 1)
  const noise = Uint8Array.from({ length: 1 + random.below(40) }, () => random.below(256))
  return join(bytes.subarray(0, at), noise, bytes.subarray(at))
}

const REARRANGEMENTS: readonly Rearrangement[] = [drop, repeat, exchange, splice, insert]

const WORDS = [
  ...[
    '',
    '0',
    '1',
    '-1',
    '1e3',
    '1e400',
    '0.5',
    '-0',
    '007',
    'NaN',
    'null',
    'true',
    '[',
    ']',
    '{',
    '}',
    '"',
    '\\',
    ',',
    '\n',
  ],
  ...['255', '256', '65535', '65536', '4294967295', '4294967296', '9007199254740991', '9007199254740993'],
  ...['18446744073709551615', '9'.repeat(400), '::', '::ffff:192.0.2.1', 'fe80::1%eth0', '1.2.3', '256.0.0.1'],
  ...[
    'TCP',
    'tcp',
    '1970-01-01 00:00:00',
    '2106-02-07T06:28:16Z',
    '9999-99-99 99:99:99',
    '[[[[[[[[',
    '__proto__',
    '\u0000',
  ],
]

const rewrite: Rearrangement = (bytes, { pieces }, random) => {
  if (pieces.length === 0) return null
  const { start, end } = random.of(pieces.at(-1)!)
  return join(bytes.subarray(0, start), Buffer.from(random.of(WORDS)), bytes.subarray(end))
}

/** Mostly other words: numbers of headers cannot be set in text. */
const TEXT_CHANGES: readonly Rearrangement[] = [rewrite, rewrite, rewrite, rewrite, rewrite, ...REARRANGEMENTS]

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}

interface Random {
  /** A whole number from 0 to before `end`. */
  below(end: number): number
  of<T>(choices: readonly T[]): T
  /** 1 in half of all cases, 2 in a quarter, … */
  few(): number
}

function createChoices(seeds: readonly number[]): Random {
  const next = createRandom(...seeds)
  const below = (end: number) => Math.floor(next() * end)
  return { below, of: (choices) => choices[below(choices.length)]!, few: () => 1 + Math.clz32(below(2 ** 32) | 1) }
}
