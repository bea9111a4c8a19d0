import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTextBytes, writeAscii, writeNumber, writeText, writtenBytes } from '../../site/text-bytes.ts'

function written(number: number): string {
  const text = createTextBytes(0)
  writeNumber(text, number)
  return new TextDecoder().decode(writtenBytes(text))
}

/** Where the way in which a number is written changes. */
const EDGES = [0, 1, 9, 10, 999, 1000, 2 ** 31, 1e9, 1e12, Number.MAX_SAFE_INTEGER, 1e21, Number.MAX_VALUE]
const nearEdges = EDGES.flatMap((edge) => [edge - 1, edge - 0.001, edge, edge + 0.001, edge + 1])

test.each([...nearEdges, 0.01, 0.1, 0.12, 12.345, 0.0004, 1e-7, 1234567.891, 0.30000000000000004, -5.25, -0])(
  '%d is written as everybody writes it',
  (number) => {
    expect(written(number)).toBe(String(number))
  },
)

test('and so is any other number', () => {
  const rate = fc.oneof(
    fc.maxSafeNat(),
    fc.maxSafeNat().map((thousandths) => thousandths / 1000),
    fc.nat(1e9).map((thousandths) => thousandths / 1000),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  fc.assert(
    fc.property(rate, (number) => written(number) === String(number)),
    { numRuns: 20_000 },
  )
})

test('a text grows with what is written, in any script', () => {
  const text = createTextBytes(3)
  for (const part of ['rate ', 'Größe 量 🌍', 'a'.repeat(500)]) writeText(text, part)
  writeAscii(text, ',')
  writeNumber(text, 12.5)
  expect(new TextDecoder().decode(writtenBytes(text))).toBe(`rate Größe 量 🌍${'a'.repeat(500)},12.5`)
})
