import { type AddressSpace, createAddressSpace, createEnds } from '../classify/direction.ts'
import { activeDimensions } from '../classify/index.ts'
import type { Config } from '../config/schema.ts'
import { formatAddress } from '../model/address.ts'
import { DIRECTIONS, IN, OUT } from '../model/direction.ts'
import { UserError } from '../model/errors.ts'
import { BATCH_SIZE, type FlowBatch } from '../model/flow-batch.ts'
import type { PartHosts, PartSlot } from '../model/part.ts'
import { SLOT_MS } from '../model/time.ts'
import { createCells } from './cells.ts'
import { createHosts } from './hosts.ts'
import { createCodePacking, createKinds } from './kinds.ts'
import { countBefore, LONGEST_MS, slotWindow } from './spread.ts'

/** A record beyond this many octets or packets is true only if some line could carry it: see `LINE_OCTETS_PER_MS`. */
const PLAUSIBLE = 2 ** 40
/** 400 Gb/s: the fastest line that a flow's own duration may excuse. */
const LINE_OCTETS_PER_MS = 50_000_000

/** What one file adds up to, by the time all its batches were added. */
export interface Accumulation {
  readonly octets: number
  readonly packets: number
  readonly flows: number
  readonly skewed: number
  readonly overlong: number
  readonly reversed: number
  readonly implausible: number
  readonly flowsByDirection: { readonly [D in (typeof DIRECTIONS)[number]]: number }
  readonly exporters: { readonly [address: string]: { readonly flows: number; readonly sampleRate: number } }
  readonly slots: readonly PartSlot[]
  readonly hosts: PartHosts
}

export interface Accumulator {
  /** Counts every flow of the batch. `exporters` is the file's list so far. */
  add(batch: FlowBatch, exporters: readonly string[]): void
  finish(): Accumulation
}

/**
 * Counts the flows of one file under a config. `slot` is the file's, in unix seconds. `seed`: any 32-bit number; the
 * result does not depend on it, but nobody who writes flows may know it.
 */
export function createAccumulator(config: Config, slot: number, seed: number): Accumulator {
  const space = createAddressSpace(config)
  const classifiers = activeDimensions(config).map((dimension) => dimension.classifier(config, space))
  const packing = createCodePacking(classifiers.map(({ codes }) => codes))
  const kinds = createKinds(seed)
  const cells = createCells(config, classifiers)
  const inside = createHosts(seed)
  const outside = createHosts(seed)
  const exporters = exporterTable(config)
  const { firstMs, lastMs, home } = slotWindow(slot)
  const isSpread = config.timing === 'spread'
  const scalesFlows = config.compat === 'cuflow'
  const boardsMulticast = config.compat !== 'cuflow'

  const ends = createEnds(BATCH_SIZE)
  const codes = classifiers.map(() => new Uint32Array(BATCH_SIZE))
  const word0 = new Uint32Array(BATCH_SIZE)
  const word1 = new Uint32Array(BATCH_SIZE)
  const flowsByDirection = new Float64Array(DIRECTIONS.length)
  const sum = { octets: 0, packets: 0, flows: 0, skewed: 0, overlong: 0, reversed: 0, implausible: 0 }

  /*
   * Hot: takes what belongs to slots before the last out of the counters that stand in row `row` of the queue, into rows of
   * their own before it. Returns the row that then holds the rest, for the slot in which the flow ended.
   */
  function spread(
    row: number,
    first: number,
    last: number,
    scope: number,
    i: number,
    startMs: number,
    endMs: number,
  ): number {
    const { queue } = kinds
    const octets = queue.octets[row]!
    const packets = queue.packets[row]!
    let octetsBefore = 0
    let packetsBefore = 0
    for (let index = first; index < last; index++) {
      const moment = firstMs + (index + 1) * SLOT_MS
      const octetsUpTo = countBefore(octets, startMs, endMs, moment)
      const packetsUpTo = countBefore(packets, startMs, endMs, moment)
      if (octetsUpTo === octetsBefore && packetsUpTo === packetsBefore) continue
      queue.slotWord[row] = index * 8 + scope
      queue.codeWord0[row] = word0[i]!
      queue.codeWord1[row] = word1[i]!
      queue.octets[row] = octetsUpTo - octetsBefore
      queue.packets[row] = packetsUpTo - packetsBefore
      queue.flows[row] = 0
      row++
      octetsBefore = octetsUpTo
      packetsBefore = packetsUpTo
    }
    queue.octets[row] = octets - octetsBefore
    queue.packets[row] = packets - packetsBefore
    return row
  }

  // Hot: runs once per flow. Puts it into the queue of kinds and, when it crossed the border, its ends into those of hosts.
  function count(batch: FlowBatch): void {
    const { length, srcAddr, dstAddr, exporter, scaled } = batch
    const { direction, multicast } = ends
    const { rate: rateOf, isBorder: borderOf, flows: flowsOf } = exporters
    const { queue } = kinds
    let rows = 0
    let insideRows = 0
    let outsideRows = 0
    for (let i = 0; i < length; i++) {
      const from = exporter[i]!
      const rate = scaled[i] === 1 ? 1 : rateOf[from]!
      const octets = batch.octets[i]! * rate
      const packets = batch.packets[i]! * rate
      const flows = scalesFlows ? batch.flows[i]! * rate : batch.flows[i]!
      const endMs = batch.endMs[i]!
      let startMs = batch.startMs[i]!
      if (endMs < startMs) {
        startMs = endMs
        sum.reversed++
      }
      if ((octets > PLAUSIBLE || packets > PLAUSIBLE) && !isPlausible(octets, packets, endMs - startMs)) {
        sum.implausible++
        continue
      }
      const way = direction[i]!
      sum.octets += octets
      sum.packets += packets
      sum.flows += flows
      flowsByDirection[way]! += flows
      flowsOf[from]! += flows
      const isBorder = borderOf[from]!
      const scope = way * 2 + isBorder

      let index = home
      queue.octets[rows] = octets
      queue.packets[rows] = packets
      if (endMs < firstMs || endMs > lastMs) sum.skewed++
      else {
        if (endMs - startMs > LONGEST_MS) {
          sum.overlong++
          startMs = endMs - LONGEST_MS
        }
        if (isSpread) {
          index = Math.floor((endMs - firstMs) / SLOT_MS)
          const first = Math.max(0, Math.floor((startMs - firstMs) / SLOT_MS))
          if (first < index) rows = spread(rows, first, index, scope, i, Math.max(startMs, firstMs), endMs)
        }
      }
      queue.slotWord[rows] = index * 8 + scope
      queue.codeWord0[rows] = word0[i]!
      queue.codeWord1[rows] = word1[i]!
      queue.flows[rows] = flows
      rows++
      if (rows >= BATCH_SIZE) rows = addKinds(rows)

      if (isBorder === 0 || way > OUT || (multicast[i] === 1 && !boardsMulticast)) continue
      const first = way === OUT ? 3 : 0
      // A multicast group is nobody's host.
      if (way === OUT || multicast[i] === 0) {
        copyAddress(way === OUT ? srcAddr : dstAddr, i, inside.queue.words, insideRows)
        inside.queue.first[insideRows] = first
        inside.queue.octets[insideRows] = octets
        inside.queue.packets[insideRows] = packets
        inside.queue.flows[insideRows] = flows
        insideRows++
      }
      copyAddress(way === OUT ? dstAddr : srcAddr, i, outside.queue.words, outsideRows)
      outside.queue.first[outsideRows] = first
      outside.queue.octets[outsideRows] = octets
      outside.queue.packets[outsideRows] = packets
      outside.queue.flows[outsideRows] = flows
      outsideRows++
    }
    addKinds(rows)
    inside.add(insideRows)
    outside.add(outsideRows)
  }

  /** Empties the queue; a table that has grown too large is worked off. */
  function addKinds(rows: number): number {
    kinds.add(rows)
    if (kinds.isFull()) drain()
    return 0
  }

  function drain(): void {
    const unpacked: number[] = []
    kinds.drain((slotWord, code0, code1, octets, packets, flows) => {
      packing.unpack(code0, code1, unpacked)
      cells.add(slotWord >>> 3, (slotWord >>> 1) & 3, (slotWord & 1) === 1, unpacked, octets, packets, flows)
    })
  }

  return {
    add(batch, names) {
      exporters.extend(names)
      space.locate(batch, ends)
      for (const [index, classifier] of classifiers.entries()) classifier.classify(batch, ends, names, codes[index]!)
      packing.pack(codes, batch.length, word0, word1)
      count(batch)
      assertExact(sum.octets, sum.packets, sum.flows)
    },
    finish() {
      drain()
      return {
        ...sum,
        flowsByDirection: {
          in: flowsByDirection[IN]!,
          out: flowsByDirection[OUT]!,
          internal: flowsByDirection[2]!,
          transit: flowsByDirection[3]!,
        },
        exporters: exporters.summary(),
        slots: cells.slots((index) => (firstMs + index * SLOT_MS) / 1000),
        hosts: listHosts(config, space, inside, outside),
      }
    },
  }
}

/** Would some line have carried this much in the time? */
function isPlausible(octets: number, packets: number, durationMs: number): boolean {
  const most = Math.max(PLAUSIBLE, Math.min(durationMs, LONGEST_MS) * LINE_OCTETS_PER_MS)
  return octets <= most && packets <= most
}

/** Hot: the address of flow `i` of a batch into row `row`. */
function copyAddress(from: Uint32Array, i: number, to: Uint32Array, row: number): void {
  to[row * 4] = from[i * 4]!
  to[row * 4 + 1] = from[i * 4 + 1]!
  to[row * 4 + 2] = from[i * 4 + 2]!
  to[row * 4 + 3] = from[i * 4 + 3]!
}

/** Sums of whole numbers in doubles are exact up to 2^53; no cell exceeds the file's total. */
function assertExact(...sums: readonly number[]): void {
  if (sums.every((total) => total <= Number.MAX_SAFE_INTEGER)) return
  throw new UserError(
    'the counters of this file add up to more than 2^53; no line carries that much in one capture: is a sampleRate wrong?',
  )
}

/** Per exporter of the file, in the file's order: its sampling rate, whether it counts everywhere, its flows. */
function exporterTable({ routers }: Config) {
  const byAddress = new Map(
    routers.flatMap((router) => router.addresses.map((address) => [formatAddress(address), router] as const)),
  )
  const anyBorder = routers.some(({ border }) => border)
  const names: string[] = []
  const rate: number[] = []
  const isBorder: number[] = []
  const flows: number[] = []
  return {
    rate,
    isBorder,
    flows,
    extend(seen: readonly string[]): void {
      for (const name of seen.slice(names.length)) {
        const router = byAddress.get(name)
        names.push(name)
        rate.push(router?.sampleRate ?? 1)
        isBorder.push(!anyBorder || router?.border === true ? 1 : 0)
        flows.push(0)
      }
    },
    summary: () =>
      Object.fromEntries(
        names
          .map((name, index) => [name, { flows: flows[index]!, sampleRate: rate[index]! }] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
  }
}

type Hosts = ReturnType<typeof createHosts>

function listHosts({ networks, scoreboard }: Config, space: AddressSpace, inside: Hosts, outside: Hosts): PartHosts {
  const { top, keep } = scoreboard
  const rowsOf = rowsByNetwork(inside.column(space.setOf), space.networks, networks.length)
  const lists = networks.map(({ id }, network) => [id, inside.busiest(Math.min(top, keep), rowsOf[network])] as const)
  return {
    inside: inside.busiest(keep),
    outside: outside.busiest(keep),
    networks: Object.fromEntries(lists.filter(([, { rows }]) => rows.length > 0)),
  }
}

/** Deals rows out to every network that holds them: counts first, then fills. */
function rowsByNetwork(setOfRow: Uint32Array, networksOfSet: AddressSpace['networks'], count: number): Uint32Array[] {
  const sizes = new Uint32Array(count)
  for (const set of setOfRow) for (const network of networksOfSet[set]!) sizes[network]!++
  const rowsOf = Array.from(sizes, (size) => new Uint32Array(size))
  const filled = new Uint32Array(count)
  for (const [row, set] of setOfRow.entries()) {
    for (const network of networksOfSet[set]!) rowsOf[network]![filled[network]!++] = row
  }
  return rowsOf
}
