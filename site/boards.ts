import type { Board } from '../ingest/model/board.ts'
import { DAY_SECONDS, dayOf, startOfDay } from '../ingest/model/time.ts'
import { addBoard, boardOfParts, createBoardSum, readDayBoard, toBoard } from '../ingest/store/boards.ts'
import { listDays, listParts, readSlotParts } from '../ingest/store/part.ts'
import type { NewestBoards } from './pages/scoreboard.ts'

/** The scoreboards of the newest slot (unix seconds; `null`: nothing was ingested) and of the one before it. */
export function readNewestBoards(data: string, newest: number | null): NewestBoards {
  if (newest === null) return { board: null, before: null }
  const before = slotBefore(data, newest)
  return {
    board: boardOfParts(readSlotParts(data, newest)),
    before: before === null ? null : boardOfParts(readSlotParts(data, before)),
  }
}

/** The nearest earlier slot that has a part. */
function slotBefore(data: string, slot: number): number | null {
  for (const day of listDays(data).reverse()) {
    const earlier = listParts(data, day).findLast((part) => part.slot < slot)
    if (earlier !== undefined) return earlier.slot
  }
  return null
}

/** The boards of the last `days` UTC days that have one, added up. */
export function readOverall(
  data: string,
  newest: number | null,
  days: number,
): { board: Board | null; days: string[] } {
  if (newest === null) return { board: null, days: [] }
  const first = startOfDay(dayOf(newest)) - (days - 1) * DAY_SECONDS
  const sum = createBoardSum(first, days * DAY_SECONDS)
  const found = listDays(data)
    .filter((day) => startOfDay(day) >= first)
    .filter((day) => {
      const stored = readDayBoard(data, day)
      if (stored !== null) addBoard(sum, stored.board)
      return stored !== null
    })
  return found.length === 0 ? { board: null, days: [] } : { board: toBoard(sum), days: found }
}
