import type { Board } from '../ingest/model/board.ts'
import type { Part } from '../ingest/model/part.ts'
import { DAY_SECONDS, dayOf, startOfDay } from '../ingest/model/time.ts'
import {
  addBoard,
  type BoardSum,
  boardOfParts,
  boardPath,
  createBoardSum,
  type DayBoard,
  readDayBoard,
  renameHosts,
  renameNetworks,
  toBoard,
} from '../ingest/store/boards.ts'
import { reviveBoard } from '../ingest/store/counters.ts'
import { DamagedFile, readJson, stampOf, writeJson } from '../ingest/store/files.ts'
import { listDays, listParts, type PartName, readPart } from '../ingest/store/part.ts'
import type { RankedBoard } from './pages/board-list.ts'
import type { NewestBoards } from './pages/scoreboard.ts'

/** A slot's parts added up. */
export interface SlotBoard {
  /** `null` without parts. */
  readonly board: Board | null
}

/** The slots of a day that have parts, ascending. */
type Listing = ReadonlyMap<number, readonly PartName[]>

/** The scoreboards of a store. A build looks at the newest again and again: the last few are remembered. Throws DamagedPart and DamagedDerived. */
export interface BoardReader {
  list(day: string): Listing
  slot(slot: number): SlotBoard
  day(day: string): DayBoard | null
}

const REMEMBERED_SLOTS = 4

/** `rename`: what the ids of stored networks are today; `mask`: what hosts are called where they are not told. */
export function createBoardReader(
  data: string,
  rename: (network: string) => string = (id) => id,
  mask?: (address: string) => string,
): BoardReader {
  const shown = (board: Board) => {
    const renamed = renameNetworks(board, rename)
    return mask === undefined ? renamed : renameHosts(renamed, mask)
  }
  const listings = new Map<string, Listing>()
  const slots = new Map<number, SlotBoard>()
  let last: { readonly day: string; readonly board: DayBoard | null } | null = null

  function list(day: string): Listing {
    const known = listings.get(day) ?? groupBySlot(listParts(data, day))
    listings.set(day, known)
    return known
  }

  return {
    list,
    slot(slot) {
      const known = slots.get(slot) ?? addUp(readParts(data, list(dayOf(slot)).get(slot) ?? []), shown)
      if (slots.size >= REMEMBERED_SLOTS && !slots.has(slot)) slots.delete([...slots.keys()][0]!)
      slots.set(slot, known)
      return known
    },
    day(day) {
      if (last?.day !== day) {
        const stored = readDayBoard(data, day)
        last = { day, board: stored && { ...stored, board: shown(stored.board) } }
      }
      return last.board
    },
  }
}

function groupBySlot(parts: readonly PartName[]): Listing {
  const slots = new Map<number, PartName[]>()
  for (const part of parts) slots.set(part.slot, [...(slots.get(part.slot) ?? []), part])
  return slots
}

function readParts(data: string, names: readonly PartName[]): Part[] {
  return names.map((name) => readPart(data, name))
}

function addUp(parts: readonly Part[], shown: (board: Board) => Board): SlotBoard {
  const board = boardOfParts(parts)
  return { board: board && shown(board) }
}

/** `null` when nothing is known. */
export function sumOfKnown(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (value === null ? sum : (sum ?? 0) + value), null)
}

/** The scoreboards of the newest slot (unix seconds; `null`: nothing was ingested) and of the one before it. */
export function readNewestBoards(data: string, boards: BoardReader, newest: number | null): NewestBoards {
  if (newest === null) return { board: null, before: null }
  const before = slotBefore(data, boards, newest)
  return { board: boards.slot(newest).board, before: before === null ? null : boards.slot(before).board }
}

/** The nearest earlier slot that has a part. */
function slotBefore(data: string, boards: BoardReader, slot: number): number | null {
  for (const day of listDays(data).reverse()) {
    const earlier = [...boards.list(day).keys()].findLast((each) => each < slot)
    if (earlier !== undefined) return earlier
  }
  return null
}

/** The hosts of ours over some UTC days. */
export interface Overall {
  readonly board: RankedBoard | null
  /** Those that have a board, ascending. */
  readonly days: readonly string[]
}

/**
 * The boards of the last `days` UTC days added up. All days but the newest are over: their sum is kept in the file `kept`
 * and made anew when one of their boards was written since, so that a build reads two boards, however many the days.
 */
export function readOverall(
  data: string,
  boards: BoardReader,
  newest: number | null,
  days: number,
  kept: string,
): Overall {
  if (newest === null) return { board: null, days: [] }
  const today = dayOf(newest)
  const first = startOfDay(today) - (days - 1) * DAY_SECONDS
  const over = listDays(data).filter((day) => startOfDay(day) >= first && day < today)
  const closed = readClosed(data, boards, over, kept)
  const sum = createBoardSum(first, days * DAY_SECONDS)
  if (closed.board !== null) addInside(sum, closed.board)
  const current = boards.day(today)
  if (current !== null) addInside(sum, current.board)
  const found = current === null ? closed.days : [...closed.days, today]
  return found.length === 0 ? { board: null, days: [] } : { board: toBoard(sum), days: found }
}

const SCHEMA = 1

/** Of days that are over. */
interface Closed {
  /** By day, as `stampOf` tells. */
  readonly inputs: readonly string[]
  readonly days: readonly string[]
  readonly board: Board | null
}

function readClosed(data: string, boards: BoardReader, days: readonly string[], path: string): Closed {
  // A board is replaced whole when it changes, and never otherwise.
  const inputs = days.map((day) => `${day} ${stampOf(boardPath(data, day)) ?? 'none'}`)
  const known = readKept(path)
  if (known !== null && JSON.stringify(known.inputs) === JSON.stringify(inputs)) return known
  const closed = { inputs, ...sumOfDays(boards, days) }
  writeJson(path, { schema: SCHEMA, ...closed })
  return closed
}

/** What cannot be read is made anew. */
function readKept(path: string): Closed | null {
  try {
    const stored = readJson(path)?.value as ({ schema: number } & Closed) | undefined
    if (stored?.schema !== SCHEMA) return null
    if (stored.board !== null) reviveBoard(stored.board)
    return stored
  } catch (error) {
    if (error instanceof DamagedFile) return null
    throw error
  }
}

function sumOfDays(boards: BoardReader, days: readonly string[]): Pick<Closed, 'days' | 'board'> {
  const sum = createBoardSum(0, 0)
  const found = days.filter((day) => {
    const stored = boards.day(day)
    if (stored !== null) addInside(sum, stored.board)
    return stored !== null
  })
  return { days: found, board: found.length === 0 ? null : toBoard(sum) }
}

/** The lists of the outside and of networks are shown of slots and days alone. */
function addInside(sum: BoardSum, board: Board): void {
  addBoard(sum, { ...board, outside: { distinct: 0, kept: 0, rows: [] }, networks: {} })
}
