import { expect, test } from 'vitest'
import { boardAddressOf } from '../../site/client/board-address.ts'
import { boardPlacesOf } from '../../site/pages/board-places.ts'

/* Points 0 to 3 of a chart that begins ten minutes before a UTC day; nobody measured the second. */
const from = Date.parse('2026-11-23T23:50:00Z') / 1000
const total = { in: [0, null, 5, 7], out: [0, null, 5, 7] }

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
  const addresses = total.in.map((_, point) => boardAddressOf({ from, stepSeconds, total }, places, point))
  const all = ['23/2350', '23/2355', '24/0000', '24/0005'].map((slot) => `../../scoreboard/2026/11/${slot}/`)
  expect(addresses).toEqual(all.map((address, point) => (known.includes(point) ? address : null)))
})

test('where a page tells of no scoreboards there are none', () => {
  expect(boardAddressOf({ from, stepSeconds: 300, total }, null, 0)).toBeNull()
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
