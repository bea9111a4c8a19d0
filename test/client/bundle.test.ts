import { existsSync, readFileSync } from 'node:fs'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { parse } from 'vega'
import { expect, test } from 'vitest'
import { CHART_SIZES, stackedSpec } from '../../site/charts/stacked.ts'

/* What a visitor's browser loads. `npm run build` makes it. */
const ROOT = new URL('../..', import.meta.url).pathname
const BUNDLE = `${ROOT}dist/site/client/main.js`

test('the bundle of charts and explorer is at most 125 KB, packed with Brotli', () => {
  expect(existsSync(BUNDLE)).toBe(true)
  const packed = brotliCompressSync(readFileSync(BUNDLE)).length
  console.log(`client.js: ${packed} bytes, Brotli`)
  expect(packed).toBeLessThan(125_000)
  expect(packed).toBeGreaterThan(50_000)
})

test('what every page loads is at most 3 KB, packed', () => {
  const packed = gzipSync(readFileSync(`${ROOT}templates/assets/site.js`)).length
  console.log(`site.js: ${packed} bytes, gzip`)
  expect(packed).toBeLessThan(3000)
})

test('the bundle brings every operator that the charts are made of', () => {
  const brought = readFileSync(`${ROOT}site/charts/vega.mjs`, 'utf8')
  const needed = CHART_SIZES.flatMap((size) => operatorsOf(parse(stackedSpec(size), undefined, { ast: true })))
  expect(needed.length).toBeGreaterThan(20)
  for (const operator of new Set(needed)) expect(brought).toMatch(new RegExp(`transforms, \\{[^}]*\\b${operator}\\b`))
})

/** The types of a compiled specification's operators, however deep. */
function operatorsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { type, id } = value as { type?: string; id?: unknown }
  const own = typeof type === 'string' && id !== undefined && type !== 'operator' ? [type] : []
  return [...own, ...Object.values(value).flatMap(operatorsOf)]
}
