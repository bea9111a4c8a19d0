import { BATCH_SIZE, createFlowBatch, type FlowBatch } from '../model/flow-batch.ts'
import { heapMemory, isInHeap, openRoom, WORD } from '../model/heap.ts'
import { startWasm } from '../model/wasm.ts'
import type { ExporterIndex } from './exporters.ts'
import { CODE } from './nfcapd.wasm.ts'
import { MOST_UNPACKED } from './unpacking.ts'

/** See `../assembly/lz4.ts` and `../assembly/flow-records.ts`. */
interface Functions {
  unpack(from: number, end: number, start: number, limit: number): number
  readFlows(from: number, end: number, row: number, most: number, ...places: Places): number
}

/**
 * What decoding nfcapd does in WebAssembly, in places of the heap that all files of a thread share: nothing in them is good any more once
 * another file has had its turn.
 */
export interface NfcapdMemory {
  /** Unpacks an LZ4 block (not a frame) into at most `room` bytes, good until the next call. Throws when it is damaged, or needs more room. */
  unpack(block: Uint8Array, room: number): Uint8Array
  /** Where `readFlows` puts flows unless it is told otherwise. */
  readonly ownBatch: FlowBatch
  /** Lets `readFlows` put flows into a batch of the heap. `exporters` are those of an index: when another had its turn, there are none. */
  use(index: ExporterIndex, batch: FlowBatch): void
  /** By row of the batch, the number that the record gives its exporter. */
  readonly sysId: Uint32Array
  /** Shapes of records and exporters, as `../assembly/flow-records.ts` knows them: `SHAPE_WORDS` and `EXPORTER_WORDS` each. */
  readonly shapes: Uint32Array
  readonly exporters: Uint32Array
  /** Where the block lies in this memory, brought here when it lies elsewhere. */
  hold(block: DataView): number
  /** Hot: reads flow records into the batch, from byte `from` of this memory on. Returns where it stopped; see `found`. */
  readFlows(from: number, end: number): number
  /** What the last call has found besides: when the first record was received (0: none says), how many there were, and unknown elements. */
  readonly found: { readonly receivedMs: number; readonly records: number; readonly unknownElements: number }
}

export const SHAPES = 256
export const SHAPE_WORDS = 64
export const EXPORTERS = 64
export const EXPORTER_WORDS = 6
const FOUND_WORDS = 6

type Places = [shapes: number, exporters: number, columns: number, found: number]

/** Where a block lies in the heap, copied to `place` when it lies elsewhere. */
function hold(block: ArrayBufferView, place: Uint8Array): number {
  if (isInHeap(block)) return block.byteOffset
  const start = block.byteOffset % WORD
  place.set(new Uint8Array(block.buffer, block.byteOffset, block.byteLength), start)
  return place.byteOffset + start
}

const known = new WeakMap<FlowBatch, readonly number[]>()

/** Where its columns lie. */
function placesOf(batch: FlowBatch): readonly number[] {
  let places = known.get(batch)
  if (places === undefined) {
    const { length: _, ...columns } = batch
    places = Object.values(columns).map(({ byteOffset }) => byteOffset)
    known.set(batch, places)
  }
  return places
}

let made: NfcapdMemory | undefined

/** One for all files of a thread: to make it takes longer than a small file. */
export function nfcapdMemory(): NfcapdMemory {
  made ??= createNfcapdMemory()
  return made
}

function createNfcapdMemory(): NfcapdMemory {
  // Of the large places the system gives what is touched.
  const { allocate } = openRoom()
  const words = (count: number) => new Uint32Array(...allocate(count * 4), count).fill(0)
  const shapes = words(SHAPES * SHAPE_WORDS)
  const exporters = words(EXPORTERS * EXPORTER_WORDS)
  const ownBatch = createFlowBatch(BATCH_SIZE, allocate)
  const sysId = words(BATCH_SIZE)
  const columnPlaces = words(Object.keys(ownBatch).length)
  let batch = ownBatch
  let index: ExporterIndex | undefined
  const found = words(FOUND_WORDS)
  const receivedMs = new Float64Array(found.buffer, found.byteOffset, 1)
  const packed = new Uint8Array(...allocate(MOST_UNPACKED + WORD))
  const unpacked = new Uint8Array(...allocate(MOST_UNPACKED + WORD))
  const unpackedAt = unpacked.byteOffset
  const { unpack, readFlows } = startWasm<Functions>(CODE, heapMemory())
  const places = [shapes, exporters, columnPlaces, found].map(({ byteOffset }) => byteOffset) as Places

  return {
    ownBatch,
    use(by, next) {
      if (by !== index) exporters.fill(0)
      index = by
      batch = next
      columnPlaces.set(placesOf(next))
      columnPlaces[columnPlaces.length - 1] = sysId.byteOffset
    },
    sysId,
    shapes,
    exporters,
    unpack(block, room) {
      const at = hold(block, packed)
      const length = unpack(at, at + block.length, unpackedAt, unpackedAt + room)
      if (length < 0) throw new RangeError(`damaged, or more than ${room} bytes come out of it`)
      return unpacked.subarray(0, length)
    },
    hold: (block) => hold(block, unpacked),
    readFlows(from, behind) {
      const at = readFlows(from, behind, batch.length, BATCH_SIZE - 1, ...places)
      batch.length = found[2]!
      return at
    },
    found: {
      get receivedMs() {
        return receivedMs[0]!
      },
      get records() {
        return found[3]!
      },
      get unknownElements() {
        return found[4]!
      },
    },
  }
}
