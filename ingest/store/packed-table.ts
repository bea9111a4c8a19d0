import { STEPS } from '../model/time.ts'
import {
  addCell,
  addHead,
  type CellChoice,
  type CellJson,
  createTable,
  type SeriesTable,
  type TableJson,
  tableToJson,
} from './series-table.ts'

/**
 * A stored table whose cells are still the bytes of their JSON. A day of thousands of members takes tens of megabytes, and several times that as values:
 * cells become values one after the other, and only those that somebody wants.
 */
export interface PackedTable extends Omit<TableJson, 'cells'> {
  readonly cells: ReadonlyMap<string, Uint8Array>
}

const [QUOTE, OPEN, CLOSE] = [0x22, 0x7b, 0x7d]
const CELLS = '"cells":{'

/** From the bytes of a stored table's JSON, in which cells come last. Cells are looked for when they are asked for: a newer flowscan's may look otherwise. */
export function packedTable<T extends PackedTable>(json: Uint8Array): T {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength)
  const found = bytes.indexOf(CELLS)
  const start = found + CELLS.length
  const rest = JSON.parse(found < 0 ? bytes.toString() : `${bytes.subarray(0, start).toString()}}}`) as T
  let cells: Map<string, Uint8Array> | undefined
  return {
    ...rest,
    get cells() {
      cells ??= found < 0 ? new Map() : splitCells(bytes, start)
      return cells
    },
  }
}

/** Names hold no quotes, and values no braces but their own. */
function splitCells(bytes: Buffer, start: number): Map<string, Uint8Array> {
  const cells = new Map<string, Uint8Array>()
  for (let at = start; bytes[at] !== CLOSE; ) {
    const quote = bytes.indexOf(QUOTE, at)
    const value = bytes.indexOf(OPEN, quote)
    const end = endOfValue(bytes, value)
    cells.set(bytes.toString('utf8', quote + 1, value - 2), bytes.subarray(value, end))
    at = end
  }
  return cells
}

/** Behind the brace that closes the one at `start`. */
function endOfValue(bytes: Buffer, start: number): number {
  let at = start
  let open = start
  for (let depth = 0; ; ) {
    const close = bytes.indexOf(CLOSE, at)
    for (; open !== -1 && open < close; open = bytes.indexOf(OPEN, open + 1)) depth++
    at = close + 1
    if (--depth === 0) return at
  }
}

export function cellFromBytes(bytes: Uint8Array): CellJson {
  return JSON.parse(textOf(bytes)) as CellJson
}

/** JSON of numbers: ASCII. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/**
 * The cells of a stored table that somebody asked for, by what they are called today, in order of these names, each with the cells that it is made of:
 * nearly always one.
 */
export function chooseCells(
  { cells }: PackedTable,
  { wants = () => true, rename = (cell) => cell }: CellChoice,
): [name: string, stored: readonly Uint8Array[]][] {
  const chosen = new Map<string, Uint8Array[]>()
  for (const [cell, bytes] of cells) {
    const name = rename(cell)
    if (!wants(name)) continue
    const known = chosen.get(name)
    if (known === undefined) chosen.set(name, [bytes])
    else known.push(bytes)
  }
  return [...chosen].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Cells of one table added up, as they would be stored. */
export function joinCells({ step, from, points }: PackedTable, cells: readonly Uint8Array[]): CellJson {
  const table = createTable(step, Date.parse(from) / 1000, points)
  for (const bytes of cells) addCell(table, JOINED, cellFromBytes(bytes), 0)
  return tableToJson(table).cells[JOINED] ?? {}
}
const JOINED = 'joined'

/** Puts the points of a stored table that lie within `table` there; `wants` spares what nobody asked for. */
export function addPacked(
  table: SeriesTable,
  packed: PackedTable,
  { wants = () => true, rename }: CellChoice = {},
): void {
  const offset = (Date.parse(packed.from) / 1000 - table.from) / STEPS[packed.step]
  addHead(table, packed, rename, offset)
  for (const [stored, bytes] of packed.cells) {
    const name = rename === undefined ? stored : rename(stored)
    if (wants(name)) addCell(table, name, cellFromBytes(bytes), offset)
  }
}
