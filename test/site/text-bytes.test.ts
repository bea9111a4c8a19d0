import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createTextBytes,
  type TextBytes,
  writeArray,
  writeRow,
  writeText,
  writtenBytes,
} from '../../site/text-bytes.ts'

function textOf(write: (text: TextBytes) => void, expected = 0): string {
  const text = createTextBytes(expected)
  write(text)
  return new TextDecoder().decode(writtenBytes(text))
}

function written(...numbers: number[]): string {
  return textOf((text) => writeArray(text, Float64Array.from(numbers)))
}

/** Where the way in which a number is written changes. */
const EDGES = [0, 1, 9, 10, 999, 1000, 2 ** 31, 1e9, 1e12, Number.MAX_SAFE_INTEGER, 1e21, Number.MAX_VALUE]
const nearEdges = EDGES.flatMap((edge) => [edge - 1, edge - 0.001, edge, edge + 0.001, edge + 1])

test.each([...nearEdges, 0.01, 0.1, 0.12, 12.345, 0.0004, 1e-7, 1234567.891, 0.30000000000000004, -5.25, -0])(
  '%d is written as everybody writes it',
  (number) => {
    expect(written(number)).toBe(JSON.stringify([number]))
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
    fc.property(rate, (number) => written(number) === JSON.stringify([number])),
    { numRuns: 20_000 },
  )
})

test('many of them, and what is unknown', () => {
  const numbers = [0, Number.NaN, 1234.5, 2 ** 40, -0.001]
  expect(written(...numbers)).toBe(JSON.stringify(numbers))
  expect(written()).toBe('[]')
})

test('a row of columns: unknown is nothing', () => {
  const columns = [
    [1, 2],
    [0.25, Number.NaN],
    [3e9, Number.MAX_VALUE],
  ].map((column) => Float64Array.from(column))
  const rows = textOf((text) => {
    for (const row of [0, 1]) writeRow(text, `row ${row}`, columns, row)
  })
  expect(rows).toBe('row 0,1,0.25,3000000000\r\nrow 1,2,,1.7976931348623157e+308\r\n')
})

test('a text grows with what is written, in any script', () => {
  const parts = ['rate ', 'Größe 量 🌍', 'a'.repeat(500)]
  const grown = textOf((text) => {
    for (const part of parts) writeText(text, part)
    writeArray(text, Float64Array.of(12.5))
  }, 3)
  expect(grown).toBe(`${parts.join('')}[12.5]`)
})
