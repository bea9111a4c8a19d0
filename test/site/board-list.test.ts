import { expect, test } from 'vitest'
import type { HostBound, HostRow } from '../../ingest/model/part.ts'
import { SLOT_SECONDS } from '../../ingest/model/time.ts'
import { boardList, type RankedBoard } from '../../site/pages/board-list.ts'

function board(rows: readonly HostRow[], completeAbove?: HostBound, seconds = SLOT_SECONDS): RankedBoard {
  const inside = { distinct: 2, kept: 10, rows, ...(completeAbove === undefined ? {} : { completeAbove }) }
  return { seconds, total: { in: [4000, 40, 4], out: [1000, 10, 2] }, inside }
}

const ROWS: HostRow[] = [
  ['192.0.2.1', 1000, 30, 1, 0, 0, 0],
  ['192.0.2.2', 3000, 10, 3, 1000, 10, 2],
]

test('hosts are ranked by the counter of the list, with their share of what crossed the border', () => {
  const { rows } = boardList(board(ROWS), null, { direction: 'in', measure: 'octets' }, 10)
  expect(rows.map(({ rank, address, share }) => [rank, address, share.replace(/\s/g, ' ')])).toEqual([
    [1, '192.0.2.2', '75.0 %'],
    [2, '192.0.2.1', '25.0 %'],
  ])
})

test('a host that sent nothing is in no list of what went out', () => {
  const { rows } = boardList(board(ROWS), null, { direction: 'out', measure: 'packets' }, 10)
  expect(rows.map(({ address }) => address)).toEqual(['192.0.2.2'])
})

test('ranks are compared with the board before', () => {
  const before = board([ROWS[0]!])
  const { rows } = boardList(board(ROWS), before, { direction: 'in', measure: 'octets' }, 10)
  expect(rows.map(({ change }) => change)).toEqual(['new', '▼ 1'])
})

test.each([
  { name: 'a slot, as a rate', seconds: SLOT_SECONDS, says: '8 b/s' },
  { name: 'a day, as a sum', seconds: 86_400, says: '300 B' },
])('a list of too many hosts says above what it is complete: $name', ({ seconds, says }) => {
  const bound: HostBound = [300, 0, 0, 0, 0, 0]
  const of = (measure: 'octets' | 'packets') =>
    boardList(board(ROWS, bound, seconds), null, { direction: 'in', measure }, 10).completeAbove
  expect(of('octets')?.replace(/\s/g, ' ')).toBe(says)
  expect(of('packets')).toBeNull()
})
