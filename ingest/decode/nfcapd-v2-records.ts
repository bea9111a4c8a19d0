import type { FlowBatch } from '../model/flow-batch.ts'
import type { ExporterIndex } from './exporters.ts'
import {
  createFoundRecords,
  createShape,
  elementReader,
  type Shape,
  VALUE_LENGTH,
  type ValueName,
} from './nfcapd-elements.ts'
import { createExporterNumbers, EXPORTER_RECORD_LENGTH, SAMPLER_RECORD_LENGTH } from './nfcapd-exporters.ts'
import { createRecordCounts, type RecordReader, walkRecords } from './nfcapd-records.ts'

/*
 * Records inside the blocks of nfcapd layout 2 (README, "nfcapd layout 2"). Everything is little endian and packed:
 * a record of `type/2 size/2 …`, a flow record of elements `type/2 length/2 value`, in any order.
 */

const RECORD = { exporter: 7, oldSampler: 9, flow: 11, sampler: 15, stat: 0x8002 } as const
/** Records that hold no flows: maps and counters of older layouts, arrays, slack, the collector's name. */
const OTHER_RECORDS: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 8, 10, 12, 13, 14, 16, 256, 0x8001])
const STAT_LENGTH = 148
const SEQUENCE_FAILURES_AT = 140
/** Elements beyond this are of a later nfdump. */
const LAST_ELEMENT = 42
const VALUE_OF: { readonly [element: number]: ValueName } = {
  1: 'generic',
  2: 'ipv4',
  3: 'ipv6',
  4: 'interfaces',
  5: 'counters',
  7: 'as',
  12: 'exporterIPv4',
  13: 'exporterIPv6',
}
const ELEMENT_HEADER = 4
const FLOW_HEADER = 12
const FLAG = { event: 1, sampled: 2 } as const
/** Shapes remembered, by the size of the record. */
const SHAPES = 256

/** A sequence of elements as it was met before. */
interface KnownShape {
  readonly shape: Shape
  readonly size: number
  /** How many elements the record says it holds. */
  readonly elements: number
  /** The 4 bytes before each value, and where they lie from the start of the record. */
  readonly heads: Int32Array
  readonly headsAt: Int32Array
  readonly unknownElements: number
  /** Too short for what they are said to be. */
  readonly shortElements: number
  /** Was every element found that the record holds? */
  readonly isWhole: boolean
}

const NO_SHAPE: KnownShape = {
  shape: createShape(),
  size: -1,
  elements: 0,
  heads: new Int32Array(0),
  headsAt: new Int32Array(0),
  unknownElements: 0,
  shortElements: 0,
  isWhole: true,
}

export function createRecordReader(exporters: ExporterIndex): RecordReader {
  const counts = createRecordCounts()
  const numbers = createExporterNumbers(exporters)
  const found = createFoundRecords()
  const readElements = elementReader(exporters, numbers, counts)
  const shapes = new Array<KnownShape>(SHAPES).fill(NO_SHAPE)

  function readBlock(block: DataView, { records }: { records: number | null }, batch: FlowBatch, flush: () => void) {
    const damage = walkRecords(block, 0, records, counts, (at, type, size) => {
      if (type === RECORD.flow) {
        findFlow(block, at, size)
        return readKnown(block, at + size, batch, flush)
      }
      if (type === RECORD.exporter && size >= EXPORTER_RECORD_LENGTH) {
        readElements(block, found, batch, flush)
        numbers.read(block, at)
      } else if (type === RECORD.sampler || type === RECORD.oldSampler) {
        readElements(block, found, batch, flush)
        if (size >= SAMPLER_RECORD_LENGTH) numbers.readSampler(block, at, size)
      } else if (type === RECORD.stat && size >= STAT_LENGTH)
        counts.sequenceFailures = block.getUint32(at + SEQUENCE_FAILURES_AT, true)
      else if (!OTHER_RECORDS.has(type)) counts.unknownRecords++
      return at + size
    })
    readElements(block, found, batch, flush)
    return damage
  }

  /** Reads flow records of known shapes that lie back to back from here; returns where something else begins. There is room for one more then. */
  function readKnown(block: DataView, from: number, batch: FlowBatch, flush: () => void): number {
    let at = findKnown(block, from)
    while (found.length === found.at.length) {
      readElements(block, found, batch, flush)
      at = findKnown(block, at)
    }
    return at
  }

  // Hot: runs once per flow. Returns where no record of a known shape begins, or where the queue is full.
  function findKnown(block: DataView, from: number): number {
    const { at: places, shape, sysId, scaled } = found
    const end = block.byteLength
    const before = found.length
    let n = before
    let at = from
    let head = -1
    let known = NO_SHAPE
    while (n < places.length && at + FLOW_HEADER <= end) {
      const thisHead = block.getInt32(at, true)
      if (thisHead !== head) {
        head = thisHead
        known = (head & 0xffff) === RECORD.flow ? shapes[slotOf(head >>> 16)]! : NO_SHAPE
      }
      if (known.size !== head >>> 16) break
      if (at + known.size > end || block.getUint16(at + 4, true) !== known.elements || !hasHeads(block, at, known))
        break
      const sysIdAndFlags = block.getUint32(at + 8, true)
      const flags = (sysIdAndFlags >>> 16) & 0xff
      if ((flags & FLAG.event) !== 0) break
      places[n] = at
      shape[n] = known.shape
      sysId[n] = sysIdAndFlags & 0xffff
      scaled[n] = (flags & FLAG.sampled) >>> 1
      counts.unknownElements += known.unknownElements
      n++
      at += known.size
    }
    counts.records += n - before
    found.length = n
    return at
  }

  /** Takes in a record of any shape, and remembers that. */
  function findFlow(block: DataView, at: number, size: number): void {
    if (size < FLOW_HEADER) {
      counts.short++
      return
    }
    const flags = block.getUint8(at + 10)
    if ((flags & FLAG.event) !== 0) {
      counts.events++
      return
    }
    const known = learnShape(block, at, size)
    const isMiscounted = !known.isWhole || known.elements !== known.heads.length
    // A shape with something wrong is not remembered, so that the next such record is counted too.
    if (!isMiscounted && known.shortElements === 0) shapes[slotOf(size)] = known
    if (isMiscounted) counts.miscountedElements++
    counts.shortElements += known.shortElements
    const n = found.length++
    found.at[n] = at
    found.shape[n] = known.shape
    found.sysId[n] = block.getUint16(at + 8, true)
    found.scaled[n] = (flags & FLAG.sampled) >>> 1
    counts.unknownElements += known.unknownElements
  }

  return { counts, numbers, readBlock }
}

function slotOf(size: number): number {
  return (size >>> 2) % SHAPES
}

// Hot: runs once per flow.
function hasHeads(block: DataView, start: number, { heads, headsAt }: KnownShape): boolean {
  for (let n = 0; n < heads.length; n++) if (block.getInt32(start + headsAt[n]!, true) !== heads[n]) return false
  return true
}

/** Walks the elements of a record. One that cannot be true ends the walk: what lies behind it is not found. */
function learnShape(block: DataView, start: number, size: number): KnownShape {
  const shape = createShape()
  const heads: number[] = []
  const headsAt: number[] = []
  let unknownElements = 0
  let shortElements = 0
  let isWhole = true
  for (let at = FLOW_HEADER; at + ELEMENT_HEADER <= size; ) {
    const type = block.getUint16(start + at, true)
    const length = block.getUint16(start + at + 2, true)
    if (length < ELEMENT_HEADER || at + length > size) {
      isWhole = false
      break
    }
    heads.push(block.getInt32(start + at, true))
    headsAt.push(at)
    const value = VALUE_OF[type]
    if (type === 0 || type > LAST_ELEMENT) unknownElements++
    else if (value !== undefined && length < ELEMENT_HEADER + VALUE_LENGTH[value]) shortElements++
    else if (value !== undefined) shape[value] = at + ELEMENT_HEADER
    at += length
  }
  const elements = block.getUint16(start + 4, true)
  return {
    shape,
    size,
    elements,
    heads: Int32Array.from(heads),
    headsAt: Int32Array.from(headsAt),
    unknownElements,
    shortElements,
    isWhole,
  }
}
