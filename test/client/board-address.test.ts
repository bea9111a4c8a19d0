import { expect, test } from 'vitest'
import { boardAddressOf } from '../../site/client/board-address.ts'
import { boardPlacesOf } from '../../site/pages/board-places.ts'
import { bothWays } from '../site/rates.ts'

/* Points 0 to 3 of a chart that begins ten minutes before a UTC day; nobody measured the second. */
const from = Date.parse('2026-11-23T23:50:00Z') / 1000
const total = bothWays([0, null, 5, 7], [0, null, 5, 7])
const chart = { from, stepSeconds: 300, total, unit: 'b/s' } as const

test.each([
  {
    name: 'of every slot that was measured, also without traffic',
    stepSeconds: 300,
    since: '2026-11-23',
    known: [0, 2, 3],
  },
  { name: 'of the days that have some', stepSeconds: 300, since: '2026-11-24', known: [2, 3] },
  { name: 'of no slot before all of them', stepSeconds: 300, since: '2026-11-25', known: [] },
  { name: 'of no wider point', stepSeconds: 1800, since: '2026-11-23', known: [] },
])('scoreboards lie where links.ts says: $name', ({ stepSeconds, since, known }) => {
  const places = { root: '../../', since }
  const addresses = Array.from(total.in, (_, point) => boardAddressOf({ ...chart, stepSeconds }, places, point))
  const all = ['23/2350', '23/2355', '24/0000', '24/0005'].map((slot) => `../../scoreboard/2026/11/${slot}/#in-bits`)
  expect(addresses).toEqual(all.map((address, point) => (known.includes(point) ? address : null)))
})

test.each([
  { name: 'more went out', change: { total: bothWays([5], [7]) }, list: '#out-bits' },
  { name: 'more came in', change: { total: bothWays([7], [5]) }, list: '#in-bits' },
  { name: 'of packets', change: { total: bothWays([5], [7]), unit: 'pkt/s' }, list: '#out-packets' },
  { name: 'out alone', change: { total: bothWays([5], []), only: 'out' }, list: '#out-bits' },
  { name: 'in alone', change: { total: bothWays([5], []), only: 'in' }, list: '#in-bits' },
  { name: 'transit, which no list ranks', change: { total: bothWays([5], []), only: 'transit' }, list: '' },
] as const)('a point leads to the list of the direction that had more: $name', ({ change, list }) => {
  const address = boardAddressOf({ ...chart, ...change }, { root: '../', since: '2026-11-23' }, 0)
  expect(address).toBe(`../scoreboard/2026/11/23/2350/${list}`)
})

test('where a page tells of no scoreboards there are none', () => {
  expect(boardAddressOf(chart, null, 0)).toBeNull()
})

test.each([
  { name: 'days before the chart do not matter', stepSeconds: 300, since: '2025-10-20', places: '2026-11-23' },
  { name: 'days within it do', stepSeconds: 300, since: '2026-11-24', places: '2026-11-24' },
  { name: 'a site without scoreboards has none', stepSeconds: 300, since: null, places: null },
  { name: 'nor have wider points', stepSeconds: 1800, since: '2025-10-20', places: null },
])('what a page tells of them: $name', ({ stepSeconds, since, places }) => {
  const told = boardPlacesOf('networks/library/', { from, stepSeconds }, since)
  expect(told).toEqual(places === null ? null : { root: '../../', since: places })
})
