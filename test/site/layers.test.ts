import { expect, test } from 'vitest'
import { ratesFrom } from '../../site/charts/rates.ts'
import { restOf } from '../../site/layers.ts'
import { bothWays } from './rates.ts'

const layer = (...rates: (number | null)[]) => ({ id: 'a', label: 'A', color: 'red', ...bothWays(rates, rates) })

test('what layers leave has no more decimals than rates, is unknown where the total is, and never less than nothing', () => {
  const total = layer(0.345, null, 5, 1, 2)
  const rest = restOf(total, [layer(0.19, 7, null, 0.7, 1.5), layer(0.154, 7, 3, 0.7, 0.5)])
  expect(rest?.in).toEqual(ratesFrom([0.001, null, 2, 0, 0]))
})

test('what is left of bits stays whole', () => {
  const total = layer(2 ** 53 - 1)
  expect(restOf(total, [layer(2 ** 52)])?.out).toEqual(ratesFrom([2 ** 52 - 1]))
})

test('less than a thousandth of the total is not worth a layer', () => {
  expect(restOf(layer(2000), [layer(1999)])).toBeNull()
})
