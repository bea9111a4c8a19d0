import { createFlowBatch } from '../model/flow-batch.ts'
import type { ExporterIndex } from './exporters.ts'
import {
  createFoundRecords,
  createShape,
  elementReader,
  type Shape,
  VALUE_LENGTH,
  type ValueName,
} from './nfcapd-elements.ts'
import { createExporterNumbers } from './nfcapd-exporters.ts'
import { type BlockDamage, createRecordCounts, type RecordReader, walkRecords } from './nfcapd-records.ts'

/*
 * Records inside the blocks of nfcapd layout 3 (README, "nfcapd layout 3"). A flow record has a bitmap of the values it
 * holds, and for each bit an offset of 16 bits, behind its header of 24 bytes.
 */

export const BLOCK = { flows: 1, stats: 3, exporters: 7 } as const
const RECORD = { flow: 16, exporter: 17, meta: 18 } as const
const RECORDS_AT = { [BLOCK.flows]: 32, [BLOCK.exporters]: 8 } as const
const SEQUENCE_FAILURES_AT = 136
const EXPORTER_LENGTH = 32
const FLOW_HEADER = 24
const FLAG = { event: 1, sampled: 2 } as const
/** Values beyond this are of a later nfdump. */
const LAST_VALUE = 39
const VALUE_OF: { readonly [bit: number]: ValueName } = {
  1: 'generic',
  2: 'ipv4',
  3: 'ipv6',
  4: 'interfaces',
  6: 'counters',
  8: 'as',
  11: 'exporterIPv4',
  12: 'exporterIPv6',
}

/** A bitmap with its offsets as it was met before. */
interface KnownShape {
  readonly shape: Shape
  readonly size: number
  readonly offsets: number
  /** Words from the bitmap to the last offset. */
  readonly words: readonly number[]
  readonly unknownElements: number
  /** Said to lie where they have no room. */
  readonly shortElements: number
}

const BITMAP_AT = 16
/** Shapes remembered, by the size of the record. */
const SHAPES = 256

export function createRecordReader(exporters: ExporterIndex): RecordReader {
  const counts = createRecordCounts()
  const batch = createFlowBatch()
  const numbers = createExporterNumbers(exporters)
  const found = createFoundRecords()
  const readElements = elementReader(exporters, numbers, counts)
  const shapes: (KnownShape | undefined)[] = new Array(SHAPES).fill(undefined)

  function readBlock(block: DataView, { type }: { type: number }, flush: () => void): BlockDamage | null {
    if (type === BLOCK.stats) return readStats(block)
    if (type !== BLOCK.flows && type !== BLOCK.exporters) return null
    const start = RECORDS_AT[type]
    if (block.byteLength < start) return { at: 0, message: `header of ${block.byteLength} bytes, expected ${start}` }
    const damage = walkRecords(block, start, block.getUint32(0, true), counts, (at, recordType, size) => {
      if (recordType === RECORD.flow) {
        findFlow(block, at, size)
        if (found.length === found.at.length) readElements(block, found, batch, flush)
      } else if (recordType === RECORD.exporter && size >= EXPORTER_LENGTH) {
        readElements(block, found, batch, flush)
        numbers.set(block.getUint32(at + 28, true), block, at + 4)
      } else if (recordType !== RECORD.meta) counts.unknownRecords++
      return at + size
    })
    readElements(block, found, batch, flush)
    return damage
  }

  function readStats(block: DataView): null {
    if (block.byteLength >= SEQUENCE_FAILURES_AT + 8)
      counts.sequenceFailures = block.getUint32(SEQUENCE_FAILURES_AT, true)
    return null
  }

  // Hot: runs once per flow.
  function findFlow(block: DataView, at: number, size: number): void {
    const offsets = size < FLOW_HEADER ? 0 : block.getUint16(at + 4, true)
    if (size < FLOW_HEADER + Math.ceil(offsets / 4) * 8) {
      counts.short++
      return
    }
    const flags = block.getUint16(at + 6, true)
    if ((flags & FLAG.event) !== 0) {
      counts.events++
      return
    }
    const slot = (size >>> 3) % SHAPES
    let known = shapes[slot]
    if (known === undefined || !isOfShape(block, at, size, offsets, known)) {
      known = learnShape(block, at, size, offsets)
      shapes[slot] = known
    }
    const n = found.length++
    found.at[n] = at
    found.shape[n] = known.shape
    found.sysId[n] = block.getUint32(at + 8, true)
    found.scaled[n] = (flags & FLAG.sampled) >>> 1
    counts.unknownElements += known.unknownElements
    counts.shortElements += known.shortElements
  }

  return { counts, numbers, batch, readBlock }
}

// Hot: runs once per flow.
function isOfShape(block: DataView, start: number, size: number, offsets: number, known: KnownShape): boolean {
  if (known.size !== size || known.offsets !== offsets) return false
  const { words } = known
  for (let n = 0; n < words.length; n++) if (block.getUint32(start + BITMAP_AT + n * 4, true) !== words[n]) return false
  return true
}

/** The n-th offset belongs to the n-th bit that is set. An offset that leads out of the record is left out. */
function learnShape(block: DataView, start: number, size: number, offsets: number): KnownShape {
  const shape = createShape()
  const words: number[] = []
  for (let at = BITMAP_AT; at < FLOW_HEADER + offsets * 2; at += 4) words.push(block.getUint32(start + at, true))
  let unknownElements = 0
  let shortElements = 0
  let nth = 0
  for (let bit = 0; bit < 64 && nth < offsets; bit++) {
    if (((words[bit >>> 5]! >>> (bit & 31)) & 1) === 0) continue
    const at = block.getUint16(start + FLOW_HEADER + nth++ * 2, true)
    const value = VALUE_OF[bit]
    if (bit === 0 || bit > LAST_VALUE) unknownElements++
    else if (value !== undefined && (at < FLOW_HEADER || at + VALUE_LENGTH[value] > size)) shortElements++
    else if (value !== undefined) shape[value] = at
  }
  return { shape, size, offsets, words, unknownElements, shortElements }
}
