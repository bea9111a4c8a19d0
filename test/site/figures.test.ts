import { expect, test } from 'vitest'
import { commitPart } from '../../ingest/store/part.ts'
import { ratesFrom } from '../../site/charts/rates.ts'
import { figuresOf, peaksOf, ratesOf } from '../../site/figures.ts'
import { createTrafficReader, UNSETTLED } from '../../site/traffic.ts'
import { configOf, DAY, part, store } from './stored.ts'

test('five-minute figures of a gap, a zero and a peak', () => {
  const config = configOf()
  // Three known slots, one missing between: 3,000 octets are 80 b/s.
  store(config, part(0, { http: [3000, 300] }), part(1, {}), part(3, { http: [6000, 600] }))
  const day = createTrafficReader(config.data, DAY + 3 * 300).read('day')
  expect(ratesOf(day, 'service/http', 'in', 'octets').slice(-4)).toEqual(ratesFrom([80, 0, null, 160]))
  expect(ratesOf(day, 'service/http', 'out', 'octets').slice(-4)).toEqual(ratesFrom([8, 0, null, 16]))
  expect(ratesOf(day, 'service/http', 'in', 'packets').slice(-4)).toEqual(ratesFrom([0.01, 0, null, 0.02]))
  expect(figuresOf(day, 'service/http', 'in', 'octets')).toEqual({
    now: 160,
    min: 0,
    average: 80,
    max: 160,
    percentile95: 160,
    total: 9000,
  })
})

test('a cell that saw nothing is zero where something was measured, unknown elsewhere', () => {
  const config = configOf()
  store(config, part(0, { http: [3000, 0] }))
  const day = createTrafficReader(config.data, DAY).read('day')
  expect(ratesOf(day, 'service/dns', 'in', 'octets').slice(-2)).toEqual(ratesFrom([null, 0]))
  expect(figuresOf(day, 'service/dns', 'in', 'octets')).toMatchObject({ now: 0, average: 0, total: 0 })
})

test('a member that the config did not have for a while is unknown in that time, its figures are those of the rest', () => {
  const config = configOf()
  const [all, without] = [['service/dns', 'service/http'], ['service/http']]
  const http = [3000, 300] as const
  store(
    config,
    part(0, { dns: [3000, 0], counted: all }),
    part(1, { http, counted: without }),
    part(2, { http, counted: all }),
  )
  const day = createTrafficReader(config.data, DAY + 2 * 300).read('day')
  expect(ratesOf(day, 'service/dns', 'in', 'octets').slice(-3)).toEqual(ratesFrom([80, null, 0]))
  expect(figuresOf(day, 'service/dns', 'in', 'octets')).toMatchObject({ min: 0, average: 40, max: 80, total: 3000 })
  expect(figuresOf(day, 'total', 'in', 'octets')).toMatchObject({ average: 80, total: 9000 })
})

test('nothing measured: every figure is unknown', () => {
  const config = configOf()
  const day = createTrafficReader(config.data, null).read('day')
  expect(figuresOf(day, 'total', 'in', 'octets')).toEqual({
    now: null,
    min: null,
    average: null,
    max: null,
    percentile95: null,
    total: null,
  })
})

test('coarser points average over the seconds that are known and keep the greatest five minutes', () => {
  const config = configOf()
  // Of the first half hour two slots of six are known: 9,000 octets in 600 s are 120 b/s; its greatest slot was 160 b/s.
  const rest = Array.from({ length: 6 }, (_, at) => part(6 + at, { http: [3000, 0] }))
  store(config, part(0, { http: [3000, 0] }), part(4, { http: [6000, 0] }), ...rest)
  const week = createTrafficReader(config.data, DAY + 11 * 300).read('week')
  expect(week.to).toBe(DAY + 3600)
  expect(ratesOf(week, 'total', 'in', 'octets').slice(-2)).toEqual(ratesFrom([120, 80]))
  expect(peaksOf(week, 'total', 'in', 'octets').slice(-2)).toEqual(ratesFrom([160, 80]))
  // 27,000 octets in eight slots.
  expect(figuresOf(week, 'total', 'in', 'octets')).toMatchObject({ average: 90, max: 160, min: 80, total: 27_000 })
})

test('the 95th percentile is the nearest rank', () => {
  const config = configOf()
  // 20 points of 80, 160, … 1,600 b/s: the 19th is the 95th percentile.
  store(config, ...Array.from({ length: 20 }, (_, at) => part(at, { http: [3000 * (at + 1), 0] })))
  const day = createTrafficReader(config.data, DAY + 19 * 300).read('day')
  expect(figuresOf(day, 'total', 'in', 'octets').percentile95).toBe(19 * 80)
})

test('a range ends with its newest complete point', () => {
  const config = configOf()
  store(config, ...Array.from({ length: 8 }, (_, at) => part(at, { http: [3000, 0] })))
  const reader = createTrafficReader(config.data, DAY + 7 * 300)
  expect(reader.read('day').to).toBe(DAY + 2400)
  expect(reader.read('week').to).toBe(DAY + 1800)
  expect(reader.read('month').to).toBe(DAY)
  expect(reader.read('year').to).toBe(DAY)
})

test('a range moves on with its step, or when a flow file comes late', () => {
  const config = configOf()
  const states = (newest: number) => {
    const reader = createTrafficReader(config.data, DAY + newest * 300)
    return { day: reader.stateOf('day'), week: reader.stateOf('week') }
  }
  store(config, ...Array.from({ length: 7 }, (_, at) => part(at, { http: [3000, 0] })))
  const before = states(6)
  store(config, part(7, { http: [3000, 0] }))
  const after = states(7)
  expect(after.day).not.toBe(before.day)
  expect(after.week).toBe(before.week)
  store(config, part(2, { http: [3000, 0], file: 1 }))
  expect(states(7).week).not.toBe(after.week)
})

test('while series are being made from parts, a range has no state to rely on', () => {
  const config = configOf()
  store(config, part(0, { http: [3000, 0] }))
  commitPart(config.data, part(1, { http: [3000, 0] }))
  expect(createTrafficReader(config.data, DAY + 300).stateOf('day')).toBe(UNSETTLED)
})
