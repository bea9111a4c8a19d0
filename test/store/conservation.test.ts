import { expect, test } from 'vitest'
import type { CellCounts, Part } from '../../ingest/model/part.ts'
import { imbalanceOf } from '../../ingest/store/conservation.ts'

const SLOT = Date.parse('2026-11-23T16:35:00Z') / 1000
const MOST = Number.MAX_SAFE_INTEGER
type Cells = { [cell: string]: CellCounts }

/** A part of these cells, of which only what is added up matters. */
const part = (octets: Part['total']['octets'], ...slots: Cells[]) =>
  ({
    total: { records: 1, octets, packets: 2, flows: 1 },
    slots: slots.map((cells, at) => ({ slot: SLOT + at * 300, cells })),
  }) as unknown as Part

const inOnly = (octets: number | bigint, packets = 2, flows = 1): CellCounts => ({
  in: [octets, packets, flows] as never,
})

test.each<{ name: string; given: Part; found: string | null }>([
  { name: 'nothing', given: { ...part(0), total: { records: 0, octets: 0, packets: 0, flows: 0 } }, found: null },
  {
    name: 'members that add up to the total',
    given: part(9, {
      total: inOnly(9),
      'router/other': inOnly(9),
      'service/http': inOnly(4, 1, 0),
      'service/other': inOnly(5, 1, 1),
      'router/other,service/http': inOnly(4, 1, 0),
    }),
    found: null,
  },
  {
    name: 'a flow over two slots',
    given: part(
      9,
      { total: inOnly(4, 1, 0), 'router/r': inOnly(4, 1, 0) },
      { total: inOnly(5, 1, 1), 'router/r': inOnly(5, 1, 1) },
    ),
    found: null,
  },
  {
    name: 'routers that are not of the border, which the total leaves out',
    given: part(9, { 'router/inner': inOnly(9) }),
    found: null,
  },
  {
    name: 'members beyond 2^53',
    given: part(2n * BigInt(MOST), {
      total: inOnly(2n * BigInt(MOST)),
      'router/other': inOnly(2n * BigInt(MOST)),
      'tos/a': inOnly(MOST, 1, 0),
      'tos/other': inOnly(MOST, 1, 1),
    }),
    found: null,
  },
  {
    name: 'a member that has too much',
    given: part(9, { total: inOnly(9), 'router/other': inOnly(9), 'protocol/tcp': inOnly(10) }),
    found: 'protocol in in 2026-11-23T16:35:00Z adds up to 10 octets, but the total has 9',
  },
  {
    name: 'a total without its members',
    given: part(9, { total: inOnly(9), 'router/other': inOnly(9), 'as/other': { out: [1, 1, 1] } }),
    found: 'as in in 2026-11-23T16:35:00Z adds up to 0 octets, but the total has 9',
  },
  {
    name: 'a file that holds more than was counted',
    given: part(10, { total: inOnly(9), 'router/other': inOnly(9) }),
    found: 'router in all slots adds up to 9 octets, but the file holds 10',
  },
])('conservation: $name', ({ given, found }) => {
  expect(imbalanceOf(given)).toBe(found)
})
