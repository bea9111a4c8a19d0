import { describe, expect, test } from 'vitest'
import { daySpan, moved, spanTo, wider } from '../../site/client/span.ts'

const at = (iso: string) => Date.parse(iso) / 1000
const iso = ({ from, to }: { from: number; to: number }) =>
  [from, to].map((seconds) => new Date(seconds * 1000).toISOString().slice(0, 16))

describe('stretches of time', () => {
  test('a day of the zone has 23 hours when clocks are set forward, and 25 when they are set back', () => {
    expect(iso(daySpan(at('2026-03-29T12:00:00Z'), 0, 'Europe/Vienna'))).toEqual([
      '2026-03-28T23:00',
      '2026-03-29T22:00',
    ])
    expect(iso(daySpan(at('2026-10-25T12:00:00Z'), 0, 'Europe/Vienna'))).toEqual([
      '2026-10-24T22:00',
      '2026-10-25T23:00',
    ])
    const half = daySpan(at('2026-10-04T12:00:00Z'), 0, 'Australia/Lord_Howe')
    expect(half.to - half.from).toBe(23.5 * 3600)
  })

  test('yesterday is the day before that of the newest slot, also at midnight', () => {
    expect(iso(daySpan(at('2026-11-24T23:00:00Z'), -1, 'Europe/Vienna'))).toEqual([
      '2026-11-22T23:00',
      '2026-11-23T23:00',
    ])
    expect(iso(daySpan(at('2026-11-25T02:30:00Z'), -1, 'America/St_Johns'))).toEqual([
      '2026-11-23T03:30',
      '2026-11-24T03:30',
    ])
  })

  test('whole days stay whole days when they move over a change of clocks', () => {
    const week = { from: at('2026-10-25T23:00:00Z'), to: at('2026-11-01T23:00:00Z') }
    expect(iso(moved(week, -1, 'Europe/Vienna'))).toEqual(['2026-10-18T22:00', '2026-10-25T23:00'])
  })

  test('hours move by their length', () => {
    const hours = spanTo(at('2026-10-25T03:00:00Z'), 6 * 3600)
    expect(iso(moved(hours, -1, 'Europe/Vienna'))).toEqual(['2026-10-24T15:00', '2026-10-24T21:00'])
    expect(iso(moved(hours, 1, 'Europe/Vienna'))).toEqual(['2026-10-25T03:00', '2026-10-25T09:00'])
    expect(iso(wider(hours))).toEqual(['2026-10-24T18:00', '2026-10-25T06:00'])
  })
})
