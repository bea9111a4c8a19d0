import { join } from 'node:path'
import type { Board } from '../model/board.ts'
import { addCounters, type Counter } from '../model/counter.ts'
import { type Counts, MEASURES, type Measure } from '../model/measure.ts'
import type { HostBound, HostList, HostRow, Part } from '../model/part.ts'
import { DAY_SECONDS, SLOT_SECONDS, startOfDay } from '../model/time.ts'
import { reviveBoard } from './counters.ts'
import { readDerived } from './derived-file.ts'
import { writeJson } from './files.ts'
import { storeRoot } from './generation.ts'

const SCHEMA = 1
type Counters = [Counter, Counter, Counter, Counter, Counter, Counter]

/** Rows of parts being added up. */
export interface BoardSum {
  readonly from: number
  readonly seconds: number
  readonly total: { readonly in: Counts; readonly out: Counts }
  readonly inside: HostSum
  readonly outside: HostSum
  readonly networks: Map<string, HostSum>
}

interface HostSum {
  /** Distinct addresses; `null` once lists were added, for nobody knows how far they overlap. */
  distinct: number | null
  kept: number
  /** A host that no list names may have had as much as each of them left out. */
  completeAbove?: HostBound
  readonly rows: Map<string, Counters>
}

/**
 * The first `top` rows by one counter, zeros left out, equal ones by the text of their addresses (as CUFlow lists them).
 * One pass: of tens of thousands of hosts few are wanted.
 */
export function rankHosts(
  list: HostList,
  { direction, measure }: { direction: 'in' | 'out'; measure: Measure },
  top: number,
): HostRow[] {
  const column = (direction === 'in' ? 1 : 4) + MEASURES.indexOf(measure)
  const first: HostRow[] = []
  let least: Counter = 1
  for (const row of list.rows) {
    if ((row[column] as Counter) < least) continue
    let at = first.length
    for (; at > 0 && isBefore(row, first[at - 1]!, column); at--) first[at] = first[at - 1]!
    first[at] = row
    if (first.length > top) first.pop()
    if (first.length === top) least = first[top - 1]![column] as Counter
  }
  return first
}

function isBefore(a: HostRow, b: HostRow, column: number): boolean {
  return a[column]! > b[column]! || (a[column] === b[column] && a[0] < b[0])
}

export function createBoardSum(from: number, seconds: number): BoardSum {
  return {
    from,
    seconds,
    total: { in: [0, 0, 0], out: [0, 0, 0] },
    inside: createHostSum(),
    outside: createHostSum(),
    networks: new Map(),
  }
}

function createHostSum(): HostSum {
  return { distinct: 0, kept: 0, rows: new Map() }
}

/** Adds what crossed the border in one part's file. */
export function addPart(sum: BoardSum, part: Part): void {
  for (const { cells } of part.slots) {
    for (const direction of ['in', 'out'] as const) {
      const counts = cells.total?.[direction]
      if (counts !== undefined) addEach(sum.total[direction], counts)
    }
  }
  addHosts(sum, part.hosts)
}

/** Adds a board to a board. */
export function addBoard(sum: BoardSum, board: Board): void {
  for (const direction of ['in', 'out'] as const) addEach(sum.total[direction], board.total[direction])
  addHosts(sum, board)
}

function addHosts(sum: BoardSum, { inside, outside, networks }: Pick<Board, 'inside' | 'outside' | 'networks'>): void {
  addList(sum.inside, inside)
  addList(sum.outside, outside)
  for (const [network, list] of Object.entries(networks)) {
    const known = sum.networks.get(network) ?? createHostSum()
    sum.networks.set(network, known)
    addList(known, list)
  }
}

function addList(sum: HostSum, list: HostList): void {
  if (list.completeAbove !== undefined) sum.completeAbove = addBounds(list.completeAbove, sum.completeAbove)
  else if (list.rows.length === 0) return
  sum.distinct = sum.distinct === 0 ? list.distinct : null
  sum.kept = Math.max(sum.kept, list.kept)
  for (const row of list.rows) {
    const known = sum.rows.get(row[0])
    if (known === undefined) sum.rows.set(row[0], row.slice(1) as Counters)
    else addEach(known, row, 1)
  }
}

/** Adds, from its place `first` on, what is to be added to each. */
function addEach(sums: Counter[], values: readonly (Counter | string)[], first = 0): void {
  for (let at = 0; at < sums.length; at++) sums[at] = addCounters(sums[at]!, values[at + first] as Counter)
}

function addBounds(bound: HostBound, known: HostBound | undefined): HostBound {
  return known === undefined ? bound : (bound.map((most, at) => addCounters(most, known[at]!)) as unknown as HostBound)
}

/** In the order of addresses, so that it depends on nothing else. */
export function toBoard({ from, seconds, total, inside, outside, networks }: BoardSum): Board {
  const lists = [...networks]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([network, sum]) => [network, toList(sum)] as const)
  return { from, seconds, total, inside: toList(inside), outside: toList(outside), networks: Object.fromEntries(lists) }
}

function toList({ distinct, kept, completeAbove, rows }: HostSum): HostList {
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    distinct,
    kept,
    ...(completeAbove && { completeAbove }),
    rows: sorted.map(([address, counters]): HostRow => [address, ...counters]),
  }
}

/** The board of one slot: its parts added up. `null` without parts. */
export function boardOfParts(parts: readonly Part[]): Board | null {
  if (parts.length === 0) return null
  const sum = createBoardSum(parts[0]!.slot, SLOT_SECONDS)
  for (const part of parts) addPart(sum, part)
  return toBoard(sum)
}

/** A board whose networks have the ids of today; lists that get one id are added up. */
export function renameNetworks(board: Board, rename: (network: string) => string): Board {
  const lists = Object.entries(board.networks)
  if (lists.every(([network]) => rename(network) === network)) return board
  const networks = new Map<string, HostSum>()
  for (const [network, list] of lists) {
    const id = rename(network)
    const sum = networks.get(id) ?? createHostSum()
    networks.set(id, sum)
    addList(sum, list)
  }
  return { ...board, networks: Object.fromEntries([...networks].map(([id, sum]) => [id, toList(sum)])) }
}

/** A board whose hosts go by other names, such as that of the block they are in; rows that get one name are added up. */
export function renameHosts(board: Board, rename: (address: string) => string): Board {
  const networks = Object.entries(board.networks).map(([network, list]) => [network, renameRows(list, rename)] as const)
  return {
    ...board,
    inside: renameRows(board.inside, rename),
    outside: renameRows(board.outside, rename),
    networks: Object.fromEntries(networks),
  }
}

function renameRows(list: HostList, rename: (address: string) => string): HostList {
  const sum = createHostSum()
  addList(sum, { ...list, rows: list.rows.map(([address, ...counters]): HostRow => [rename(address), ...counters]) })
  return { ...list, rows: toList(sum).rows }
}

/** A day's board as stored, with the ids of the parts in it. */
export interface DayBoard {
  readonly inputs: readonly string[]
  readonly board: Board
}

export function boardPath(data: string, day: string): string {
  return join(storeRoot(data), 'boards', `${day}.json.gz`)
}

/** `null` when there is none. Throws DamagedDerived and NewerSchema. */
export function readDayBoard(data: string, day: string): DayBoard | null {
  const isOwn = ({ board }: Partial<DayBoard>) => board?.from === startOfDay(day)
  const stored = readDerived<DayBoard>(boardPath(data, day), SCHEMA, isOwn)?.value ?? null
  if (stored !== null) reviveBoard(stored.board)
  return stored
}

export function writeDayBoard(data: string, day: string, inputs: readonly string[], sum: BoardSum): void {
  writeJson(boardPath(data, day), { schema: SCHEMA, inputs: [...inputs].sort(), board: toBoard(sum) })
}

/** A sum to go on adding to. */
export function resumeBoardSum(day: string, stored: DayBoard | null): BoardSum {
  const sum = createBoardSum(startOfDay(day), DAY_SECONDS)
  if (stored !== null) {
    addBoard(sum, stored.board)
    for (const [list, given] of [
      [sum.inside, stored.board.inside],
      [sum.outside, stored.board.outside],
    ] as const)
      list.distinct = given.distinct
    for (const [network, { distinct }] of Object.entries(stored.board.networks))
      sum.networks.get(network)!.distinct = distinct
  }
  return sum
}
