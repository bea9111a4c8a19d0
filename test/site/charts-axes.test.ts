import { describe, expect, test } from 'vitest'
import { rateAxis } from '../../site/charts/rate-axis.ts'
import { timeTicks } from '../../site/charts/time-axis.ts'
import { momentOf, wallTimeOf } from '../../site/charts/wall-time.ts'

const seconds = (iso: string) => Date.parse(iso) / 1000
const iso = (moment: number) => new Date(moment * 1000).toISOString().slice(0, 16)

describe('wall time', () => {
  test.each([
    { name: 'of a winter day', zone: 'Europe/Vienna', wall: '2026-11-23T00:00Z', moment: '2026-11-22T23:00' },
    { name: 'shown twice is the first', zone: 'Europe/Vienna', wall: '2026-10-25T02:30Z', moment: '2026-10-25T00:30' },
    { name: 'never shown is the jump', zone: 'Europe/Vienna', wall: '2026-03-29T02:00Z', moment: '2026-03-29T01:00' },
    { name: 'a midnight never shown', zone: 'Africa/Cairo', wall: '2026-04-24T00:00Z', moment: '2026-04-23T22:00' },
    { name: 'a zone of half hours', zone: 'Asia/Kolkata', wall: '2026-11-23T00:00Z', moment: '2026-11-22T18:30' },
    { name: 'west of Greenwich', zone: 'America/New_York', wall: '2026-11-01T01:30Z', moment: '2026-11-01T05:30' },
    { name: 'before the epoch', zone: 'Europe/Vienna', wall: '1969-12-31T00:00Z', moment: '1969-12-30T23:00' },
  ])('$name', ({ zone, wall, moment }) => {
    expect(iso(momentOf(seconds(wall), zone))).toBe(moment)
  })

  test.each(['2026-03-28', '2026-10-24', '2026-11-23'])('is found again for every quarter hour from %s on', (day) => {
    for (let at = seconds(day); at < seconds(day) + 2 * 86_400; at += 900) {
      const again = momentOf(wallTimeOf(at, 'Europe/Vienna'), 'Europe/Vienna')
      expect(at - again).toBe(at >= seconds('2026-10-25T01:00Z') && at < seconds('2026-10-25T02:00Z') ? 3600 : 0)
    }
  })
})

describe('the time axis', () => {
  const desk = 844
  const phone = 290

  test.each([
    {
      name: 'a day in hours, midnight by its day',
      range: ['2026-11-22T15:35Z', '2026-11-23T15:35Z'],
      width: desk,
      labels: '18:00 21:00 *Mon 23* 03:00 06:00 09:00 12:00 15:00',
    },
    {
      name: 'a day on a phone',
      range: ['2026-11-22T15:35Z', '2026-11-23T15:35Z'],
      width: phone,
      labels: '18:00 *Mon 23* 06:00 12:00',
    },
    {
      name: 'a day of 23 hours',
      range: ['2026-03-28T23:00Z', '2026-03-29T22:00Z'],
      width: desk,
      labels: '*Sun 29* 03:00 06:00 09:00 12:00 15:00 18:00 21:00 *Mon 30*',
    },
    {
      name: 'a day of 25 hours',
      range: ['2026-10-24T22:00Z', '2026-10-25T23:00Z'],
      width: desk,
      labels: '*Sun 25* 03:00 06:00 09:00 12:00 15:00 18:00 21:00 *Mon 26*',
    },
    {
      name: 'a week',
      range: ['2026-11-16T15:30Z', '2026-11-23T15:30Z'],
      width: desk,
      labels: 'Tue 17,Wed 18,Thu 19,Fri 20,Sat 21,Sun 22,Mon 23',
    },
    {
      name: 'a week on a phone',
      range: ['2026-11-16T15:30Z', '2026-11-23T15:30Z'],
      width: phone,
      labels: 'Tue Wed Thu Fri Sat Sun Mon',
    },
    {
      name: 'a month by its Mondays',
      range: ['2026-10-23T16:00Z', '2026-11-23T16:00Z'],
      width: phone,
      labels: '26 Oct,2 Nov,9 Nov,16 Nov,23 Nov',
    },
    {
      name: 'a year in months, January by its year',
      range: ['2025-11-22T00:00Z', '2026-11-23T00:00Z'],
      width: desk,
      labels: 'Dec *2026* Feb Mar Apr May Jun Jul Aug Sept Oct Nov',
    },
    {
      name: 'a year on a phone',
      range: ['2025-11-22T00:00Z', '2026-11-23T00:00Z'],
      width: phone,
      labels: '*2026* Apr Jul Oct',
    },
    { name: 'ten years', range: ['2016-11-22T00:00Z', '2026-11-23T00:00Z'], width: phone, labels: '2020 2025' },
  ])('labels $name', ({ range, width, labels }) => {
    const [from, to] = range.map(seconds) as [number, number]
    const ticks = timeTicks(from, to, 'Europe/Vienna', width)
    const shown = ticks.map(({ label, isStrong }) => (isStrong ? `*${label}*` : label))
    expect(shown.join(labels.includes(',') ? ',' : ' ')).toBe(labels)
  })

  test.each([
    { zone: 'Europe/Vienna', day: '29', from: '2026-03-28T23:00Z', to: '2026-03-29T22:00Z', first: 2 },
    { zone: 'Europe/Vienna', day: '25', from: '2026-10-24T22:00Z', to: '2026-10-25T23:00Z', first: 4 },
    { zone: 'America/St_Johns', day: '8', from: '2026-03-08T03:30Z', to: '2026-03-09T02:30Z', first: 2 },
    { zone: 'America/St_Johns', day: '1', from: '2026-11-01T02:30Z', to: '2026-11-02T03:30Z', first: 4 },
    // Its clocks change by half an hour.
    { zone: 'Australia/Lord_Howe', day: '4', from: '2026-10-03T13:30Z', to: '2026-10-04T13:00Z', first: 2.5 },
    { zone: 'Australia/Lord_Howe', day: '5', from: '2026-04-04T13:00Z', to: '2026-04-05T13:30Z', first: 3.5 },
  ])(
    'has a day of $zone from midnight to midnight: its first three hours take $first',
    ({ zone, day, from, to, first }) => {
      const ticks = timeTicks(seconds(from), seconds(to), zone, desk)
      const apart = ticks.slice(1).map(({ at }, index) => (at - ticks[index]!.at) / 3600)
      expect(apart).toEqual([first, 3, 3, 3, 3, 3, 3, 3])
      const labels = ticks.map(({ label }) => label)
      expect(labels.slice(1, -1)).toEqual(['03:00', '06:00', '09:00', '12:00', '15:00', '18:00', '21:00'])
      expect(labels[0]).toBe(`Sun ${day}`)
    },
  )

  test('names a day whose midnight was skipped', () => {
    const [from, to] = [seconds('2026-04-22T22:00Z'), seconds('2026-04-25T21:00Z')]
    const ticks = timeTicks(from, to, 'Africa/Cairo', phone)
    expect(ticks.map(({ at, label }) => `${iso(at)} ${label}`)).toEqual([
      '2026-04-22T22:00 Thu 23',
      '2026-04-23T22:00 Fri 24',
      '2026-04-24T21:00 Sat 25',
      '2026-04-25T21:00 Sun 26',
    ])
  })

  test('has room for every label, whatever the range', () => {
    for (const width of [desk, 524, phone])
      for (let days = 0.25; days < 4000; days *= 1.3) {
        const to = seconds('2026-11-23T15:35Z')
        const from = to - Math.round(days * 86_400)
        const ticks = timeTicks(from, to, 'Europe/Vienna', width)
        const at = ticks.map((tick) => ((tick.at - from) / (to - from)) * width)
        ticks.slice(1).forEach(({ label }, index) => {
          const room = at[index + 1]! - at[index]!
          expect(room, `${days} days on ${width} pixels: ${label}`).toBeGreaterThan(label.length * 5)
        })
        expect(ticks.length, `${days} days on ${width} pixels`).toBeGreaterThan(0)
      }
  })
})

describe('the rate axis', () => {
  test.each([
    { name: 'both ways', reach: { in: 1.1e9, out: 4.2e8 }, labels: '0.4 0.2 0 0.2 0.4 0.6 0.8 1', unit: 'Gb/s' },
    { name: 'just below the next prefix', reach: { in: 9.9e8, out: 1e8 }, labels: '0 200 400 600 800', unit: 'Mb/s' },
    { name: 'a trickle', reach: { in: 0.03, out: 0.004 }, labels: '0 0.005 0.01 0.015 0.02 0.025 0.03', unit: 'b/s' },
    { name: 'nothing', reach: { in: 1, out: 0.15 }, labels: '0 0.2 0.4 0.6 0.8 1', unit: 'b/s' },
    { name: 'more than any network', reach: { in: 5e21, out: 5e21 }, labels: '4000 2000 0 2000 4000', unit: 'Eb/s' },
  ])('of $name', ({ reach, labels, unit }) => {
    const axis = rateAxis(reach, 'b/s', 278)
    expect(axis.ticks.map(({ label }) => label).join(' ')).toBe(labels)
    expect(axis.unit).toBe(unit)
  })

  test('never crowds its ticks and always has some', () => {
    for (let most = 0.001; most < 1e18; most *= 1.37)
      for (const height of [278, 228]) {
        const reach = { in: most, out: most * 0.3 }
        const { ticks } = rateAxis(reach, 'b/s', height)
        const apart = (ticks[1]!.value - ticks[0]!.value) * (height / (reach.in + reach.out))
        expect(apart).toBeGreaterThanOrEqual(29.9)
        expect(ticks.length).toBeGreaterThanOrEqual(3)
        expect(new Set(ticks.filter(({ value }) => value >= 0).map(({ label }) => label)).size).toBe(
          ticks.filter(({ value }) => value >= 0).length,
        )
      }
  })
})
