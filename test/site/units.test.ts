import { describe, expect, test } from 'vitest'
import {
  formatMoment,
  formatQuantity,
  formatShare,
  formatSi,
  formatSpan,
  formatYearlessMoment,
} from '../../site/units.ts'

/** Narrow no-break spaces as spaces, for reading. */
const read = (text: string) => text.replaceAll('\u202f', ' ')

test.each([
  [0, '0'],
  [0.0001, '<0.001'],
  [0.0033, '0.003'],
  [0.25, '0.25'],
  [0.996, '1'],
  [7, '7'],
  [9.996, '10'],
  [926, '926'],
  [999.4, '999'],
  [999.6, '1.00 k'],
  [1234, '1.23 k'],
  [12_345, '12.3 k'],
  [999_999, '1.00 M'],
  [3.11e9, '3.11 G'],
  [4.7e12, '4.70 T'],
  [2 ** 70, '1.18 Z'],
])('%d is written %s', (value, text) => {
  expect(read(formatSi(value))).toBe(text)
})

test.each([
  [3.11e9, 'b/s', '3.11 Gb/s'],
  [926, 'b/s', '926 b/s'],
  [0, 'B', '0 B'],
  [1.5e12, 'B', '1.50 TB'],
  [null, 'b/s', '–'],
])('%d %s is written %s', (value, unit, text) => {
  expect(read(formatQuantity(value, unit))).toBe(text)
})

test.each([
  [null, '–'],
  [0, '0.0 %'],
  [0.0001, '<0.1 %'],
  [0.347, '34.7 %'],
  [1, '100 %'],
])('a share of %d is written %s', (share, text) => {
  expect(read(formatShare(share))).toBe(text)
})

test.each([
  [300, '5 minutes'],
  [7200, '2 hours'],
  [86_400, '1 day'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatSpan(seconds)).toBe(text)
})

describe('a moment', () => {
  test.each([
    ['2026-11-23T15:35:00Z', 'Europe/Vienna', '23 Nov 2026, 16:35 CET'],
    ['2026-07-01T22:30:00Z', 'Europe/Vienna', '2 Jul 2026, 00:30 CEST'],
    ['2026-11-23T15:35:00Z', 'America/New_York', '23 Nov 2026, 10:35 EST'],
    ['2026-11-23T15:35:00Z', 'UTC', '23 Nov 2026, 15:35 UTC'],
    ['2026-03-08T05:29:00Z', 'America/St_Johns', '8 Mar 2026, 01:59 NST'],
    ['2026-03-08T05:30:00Z', 'America/St_Johns', '8 Mar 2026, 03:00 NDT'],
    ['2026-11-01T04:29:00Z', 'America/St_Johns', '1 Nov 2026, 01:59 NDT'],
    ['2026-11-01T04:30:00Z', 'America/St_Johns', '1 Nov 2026, 01:00 NST'],
    // Its clocks change by half an hour.
    ['2026-10-03T15:29:00Z', 'Australia/Lord_Howe', '4 Oct 2026, 01:59 LHST'],
    ['2026-10-03T15:30:00Z', 'Australia/Lord_Howe', '4 Oct 2026, 02:30 LHDT'],
    ['2026-04-04T14:59:00Z', 'Australia/Lord_Howe', '5 Apr 2026, 01:59 LHDT'],
    ['2026-04-04T15:00:00Z', 'Australia/Lord_Howe', '5 Apr 2026, 01:30 LHST'],
    // The hour that autumn has twice.
    ['2026-10-25T00:30:00Z', 'Europe/Vienna', '25 Oct 2026, 02:30 CEST'],
    ['2026-10-25T01:30:00Z', 'Europe/Vienna', '25 Oct 2026, 02:30 CET'],
  ])('%s in %s is %s', (iso, zone, text) => {
    const moment = formatMoment(Date.parse(iso) / 1000, zone)
    expect(moment).toEqual({ iso, text, utc: `${iso.slice(0, 16).replace('T', ' ')} UTC` })
  })
  test('the year is left out where it is plain, and not on hover', () => {
    expect(formatYearlessMoment(Date.parse('2026-11-23T15:35:00Z') / 1000, 'Europe/Vienna')).toEqual({
      iso: '2026-11-23T15:35:00Z',
      text: '23 Nov, 16:35 CET',
      utc: '2026-11-23 15:35 UTC',
    })
  })
})
