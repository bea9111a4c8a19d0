import { constants, deflateSync, gzipSync, inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gunzip, inflate } from '../../ingest/decode/inflate.ts'
import type { UnpackEnd } from '../../ingest/decode/unpacking.ts'

interface Unpacked {
  readonly bytes: Buffer
  readonly end: UnpackEnd
}

/** Unpacks a stream that comes in pieces. */
async function unpack(packed: Uint8Array, pieceLength = packed.length, by = inflate): Promise<Unpacked> {
  const stream = by(
    (async function* () {
      for (let at = 0; at < packed.length; at += pieceLength) yield packed.subarray(at, at + pieceLength)
    })(),
  )
  const chunks: Buffer[] = []
  for (;;) {
    const step = await stream.next()
    if (step.done === true) return { bytes: Buffer.concat(chunks), end: step.value }
    chunks.push(Buffer.from(step.value))
  }
}

const whole = { kind: 'end', trailing: 0 }

/** Bytes that hold no repetition: `Math.imul` spreads a counter. */
const noise = (length: number) => Buffer.from(Array.from({ length }, (_, i) => Math.imul(i + 1, 0x9e37_79b1) >>> 24))

/** Runs of bytes, some of them over and over: matches near, far, overlapping, long. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 60 })), { maxLength: 30 })
  .map((runs) => Buffer.concat(runs.flatMap(([bytes, times]) => new Array<Uint8Array>(times).fill(bytes))))
const packing = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FILTERED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
  ),
})

describe('zlib streams', () => {
  test('what zlib packs, in any way, unpacks to the same, in pieces of any length', async () => {
    await fc.assert(
      fc.asyncProperty(repetitive, packing, fc.integer({ min: 1, max: 300 }), async (bytes, options, pieceLength) => {
        const { bytes: unpacked, end } = await unpack(deflateSync(bytes, options), pieceLength)
        expect(end).toEqual(whole)
        expect(unpacked.equals(bytes)).toBe(true)
      }),
    )
  })

  test.each([0, 1, 6, 9])(
    'more than fits in memory at once, level %i, with matches as far back as can be',
    async (level) => {
      const far = noise(32_768)
      const bytes = Buffer.concat([
        noise(700_001),
        far,
        far.subarray(0, 32_500),
        Buffer.alloc(300_000, 7),
        noise(99_999),
      ])
      for (const pieceLength of [997, 65_536, 400_000]) {
        const { bytes: unpacked, end } = await unpack(deflateSync(bytes, { level }), pieceLength)
        expect(end).toEqual(whole)
        expect(unpacked.equals(bytes)).toBe(true)
      }
    },
  )

  test.each([1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 257, 258, 259])('bytes that repeat after %i', async (distance) => {
    const bytes = Buffer.concat(new Array<Buffer>(Math.ceil(600_000 / distance)).fill(noise(distance)))
    expect((await unpack(deflateSync(bytes))).bytes.equals(bytes)).toBe(true)
  })

  test('damaged: refused where zlib refuses it, and what is handed on begins as zlib has it', async () => {
    await fc.assert(
      fc.asyncProperty(repetitive, packing, fc.nat(), fc.nat(255), async (bytes, options, place, value) => {
        const packed = deflateSync(bytes, options)
        packed[place % packed.length] = value
        const { bytes: unpacked, end } = await unpack(packed, 100)
        const expected = reference(packed)
        expect(messageOf(end)).toBe(expected.message)
        expect(unpacked.subarray(0, expected.bytes.length).equals(expected.bytes)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('cut short: all that can be known is handed on', async () => {
    const bytes = Buffer.concat([noise(300), Buffer.alloc(5000, 'flow'), noise(300)])
    const packed = deflateSync(bytes)
    for (let length = 0; length < packed.length; length++) {
      const { bytes: unpacked, end } = await unpack(packed.subarray(0, length), 50)
      expect(end).toEqual({ kind: 'truncated' })
      const known = inflateSync(packed.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH })
      expect(unpacked.equals(known)).toBe(true)
    }
  })

  test('what lies behind is counted, and damage has its byte', async () => {
    const packed = deflateSync(noise(1000))
    expect((await unpack(Buffer.concat([packed, Buffer.alloc(77)]), 10)).end).toEqual({ kind: 'end', trailing: 77 })
    const stored = deflateSync(Buffer.alloc(100), { level: 0 })
    stored[4]! ^= 1
    expect((await unpack(stored)).end).toEqual({ kind: 'damaged', read: 7, message: 'invalid stored block lengths' })
  })

  test('a bomb is stopped at its bound, not a piece later', async () => {
    const { bytes, end } = await unpack(deflateSync(Buffer.alloc(200 << 20)))
    expect(end.kind).toBe('bomb')
    expect(bytes.length).toBeLessThan(96 << 20)
    if (end.kind === 'bomb') expect(end.written - (64 << 20) - end.read * 256).toBeLessThan(1 << 18)
  })

  test('two streams at the same time do not meet', async () => {
    const [one, other] = [noise(600_000), Buffer.alloc(600_000, 'flow')]
    const unpacked = await Promise.all([one, other].map((bytes) => unpack(deflateSync(bytes), 1000)))
    expect(unpacked.map(({ bytes }, i) => bytes.equals([one, other][i]!))).toEqual([true, true])
  })
})

describe('gzip members', () => {
  const flags = { text: 1, checksum: 2, extra: 4, name: 8, comment: 16 }
  const packed = gzipSync(noise(1000))
  const withHead = (flag: number, more: Buffer) => {
    const member = Buffer.concat([packed.subarray(0, 10), more, packed.subarray(10)])
    member[3] = flag
    return member
  }

  test.each([
    { name: 'a text', member: withHead(flags.text, Buffer.alloc(0)) },
    { name: 'a name', member: withHead(flags.name, Buffer.from('flows\0')) },
    { name: 'extra bytes', member: withHead(flags.extra, Buffer.from([3, 0, 1, 2, 3])) },
    { name: 'all there is', member: withHead(31, Buffer.from([1, 0, 9, 65, 0, 66, 67, 0, 4, 5])) },
  ])('$name', async ({ member }) => {
    for (const pieceLength of [1, 7, 5000]) {
      const { bytes, end } = await unpack(Buffer.concat([member, member]), pieceLength, gunzip)
      expect(end).toEqual(whole)
      expect(bytes.equals(Buffer.concat([noise(1000), noise(1000)]))).toBe(true)
    }
  })

  test.each([
    { name: 'a head cut short', member: packed.subarray(0, 9), end: { kind: 'truncated' } },
    {
      name: 'a name without end',
      member: withHead(flags.name, Buffer.alloc(2000, 1)).subarray(0, 1500),
      end: { kind: 'truncated' },
    },
    {
      name: 'flags of the future',
      member: withHead(32, Buffer.alloc(0)),
      end: { message: 'unknown header flags set' },
    },
  ])('$name', async ({ member, end }) => {
    expect((await unpack(member, 100, gunzip)).end).toMatchObject(end)
  })

  test.each([
    { place: -1, message: 'incorrect length check' },
    { place: -5, message: 'incorrect data check' },
  ])('$message', async ({ place, message }) => {
    const damaged = Buffer.from(packed)
    damaged[damaged.length + place]! ^= 1
    expect((await unpack(damaged, 100, gunzip)).end).toEqual({ kind: 'damaged', read: packed.length, message })
  })
})

/** What is wrong with a stream, if something is. */
function messageOf(end: UnpackEnd): string | null {
  return end.kind === 'damaged' ? end.message : end.kind === 'truncated' ? 'unexpected end of file' : null
}

/** What zlib makes of a stream. */
function reference(packed: Uint8Array): { readonly bytes: Buffer; readonly message: string | null } {
  try {
    return { bytes: inflateSync(packed), message: null }
  } catch (error) {
    return { bytes: Buffer.alloc(0), message: (error as Error).message }
  }
}
