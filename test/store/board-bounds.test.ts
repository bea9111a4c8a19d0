import { expect, test } from 'vitest'
import type { Board } from '../../ingest/model/board.ts'
import type { HostBound, HostList, HostRow } from '../../ingest/model/part.ts'
import { addBoard, createBoardSum, toBoard } from '../../ingest/store/boards.ts'

const HOUR = 3600
const row = (address: string, octets: number): HostRow => [address, octets, 1, 1, 0, 0, 0]
const exact: HostList = { distinct: 2, kept: 10, rows: [row('192.0.2.1', 500), row('192.0.2.2', 400)] }
const bounded: HostList = {
  distinct: null,
  kept: 10,
  completeAbove: [100, 20, 3, 0, 0, 0],
  rows: [row('192.0.2.1', 600)],
}
const allBelow: HostList = { distinct: null, kept: 10, completeAbove: [7, 1, 1, 0, 0, 0], rows: [] }

function sumOf(...lists: readonly HostList[]): HostList {
  const sum = createBoardSum(0, HOUR)
  for (const inside of lists) addBoard(sum, boardOf(inside))
  return toBoard(sum).inside
}

function boardOf(inside: HostList): Board {
  const none: HostList = { distinct: 0, kept: 10, rows: [] }
  return { from: 0, seconds: 300, total: { in: [0, 0, 0], out: [0, 0, 0] }, inside, outside: none, networks: {} }
}

test.each<{ name: string; lists: HostList[]; completeAbove: HostBound | undefined; distinct: number | null }>([
  { name: 'exact lists have no bound', lists: [exact, exact], completeAbove: undefined, distinct: null },
  { name: 'a bound stays', lists: [exact, bounded], completeAbove: [100, 20, 3, 0, 0, 0], distinct: null },
  { name: 'bounds add up', lists: [bounded, exact, bounded], completeAbove: [200, 40, 6, 0, 0, 0], distinct: null },
  {
    name: 'a list without rows adds its bound',
    lists: [allBelow, bounded],
    completeAbove: [107, 21, 4, 0, 0, 0],
    distinct: null,
  },
  {
    name: 'and hides how many there were',
    lists: [allBelow, exact],
    completeAbove: [7, 1, 1, 0, 0, 0],
    distinct: null,
  },
  { name: 'one list says how many', lists: [exact], completeAbove: undefined, distinct: 2 },
])('$name, whatever the order', ({ lists, completeAbove, distinct }) => {
  for (const given of [lists, lists.toReversed()]) {
    const sum = sumOf(...given)
    expect([sum.completeAbove, sum.distinct]).toEqual([completeAbove, distinct])
  }
})

test('counters of lists with bounds add up as they are', () => {
  expect(sumOf(exact, bounded).rows).toEqual([
    ['192.0.2.1', 1100, 2, 2, 0, 0, 0],
    ['192.0.2.2', 400, 1, 1, 0, 0, 0],
  ])
})
