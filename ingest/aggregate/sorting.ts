import type { Ends } from '../classify/direction.ts'
import type { FlowBatch } from '../model/flow-batch.ts'
import type { Room } from '../model/heap.ts'
import type { ExporterTable } from './exporters.ts'
import { createFlowList, type FlowList } from './hosts.ts'
import type { SlotWindow } from './spread.ts'
import { addCounts, CARRY, type Sums } from './sums.ts'
import { counting } from './wasm-count.ts'

/** How many flows were found to be this. */
export interface OddFlows {
  readonly skewed: number
  readonly overlong: number
  readonly reversed: number
  readonly implausible: number
  readonly undersized: number
}

/** When and where the flows of a batch count. */
export interface Sorting {
  /** Flows of the batch that crossed the border, by which of their ends is ours; to a multicast group; those of several slots. */
  readonly incoming: FlowList
  readonly outgoing: FlowList
  readonly toGroups: FlowList
  readonly long: FlowList
  /**
   * Finds the slot that each flow ended in, and puts it on the lists that it belongs to; adds all flows to `totals`. Times that cannot be are
   * mended in the batch, and flows that cannot be are made nothing. Of each exporter it is kept when its newest flow ended.
   */
  sort(batch: FlowBatch, totals: Sums): void
  /** Of all batches. */
  odd(): OddFlows
}

/** What becomes of flows under a config. */
export interface SortRules {
  /** In every slot they lived in, or only in the one they ended in. */
  readonly isSpread: boolean
  /** Do those to multicast groups count for hosts? */
  readonly boardsMulticast: boolean
}

/** Places in the words of `Sorting` in `../assembly/sort.ts`; its doubles come before. */
const DOUBLES = 5
const COLUMNS = 10
const LENGTHS = COLUMNS + 13
const ODD = LENGTHS + 4
const WORDS = ODD + 5

/** `slotWord`: where the slot of each flow goes, with its direction and whether its exporter counts everywhere. All columns lie in the heap. */
export function createSorting(
  room: Room,
  { firstMs, lastMs, home }: SlotWindow,
  { isSpread, boardsMulticast }: SortRules,
  { direction, multicast }: Ends,
  slotWord: Uint32Array,
  exporters: ExporterTable,
): Sorting {
  const lists = Array.from({ length: 4 }, () => createFlowList(room))
  const [incoming, outgoing, toGroups, long] = lists as [FlowList, FlowList, FlowList, FlowList]
  const [buffer, at] = room.allocate(WORDS * 4)
  const doubles = new Float64Array(buffer, at, DOUBLES)
  const words = new Uint32Array(buffer, at, WORDS).fill(0)
  const columns = [direction, multicast, slotWord, exporters.isBorder, exporters.flows.sums, exporters.ends]
  const places = [...columns, ...lists.map(({ flows }) => flows)].map(({ byteOffset }) => byteOffset)
  doubles.set([firstMs, lastMs])
  words.set([home, Number(isSpread), Number(boardsMulticast), ...places], COLUMNS)

  return {
    incoming,
    outgoing,
    toGroups,
    long,
    sort(batch, totals) {
      const { length, exporter, octets, packets, flows, startMs, endMs } = batch
      const counters = [octets.byteOffset, packets.byteOffset, flows.byteOffset] as const
      counting(exporters.flows).sortFlows(
        at,
        length,
        exporter.byteOffset,
        ...counters,
        startMs.byteOffset,
        endMs.byteOffset,
      )
      for (const [n, list] of lists.entries()) list.length = words[LENGTHS + n]!
      const [allOctets, allPackets, allFlows] = [doubles[2]!, doubles[3]!, doubles[4]!]
      if (allOctets + allPackets + allFlows < CARRY) addCounts(totals, 0, allOctets, allPackets, allFlows)
      else for (let i = 0; i < length; i++) addCounts(totals, 0, octets[i]!, packets[i]!, flows[i]!)
    },
    odd() {
      const [skewed, overlong, reversed, implausible, undersized] = words.subarray(ODD) as unknown as number[]
      return {
        skewed: skewed!,
        overlong: overlong!,
        reversed: reversed!,
        implausible: implausible!,
        undersized: undersized!,
      }
    },
  }
}
