import { BATCH_SIZE } from '../model/flow-batch.ts'
import type { EmitBatch } from './decoder.ts'
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
import { EXPORTER_WORDS, EXPORTERS, nfcapdMemory, SHAPE_WORDS, SHAPES } from './wasm-nfcapd.ts'

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

/** A sequence of elements. */
interface FoundShape {
  readonly shape: Shape
  /** How many elements the record says it holds. */
  readonly elements: number
  /** The 4 bytes before each value, and where they lie from the start of the record. */
  readonly heads: readonly number[]
  readonly headsAt: readonly number[]
  readonly unknownElements: number
  /** Too short for what they are said to be. */
  readonly shortElements: number
  /** Was every element found that the record holds? */
  readonly isWhole: boolean
}

/** The words of a shape that WebAssembly knows, before its heads: two each. */
const SHAPE_HEADER_WORDS = 12
const MOST_HEADS = (SHAPE_WORDS - SHAPE_HEADER_WORDS) / 2

export function createRecordReader(exporters: ExporterIndex): RecordReader {
  const counts = createRecordCounts()
  const numbers = createExporterNumbers(exporters)
  const found = createFoundRecords()
  const readElements = elementReader(exporters, numbers, counts)
  const memory = nfcapdMemory()
  let batch = memory.ownBatch

  /** Only behind the first flows that are emitted: what is known with them is the same whoever reads. */
  function useNextBatch({ nextBatch }: EmitBatch): void {
    if (nextBatch === undefined) return
    batch = nextBatch()
    memory.use(exporters, batch)
  }

  function readBlock(block: DataView, { records }: { records: number | null }, flush: () => void) {
    const held = memory.hold(block)
    memory.use(exporters, batch)
    // What is there is of another file, or of one that ended in an error.
    if (batch === memory.ownBatch) batch.length = 0
    return walkRecords(block, 0, records, counts, (at, type, size) => {
      if (type === RECORD.flow) return readFlows(block, held, at, size, flush)
      if (type === RECORD.exporter && size >= EXPORTER_RECORD_LENGTH) {
        numbers.read(block, at)
        memory.exporters.fill(0)
      } else if (type === RECORD.sampler || type === RECORD.oldSampler) {
        if (size >= SAMPLER_RECORD_LENGTH) numbers.readSampler(block, at, size)
      } else if (type === RECORD.stat && size >= STAT_LENGTH)
        counts.sequenceFailures = block.getUint32(at + SEQUENCE_FAILURES_AT, true)
      else if (!OTHER_RECORDS.has(type)) counts.unknownRecords++
      return at + size
    })
  }

  /** Reads the flow record at `at` and those behind it that are like others before; returns where something else begins. */
  function readFlows(block: DataView, held: number, at: number, size: number, flush: () => void): number {
    const behind = readKnown(block, held, at, flush)
    if (behind === at) {
      readAny(block, at, size, flush)
      return at + size
    }
    // The first is counted already.
    counts.records--
    return behind
  }

  function readKnown(block: DataView, held: number, from: number, flush: () => void): number {
    const end = held + block.byteLength
    for (let at = held + from; ; ) {
      const before = batch.length
      at = memory.readFlows(at, end)
      const { records, unknownElements, receivedMs } = memory.found
      counts.records += records
      counts.flows += records
      counts.unknownElements += unknownElements
      counts.firstReceivedMs ??= receivedMs || null
      if (numbers.isSampled) countUnscaled(before)
      if (batch.length < BATCH_SIZE - 1) return at - held
      flush()
    }
  }

  function countUnscaled(from: number): void {
    for (let row = from; row < batch.length; row++)
      if (batch.scaled[row] === 0 && batch.reverse[row] === 0) numbers.countUnscaled(memory.sysId[row]!)
  }

  /** Takes in a record of any shape, and remembers that. */
  function readAny(block: DataView, at: number, size: number, flush: () => void): void {
    if (size < FLOW_HEADER) {
      counts.short++
      return
    }
    const flags = block.getUint8(at + 10)
    if ((flags & FLAG.event) !== 0) {
      counts.events++
      return
    }
    const known = findShape(block, at, size)
    const isMiscounted = !known.isWhole || known.elements !== known.heads.length
    if (isMiscounted) counts.miscountedElements++
    counts.shortElements += known.shortElements
    counts.unknownElements += known.unknownElements
    // So that there is room for both directions, and the batch stays the same.
    if (batch.length >= BATCH_SIZE - 1) flush()
    found.length = 1
    found.at[0] = at
    found.shape[0] = known.shape
    found.sysId[0] = block.getUint16(at + 8, true)
    found.scaled[0] = (flags & FLAG.sampled) >>> 1
    const { implausible } = counts
    readElements(block, found, batch, flush)
    // A shape with something wrong is not remembered, so that the next such record is counted too.
    if (!isMiscounted && known.shortElements === 0 && counts.implausible === implausible)
      remember(block, at, size, known)
  }

  /** Lets WebAssembly know the shape and the exporter of the record that made the last row. */
  function remember(block: DataView, at: number, size: number, known: FoundShape): void {
    const { shape, elements, heads, headsAt, unknownElements } = known
    if (shape.generic === 0 || (shape.ipv4 === 0 && shape.ipv6 === 0) || heads.length > MOST_HEADS) return
    const { generic, ipv4, ipv6, interfaces, counters, as, exporterIPv4, exporterIPv6 } = shape
    const places = [generic, ipv4, ipv6, interfaces, counters, as, exporterIPv4, exporterIPv6]
    const pairs = heads.flatMap((head, n) => [headsAt[n]!, head])
    memory.shapes.set(
      [size, elements, heads.length, unknownElements, ...places, ...pairs],
      ((size >>> 2) % SHAPES) * SHAPE_WORDS,
    )
    const { name, kind } = exporterOf(block, at, shape)
    memory.exporters.set(
      [...name, batch.exporter[batch.length - 1]! + 1, kind],
      ((name[2]! ^ name[3]!) & (EXPORTERS - 1)) * EXPORTER_WORDS,
    )
  }

  return {
    counts,
    numbers,
    readBlock,
    useNextBatch,
    get batch() {
      return batch
    },
    get keepsFlows() {
      return batch !== memory.ownBatch
    },
  }
}

/** How a record names its exporter, as `../assembly/flow-records.ts` puts it: two numbers of 64 bits, the lower half of each first. */
function exporterOf(block: DataView, at: number, { exporterIPv4, exporterIPv6 }: Shape) {
  const word = (from: number) => block.getUint32(at + from, true)
  if (exporterIPv4 !== 0) return { name: [0, 0, word(exporterIPv4), 0], kind: 0 }
  if (exporterIPv6 !== 0) return { name: [0, 4, 8, 12].map((byte) => word(exporterIPv6 + byte)), kind: 1 }
  return { name: [0, 0, block.getUint16(at + 8, true), 0], kind: 2 }
}

/** Walks the elements of a record. One that cannot be true ends the walk: what lies behind it is not found. */
function findShape(block: DataView, start: number, size: number): FoundShape {
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
    elements,
    heads,
    headsAt,
    unknownElements,
    shortElements,
    isWhole,
  }
}
