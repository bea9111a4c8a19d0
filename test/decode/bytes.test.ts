import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader } from '../../ingest/decode/bytes.ts'

test('what is taken is the same however it comes, and wherever it is held from some point on', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40_000, size: 'max' }), { maxLength: 6 }),
      fc.array(fc.nat({ max: 30_000 }), { minLength: 1, maxLength: 12 }),
      fc.nat({ max: 12 }),
      async (chunks, lengths, moved) => {
        const whole = Buffer.concat(chunks)
        const reader = new ByteReader(
          (async function* () {
            yield* chunks
          })(),
        )
        let at = 0
        for (const [turn, length] of lengths.entries()) {
          if (turn === moved) reader.holdIn((size) => new Uint8Array(new SharedArrayBuffer(size)))
          const taken = await reader.take(length)
          expect(Buffer.compare(taken, whole.subarray(at, at + length))).toBe(0)
          if (turn >= moved) expect(taken.buffer).toBeInstanceOf(SharedArrayBuffer)
          at += taken.length
          expect(reader.offset).toBe(at)
        }
      },
    ),
    { numRuns: 40 },
  )
})
