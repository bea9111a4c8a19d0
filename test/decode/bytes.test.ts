import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, type ByteSource } from '../../ingest/decode/bytes.ts'

/** Every second chunk is put where the reader offers a place, if that is large enough. */
function comingAs(chunks: readonly Uint8Array[]): ByteSource {
  const rest = chunks.values()
  let turn = 0
  return {
    [Symbol.asyncIterator]: () => ({
      async next(place) {
        const step = rest.next()
        if (step.done || turn++ % 2 === 0 || place === undefined || place.length < step.value.length) return step
        place.set(step.value)
        return { value: place.subarray(0, step.value.length) }
      },
    }),
  }
}

test('what is taken is the same however it comes, and wherever it is held from some point on', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40_000, size: 'max' }), { maxLength: 6 }),
      fc.array(fc.nat({ max: 30_000 }), { minLength: 1, maxLength: 12 }),
      fc.nat({ max: 12 }),
      async (chunks, lengths, moved) => {
        const whole = Buffer.concat(chunks)
        const reader = new ByteReader(comingAs(chunks))
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
