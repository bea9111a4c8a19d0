import { describe, expect, test } from 'vitest'
import { assemble } from '../../site/client/assemble.ts'
import { type MonthStatement, monthOf, wholeOf } from '../../site/client/month.ts'
import { endsNow, planAt } from '../../site/client/plan.ts'
import { createSource } from '../../site/client/published.ts'
import { readQuery } from '../../site/client/query.ts'
import { shownOf } from '../../site/client/shown.ts'
import { movedText } from '../../site/client/words.ts'
import { catalogOf, daysTo, END, publish } from './published.ts'

const catalog = catalogOf()
const HOUR = 3600
const counted = (octetsIn: number | string | null, octetsOut: number | null) => ({
  in: { octets: octetsIn },
  out: { octets: octetsOut },
})
/** Counted until an hour before the newest slot. */
const STATEMENT: MonthStatement = {
  since: null,
  until: new Date((END - HOUR) * 1000).toISOString(),
  total: { id: 'total', ...counted(100_000, 40_000) },
  dimensions: { network: [{ id: 'library', ...counted(10_000, 2000) }] },
}
const november = { name: '2026-11', from: seconds('2026-10-31T23:00Z'), to: seconds('2026-11-30T23:00Z') }

function seconds(time: string): number {
  return Date.parse(time) / 1000
}

/** All traffic, and the library's, in the two hours to the newest slot: 100 octets in and 10 out in each five minutes. */
function lastHours(query: string) {
  const { exploration } = readQuery(query, catalog)
  const plan = planAt(catalog, '5m', END - 2 * HOUR, END)
  const columns = (octets: number) => ({
    at: 0,
    octets: new Array(24).fill(octets),
    packets: new Array(24).fill(1),
    flows: new Array(24).fill(1),
  })
  const cell = { in: columns(100), out: columns(10) }
  const index = { from: plan.from, step: 300, points: 24, known: new Array(24).fill(300), chunks: {} }
  const cells = new Map([
    ['total', cell],
    ['network/library', cell],
    ['service/https', { in: columns(30), out: columns(10) }],
    ['service/other', { in: columns(70), out: columns(0) }],
  ])
  const now = assemble(plan, [{ index, cells }])
  return { exploration, plan, now, shown: shownOf(catalog, exploration, plan, now, null) }
}

function told(query: string, statement: MonthStatement): string {
  const { exploration, plan, now, shown } = lastHours(query)
  const whole = wholeOf(statement, november, exploration, plan, now)!
  const { before, month, after } = movedText(catalog, exploration, shown, whole)
  return `${before}${month}${after}`.replaceAll('\u202f', ' ')
}

describe('the month of what is shown', () => {
  test.each([
    { name: 'a day within', query: '', from: '2026-11-20T02:00Z', to: '2026-11-21T02:00Z', month: '2026-11' },
    {
      name: 'from its first midnight',
      query: '',
      from: '2026-10-31T23:00Z',
      to: '2026-11-01T05:00Z',
      month: '2026-11',
    },
    { name: 'over its first midnight', query: '', from: '2026-10-31T22:55Z', to: '2026-11-01T05:00Z', month: null },
    { name: 'of which nothing is kept', query: '', from: '1999-01-01T00:00Z', to: '1999-01-02T00:00Z', month: null },
    { name: 'of packets', query: 'measure=packets', from: '2026-11-20T02:00Z', to: '2026-11-21T02:00Z', month: null },
    { name: 'of transit', query: 'way=transit', from: '2026-11-20T02:00Z', to: '2026-11-21T02:00Z', month: null },
    {
      name: 'before the first point is over',
      query: '',
      from: '2026-11-25T15:00Z',
      to: '2026-11-25T16:00Z',
      month: null,
    },
  ])('$name', ({ query, from, to, month }) => {
    const windows = daysTo('2026-11-25', 30)
    const catalog = catalogOf({ resolutions: { '5m': { step: 300, window: 'day', windows } } })
    const plan = planAt(catalog, '5m', seconds(from), seconds(to))
    expect(monthOf(catalog, readQuery(query, catalog).exploration, plan)?.name ?? null).toBe(month)
  })

  test('what is shown beyond its statement counts, too: no share is above all', () => {
    const { exploration, plan, now } = lastHours('')
    expect(wholeOf(STATEMENT, november, exploration, plan, now)).toEqual({
      month: november,
      since: null,
      until: END,
      // Of two hours the second: twelve points.
      octets: [100_000 + 1200, 40_000 + 120],
    })
  })

  test.each([
    ['a member that it does not have', 'of=network/campus', STATEMENT],
    ['a dimension that it does not have', 'of=service/https', STATEMENT],
    ['what nobody measured', '', { ...STATEMENT, total: { id: 'total', ...counted(null, null) } }],
  ])('its statement does not tell of %s', (_, query, statement) => {
    const { exploration, plan, now } = lastHours(query)
    expect(wholeOf(statement, november, exploration, plan, now)).toBeNull()
  })
})

describe('the sentence', () => {
  const whole = { ...STATEMENT, until: new Date(november.to * 1000).toISOString() }

  test.each([
    [
      '',
      STATEMENT,
      'Moved: 2.40 kB in, 240 B out. Of all traffic in November 2026 (counted until 25 Nov, 16:00 CET): 2.4 % of in, 0.6 % of out. The greatest service, Web: 720 B in (0.7 %), 240 B out (0.6 %).',
    ],
    [
      'of=network/library',
      { ...whole, since: '2026-11-22T07:00:00Z' },
      'Moved: 2.40 kB in, 240 B out. Of Library in November 2026 (counted since 22 Nov): 24.0 % of in, 12.0 % of out.',
    ],
    [
      'way=out',
      { ...STATEMENT, since: '2026-11-22T07:00:00Z' },
      'Moved: 240 B out. Of all traffic in November 2026 (counted 22 Nov to 25 Nov, 16:00 CET): 0.6 % of out. The greatest service, Web: 240 B out (0.6 %).',
    ],
    [
      'by=service&only=https&way=in',
      { ...whole, total: { id: 'total', ...counted('9007199254740993000', 1) } },
      'Moved: 720 B in. Of all traffic in November 2026: <0.1 % of in.',
    ],
  ])('of %s', (query, statement, sentence) => {
    expect(told(query, statement)).toBe(sentence)
  })
})

test('a statement is fetched once with a catalog, and again with the next; none is not an error', async () => {
  const address = '../reports/2026-11/statement.json'
  const published = publish({ '../data/catalog.json': catalog, [address]: STATEMENT })
  const source = createSource('../data/catalog.json', '../', (address) => published.fetch(address))
  const times = () => published.fetched.filter((each) => each === address).length
  await source.readCatalog()
  expect(await source.readStatement('2026-11')).toEqual(STATEMENT)
  await source.readStatement('2026-11')
  expect(times()).toBe(1)
  await source.readCatalog()
  await source.readStatement('2026-11')
  expect(times()).toBe(2)
  expect(await source.readStatement('2026-10')).toBeNull()
})

test.each([
  [END, true],
  [END - 300, false],
])('the last point is now only where it is the newest: to %d', (to, isNow) => {
  expect(endsNow(catalog, planAt(catalog, '5m', END - HOUR, to))).toBe(isNow)
})
