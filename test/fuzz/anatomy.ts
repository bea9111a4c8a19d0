/*
 * Where the numbers that steer a decoder stand in a flow file, and into which pieces it falls: the tables of
 * ingest/decode/README.md once more, written down apart from the decoders, for whoever wants to break a file where it hurts.
 */

/** A whole number in the file. */
export interface NumberField {
  readonly at: number
  readonly size: 1 | 2 | 4 | 8
  readonly littleEndian: boolean
}

/** Bytes from `start` to before `end`. */
export interface Piece {
  readonly start: number
  readonly end: number
}

export interface Anatomy {
  /** Numbers of headers, by what they are headers of: the file first, then its blocks, then what lies in these. */
  readonly fields: readonly (readonly NumberField[])[]
  /** What a file can lose, repeat or exchange: blocks, then records, then what these hold. */
  readonly pieces: readonly (readonly Piece[])[]
  /** What zlib, LZO, bzip2, LZ4 or zstd have packed. */
  readonly packed: readonly Piece[]
  /** Lines of text, whose pieces may be written anew in any length. */
  readonly isText: boolean
}

type Width = NumberField['size']
/** Offset and width of the numbers of a header. */
type Table = readonly (readonly [offset: number, size: Width])[]

/** Takes a flow file apart, as far as it makes sense. */
export function anatomyOf(bytes: Uint8Array): Anatomy {
  const [first, second, third, fourth] = bytes
  const notes = createNotes(bytes)
  if (first === 0xcf && second === 0x10 && bytes.length >= 8) noteFlowTools(notes, third !== 2, fourth === 1)
  else if (first === 0x0c && second === 0xa5 && third! in NFCAPD) noteNfcapd(notes, third as 1 | 2 | 3)
  else if (first === 0 && second === 10) noteIpfix(notes)
  else if (isText(bytes)) noteText(notes)
  else notes.packed.push({ start: 0, end: bytes.length })
  const { fields, pieces, packed } = notes
  const filled = <T>(tiers: readonly T[][]) => tiers.filter(({ length }) => length > 0)
  return { fields: filled(fields), pieces: filled(pieces), packed, isText: isText(bytes) }
}

interface Notes {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly fields: NumberField[][]
  readonly pieces: Piece[][]
  readonly packed: Piece[]
  /** Notes the numbers of a table whose structure begins at `start`, as far as the file goes. */
  note(tier: number, start: number, table: Table, littleEndian?: boolean): void
  /** Notes a piece, as far as the file goes; returns whether all of it is there. */
  cut(tier: number, start: number, end: number): boolean
}

function createNotes(bytes: Uint8Array): Notes {
  const fields: NumberField[][] = [[], [], [], []]
  const pieces: Piece[][] = [[], [], []]
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    fields,
    pieces,
    packed: [],
    note(tier, start, table, littleEndian = true) {
      for (const [offset, size] of table)
        if (start + offset + size <= bytes.length) fields[tier]!.push({ at: start + offset, size, littleEndian })
    },
    cut(tier, start, end) {
      if (start < Math.min(end, bytes.length)) pieces[tier]!.push({ start, end: Math.min(end, bytes.length) })
      return end <= bytes.length
    },
  }
}

const STREAM_1_LENGTH = 360
const STREAM_1: Table = [
  [4, 2],
  [8, 4],
  [12, 4],
  [16, 4],
  [20, 4],
  [24, 4],
  [28, 4],
  [32, 4],
]
const RECORD_SIZES: { readonly [exportVersion: number]: number } = { 1: 60, 5: 64, 6: 72, 7: 68, 1005: 72 }
const RECORD_SIZES_8 = [48, 48, 48, 48, 56, 52, 56, 64, 48, 48, 48, 48, 60, 60] as const

function noteFlowTools(notes: Notes, littleEndian: boolean, isStream1: boolean): void {
  const { view, bytes } = notes
  notes.note(
    0,
    0,
    [
      [2, 1],
      [3, 1],
      [4, 4],
    ],
    littleEndian,
  )
  if (isStream1) {
    notes.note(0, 0, STREAM_1, littleEndian)
    const isPacked = bytes.length >= STREAM_1_LENGTH && (view.getUint32(16, littleEndian) & 2) !== 0
    noteRecords(notes, STREAM_1_LENGTH, 60, isPacked)
    return
  }
  const dataAt = Math.min(view.getUint32(4, littleEndian), bytes.length)
  const values = new Map<number, number>()
  for (let at = 8; at + 4 <= dataAt; ) {
    const length = view.getUint16(at + 2, littleEndian)
    notes.note(0, at, [[0, 2], [2, 2], ...itemValue(length)], littleEndian)
    notes.cut(0, at, at + 4 + length)
    if (at + 8 <= bytes.length)
      values.set(view.getUint16(at, littleEndian), readValue(view, at + 4, length, littleEndian))
    at += 4 + length
  }
  const version = values.get(2) ?? 0
  const size = version === 8 ? RECORD_SIZES_8[(values.get(4) ?? 1) - 1] : RECORD_SIZES[version]
  noteRecords(notes, dataAt, size ?? 64, ((values.get(8) ?? 0) & 2) !== 0)
}

/** The value of an item, where it is a number. */
function itemValue(length: number): Table {
  return length === 1 || length === 2 || length === 4 ? [[4, length]] : []
}

function readValue(view: DataView, at: number, length: number, littleEndian: boolean): number {
  if (length === 1) return view.getUint8(at)
  return length === 2 ? view.getUint16(at, littleEndian) : view.getUint32(at, littleEndian)
}

function noteRecords(notes: Notes, start: number, size: number, isPacked: boolean): void {
  const { length } = notes.bytes
  if (isPacked) notes.packed.push({ start: Math.min(start, length), end: length })
  else for (let at = start; at < length; at += size) notes.cut(1, at, at + size)
}

interface NfcapdLayout {
  readonly length: number
  readonly header: Table
  readonly blockLength: number
  readonly block: Table
  /** Does the size of a block count its header? */
  readonly countsHeader: boolean
  /** Where records begin in a payload of each type of block; others hold none. */
  readonly recordsAt: { readonly [blockType: number]: number }
  isPacked(view: DataView, block: number): boolean
}

const SHORT_BLOCK: Table = [
  [0, 4],
  [4, 4],
  [8, 2],
  [10, 2],
]
const NFCAPD: { readonly [layout: number]: NfcapdLayout } = {
  1: {
    length: 276,
    header: [
      [2, 2],
      [4, 4],
      [8, 4],
      [272, 4],
    ],
    blockLength: 12,
    block: SHORT_BLOCK,
    countsHeader: false,
    recordsAt: { 2: 0 },
    isPacked: (view, block) => (view.getUint32(4, true) & 0x19) !== 0 && (view.getUint16(block + 10, true) & 1) === 0,
  },
  2: {
    length: 40,
    header: [
      [2, 2],
      [4, 4],
      [8, 8],
      [16, 1],
      [17, 1],
      [18, 2],
      [20, 4],
      [24, 8],
      [32, 4],
      [36, 4],
    ],
    blockLength: 12,
    block: SHORT_BLOCK,
    countsHeader: false,
    recordsAt: { 3: 0 },
    isPacked: (view, block) => view.getUint8(16) !== 0 && (view.getUint16(block + 10, true) & 1) === 0,
  },
  3: {
    length: 48,
    header: [
      [2, 2],
      [4, 4],
      [8, 8],
      [16, 2],
      [18, 2],
      [20, 4],
      [24, 4],
      [28, 4],
      [32, 8],
      [40, 8],
    ],
    blockLength: 24,
    block: [
      [0, 4],
      [4, 4],
      [8, 4],
      [12, 2],
      [14, 2],
      [16, 8],
    ],
    countsHeader: true,
    recordsAt: { 1: 32, 7: 8 },
    isPacked: (view, block) => view.getUint16(block + 12, true) > 1,
  },
}

function noteNfcapd(notes: Notes, number: 1 | 2 | 3): void {
  const { view, bytes } = notes
  const layout = NFCAPD[number]!
  const { blockLength, countsHeader, recordsAt } = layout
  notes.note(0, 0, layout.header)
  for (let at = layout.length; at + blockLength <= bytes.length; ) {
    const size = view.getUint32(at + 4, true)
    const end = at + size + (countsHeader ? 0 : blockLength)
    notes.note(1, at, layout.block)
    if (!notes.cut(0, at, end) || end < at + blockLength) return
    const type = number === 3 ? view.getUint32(at, true) : view.getUint16(at + 8, true)
    if (layout.isPacked(view, at)) notes.packed.push({ start: at + blockLength, end })
    else if (recordsAt[type] !== undefined) noteNfcapdRecords(notes, at + blockLength + recordsAt[type], end, number)
    at = end
  }
}

function noteNfcapdRecords(notes: Notes, start: number, end: number, number: 1 | 2 | 3): void {
  const { view } = notes
  for (let at = start; at + 4 <= end; ) {
    const type = view.getUint16(at, true)
    const size = view.getUint16(at + 2, true)
    if (size < 4 || at + size > end) return
    notes.note(2, at, [
      [0, 2],
      [2, 2],
    ])
    notes.cut(1, at, at + size)
    if (number === 1 && type === 2) noteHalves(notes, at + 4, at + size)
    if (number === 1 && type === 10)
      notes.note(2, at, [
        [4, 1],
        [6, 2],
        [28, 2],
      ])
    if (number === 2 && type === 11) noteElements(notes, at, size)
    if (number === 3 && type === 16) {
      notes.note(2, at, [
        [4, 2],
        [6, 2],
        [8, 4],
        [16, 8],
      ])
      noteHalves(notes, at + 24, at + 24 + view.getUint16(at + 4, true) * 2)
    }
    at += size
  }
}

function noteHalves(notes: Notes, start: number, end: number): void {
  for (let at = start; at + 2 <= end; at += 2) notes.note(3, at, [[0, 2]])
}

function noteElements(notes: Notes, record: number, size: number): void {
  notes.note(2, record, [
    [4, 2],
    [8, 2],
    [10, 1],
  ])
  for (let at = record + 12; at + 4 <= record + size; ) {
    const length = notes.view.getUint16(at + 2, true)
    notes.note(3, at, [
      [0, 2],
      [2, 2],
    ])
    if (length < 4) return
    notes.cut(2, at, Math.min(at + length, record + size))
    at += length
  }
}

function noteIpfix(notes: Notes): void {
  const { view, bytes } = notes
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = view.getUint16(at + 2)
    notes.note(
      0,
      at,
      [
        [0, 2],
        [2, 2],
        [4, 4],
        [8, 4],
        [12, 4],
      ],
      false,
    )
    if (!notes.cut(0, at, at + length) || length < 16) return
    noteSets(notes, at + 16, at + length)
    at += length
  }
}

function noteSets(notes: Notes, start: number, end: number): void {
  const { view } = notes
  for (let at = start; at + 4 <= end; ) {
    const length = view.getUint16(at + 2)
    notes.note(
      1,
      at,
      [
        [0, 2],
        [2, 2],
      ],
      false,
    )
    if (length < 4) return
    notes.cut(1, at, Math.min(at + length, end))
    if (view.getUint16(at) <= 3)
      for (let half = at + 4; half + 2 <= at + length; half += 2) notes.note(2, half, [[0, 2]], false)
    at += length
  }
}

function isText(bytes: Uint8Array): boolean {
  return (
    bytes.length > 0 && bytes.subarray(0, 64).every((byte) => byte === 10 || byte === 13 || (byte >= 32 && byte < 127))
  )
}

const LINE_END = 10
const BETWEEN: ReadonlySet<number> = new Set([...',:{}[]"'].map((character) => character.charCodeAt(0)))

/** Lines, and what stands between commas, colons, quotes and brackets. */
function noteText(notes: Notes): void {
  const { bytes } = notes
  let line = 0
  let token = 0
  for (let at = 0; at < bytes.length; at++) {
    if (BETWEEN.has(bytes[at]!) || bytes[at] === LINE_END) {
      notes.cut(1, token, at)
      token = at + 1
    }
    if (bytes[at] !== LINE_END) continue
    notes.cut(0, line, at + 1)
    line = at + 1
  }
}
