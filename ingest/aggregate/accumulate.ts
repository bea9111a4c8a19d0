import { createAddressSpace, createEnds } from '../classify/direction.ts'
import { activeDimensions } from '../classify/index.ts'
import type { Config } from '../config/schema.ts'
import type { Counter } from '../model/counter.ts'
import type { DIRECTIONS } from '../model/direction.ts'
import { BATCH_SIZE, type FlowBatch } from '../model/flow-batch.ts'
import { openRoom } from '../model/heap.ts'
import { MEASURES } from '../model/measure.ts'
import type { PartHosts, PartQuality, PartSlot } from '../model/part.ts'
import { SLOT_MS } from '../model/time.ts'
import { createCells } from './cells.ts'
import { exporterTable } from './exporters.ts'
import { heapBatches } from './heap-batch.ts'
import { listHosts } from './host-lists.ts'
import { createHosts, HOST_LIMITS, type HostLimits } from './hosts.ts'
import { createCodePacking, createKindRows, createKinds, type KindRows } from './kinds.ts'
import { createSorting } from './sorting.ts'
import { countBefore, SLOTS_REACHED, slotWindow } from './spread.ts'
import { createSums, sumAt } from './sums.ts'
import { createUnnamed } from './unnamed.ts'

/** What one file adds up to, by the time all its batches were added. */
export interface Accumulation {
  readonly octets: Counter
  readonly packets: Counter
  readonly flows: Counter
  readonly skewed: number
  readonly overlong: number
  readonly reversed: number
  readonly implausible: number
  readonly undersized: number
  readonly flowsByDirection: { readonly [D in (typeof DIRECTIONS)[number]]: Counter }
  readonly unnamed: NonNullable<PartQuality['unnamed']>
  readonly exporters: PartQuality['exporters']
  readonly slots: readonly PartSlot[]
  readonly hosts: PartHosts
}

export interface Accumulator {
  /** Counts every flow of the batch. `exporters` is the file's list so far. */
  add(batch: FlowBatch, exporters: readonly string[]): void
  /**
   * Ends the count. `null`, unless there were too many hosts to count each: then every batch must be given to the function once
   * more, before `finish`, to count the busiest of them exactly.
   */
  recount(): Accumulator['add'] | null
  finish(): Accumulation
  /** Gives back its memory, whether it was finished or not. */
  close(): void
}

/**
 * Counts the flows of one file under a config. `slot` is the file's, in unix seconds. `seed`: any 32-bit number; the
 * result does not depend on it, but nobody who writes flows may know it.
 */
export function createAccumulator(
  config: Config,
  slot: number,
  seed: number,
  limits: HostLimits = HOST_LIMITS,
): Accumulator {
  const room = openRoom()
  const inHeap = heapBatches(room)
  const space = createAddressSpace(config, room)
  const classifiers = activeDimensions(config).map((dimension) => dimension.classifier(config, space, room))
  const packing = createCodePacking(classifiers.map(({ codes }) => codes))
  const kinds = createKinds(room, seed)
  const cells = createCells(config, classifiers)
  const inside = createHosts(room, seed, limits)
  const outside = createHosts(room, seed, limits)
  const exporters = exporterTable(config, room)
  const window = slotWindow(slot)
  const { firstMs } = window
  const scalesFlows = config.compat === 'cuflow'

  const ends = createEnds(room, BATCH_SIZE)
  const codes = classifiers.map(() => new Uint32Array(...room.allocate(BATCH_SIZE * 4), BATCH_SIZE))
  const { slotWord, codeWord0, codeWord1 } = createKindRows(room, BATCH_SIZE)
  const pieces = createKindRows(room, BATCH_SIZE + SLOTS_REACHED)
  const rules = { isSpread: config.timing === 'spread', boardsMulticast: config.compat !== 'cuflow' }
  const sorting = createSorting(room, window, rules, ends, slotWord, exporters)
  const { incoming, outgoing, toGroups, long } = sorting
  const totals = createSums(MEASURES.length)
  const unnamed = createUnnamed(config)

  /** Index of the slot that holds a moment of the window; the window is short enough for 32 bits of milliseconds. */
  function slotOf(ms: number): number {
    return (((ms - firstMs) | 0) / SLOT_MS) | 0
  }

  /*
   * Hot: takes out of a flow's counters what belongs to slots before the one it ended in, as pieces; what the columns keep
   * is for that last slot, where the flow itself counts.
   */
  function spread({ startMs, endMs, octets, packets }: FlowBatch, i: number): void {
    const scope = slotWord[i]! & 7
    const last = slotWord[i]! >>> 3
    let octetsBefore = 0
    let packetsBefore = 0
    for (let slot = slotOf(startMs[i]!); slot < last; slot++) {
      const moment = firstMs + (slot + 1) * SLOT_MS
      const octetsUpTo = countBefore(octets[i]!, startMs[i]!, endMs[i]!, moment)
      const packetsUpTo = countBefore(packets[i]!, startMs[i]!, endMs[i]!, moment)
      if (octetsUpTo === octetsBefore && packetsUpTo === packetsBefore) continue
      const row = pieces.length++
      pieces.slotWord[row] = slot * 8 + scope
      pieces.codeWord0[row] = codeWord0[i]!
      pieces.codeWord1[row] = codeWord1[i]!
      pieces.octets[row] = octetsUpTo - octetsBefore
      pieces.packets[row] = packetsUpTo - packetsBefore
      octetsBefore = octetsUpTo
      packetsBefore = packetsUpTo
    }
    octets[i]! -= octetsBefore
    packets[i]! -= packetsBefore
  }

  function countInside(batch: FlowBatch): void {
    inside.add(batch.dstAddr, incoming, 0, batch)
    inside.add(batch.srcAddr, outgoing, 3, batch)
  }

  function countOutside(batch: FlowBatch): void {
    outside.add(batch.srcAddr, incoming, 0, batch)
    outside.add(batch.srcAddr, toGroups, 0, batch)
    outside.add(batch.dstAddr, outgoing, 3, batch)
  }

  /** Hot: a function of its own, for V8 optimizes it in a fifth of the time that it takes with what runs once per batch. */
  function spreadLong(batch: FlowBatch): void {
    for (let at = 0; at < long.length; at++) {
      spread(batch, long.flows[at]!)
      if (pieces.length >= BATCH_SIZE) addKinds(pieces)
    }
  }

  function countKinds(batch: FlowBatch): void {
    spreadLong(batch)
    addKinds(pieces)
    const { length, octets, packets, flows } = batch
    addKinds({ length, slotWord, codeWord0, codeWord1, octets, packets, flows })
  }

  /** Adds rows and empties them; a table that has grown too large is worked off. */
  function addKinds(rows: KindRows): void {
    kinds.add(rows)
    rows.length = 0
    if (kinds.isFull()) drain()
  }

  /** Raw counters times the rate of their router; in place, for nobody sees the batch after us. */
  function applySampling({ length, exporter, scaled, octets, packets, flows }: FlowBatch): void {
    if (!exporters.isSampled) return
    for (let i = 0; i < length; i++) {
      if (scaled[i] === 1) continue
      const rate = exporters.rate[exporter[i]!]!
      octets[i]! *= rate
      packets[i]! *= rate
      if (scalesFlows) flows[i]! *= rate
    }
  }

  function drain(): void {
    const unpacked: number[] = []
    kinds.drain((slotWord, code0, code1, octets, packets, flows) => {
      packing.unpack(code0, code1, unpacked)
      cells.add(slotWord >>> 3, (slotWord >>> 1) & 3, (slotWord & 1) === 1, unpacked, octets, packets, flows)
    })
  }

  /** Everything but the hosts. What is read again after that changes nothing. */
  function settle(): Omit<Accumulation, 'hosts'> {
    drain()
    return {
      octets: sumAt(totals, 0),
      packets: sumAt(totals, 1),
      flows: sumAt(totals, 2),
      ...sorting.odd(),
      ...exporters.summary(),
      unnamed: unnamed.busiest(),
      slots: cells.slots((index) => (firstMs + index * SLOT_MS) / 1000),
    }
  }
  let counted: Omit<Accumulation, 'hosts'> | undefined

  return {
    add(given, names) {
      const batch = inHeap(given)
      exporters.extend(names)
      space.locate(batch, ends)
      for (const [index, classifier] of classifiers.entries()) classifier.classify(batch, ends, names, codes[index]!)
      packing.pack(codes, batch.length, codeWord0, codeWord1)
      applySampling(batch)
      sorting.sort(batch, totals)
      unnamed.add(batch, ends, slotWord, codes)
      countInside(batch)
      countOutside(batch)
      countKinds(batch)
    },
    recount() {
      counted = settle()
      const passes = [inside.recount() ? countInside : [], outside.recount() ? countOutside : []].flat()
      if (passes.length === 0) return null
      return (given, names) => {
        const batch = inHeap(given)
        exporters.extend(names)
        space.locate(batch, ends)
        applySampling(batch)
        sorting.sort(batch, totals)
        for (const count of passes) count(batch)
      }
    },
    finish: () => ({ ...(counted ?? settle()), hosts: listHosts(config, space, inside, outside) }),
    close: room.close,
  }
}
