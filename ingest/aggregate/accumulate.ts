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

  // Hot: adds a flow to each slot between its start and its end; the flow itself counts in the last.
  function spread(
    scope: number,
    i: number,
    startMs: number,
    endMs: number,
    octets: number,
    packets: number,
    flows: number,
  ): void {
    const first = Math.floor((startMs - firstMs) / SLOT_MS)
    const last = Math.floor((endMs - firstMs) / SLOT_MS)
    let octetsBefore = 0
    let packetsBefore = 0
    for (let index = first; index < last; index++) {
      const moment = firstMs + (index + 1) * SLOT_MS
      const octetsUpTo = countBefore(octets, startMs, endMs, moment)
      const packetsUpTo = countBefore(packets, startMs, endMs, moment)
      if (octetsUpTo !== octetsBefore || packetsUpTo !== packetsBefore) {
        kinds.add(index * 8 + scope, word0[i]!, word1[i]!, octetsUpTo - octetsBefore, packetsUpTo - packetsBefore, 0)
      }
      octetsBefore = octetsUpTo
      packetsBefore = packetsUpTo
    }
    kinds.add(last * 8 + scope, word0[i]!, word1[i]!, octets - octetsBefore, packets - packetsBefore, flows)
  }

  // Hot: runs once per flow.
  function count(batch: FlowBatch): void {
    const { length, srcAddr, dstAddr, exporter, scaled } = batch
    const { direction, multicast } = ends
    for (let i = 0; i < length; i++) {
      const from = exporter[i]!
      const rate = scaled[i] === 1 ? 1 : exporters.rate[from]!
      const octets = batch.octets[i]! * rate
      const packets = batch.packets[i]! * rate
      const flows = scalesFlows ? batch.flows[i]! * rate : batch.flows[i]!
      let startMs = batch.startMs[i]!
      const endMs = batch.endMs[i]!
      if (endMs < startMs) {
        startMs = endMs
        sum.reversed++
      }
      if (octets > PLAUSIBLE || packets > PLAUSIBLE) {
        const most = Math.max(PLAUSIBLE, Math.min(endMs - startMs, LONGEST_MS) * LINE_OCTETS_PER_MS)
        if (octets > most || packets > most) {
          sum.implausible++
          continue
        }
      }
      const way = direction[i]!
      sum.octets += octets
      sum.packets += packets
      sum.flows += flows
      flowsByDirection[way]! += flows
      exporters.flows[from]! += flows
      const isBorder = exporters.isBorder[from]!
      const scope = way * 2 + isBorder

      if (endMs < firstMs || endMs > lastMs) {
        sum.skewed++
        kinds.add(home * 8 + scope, word0[i]!, word1[i]!, octets, packets, flows)
      } else {
        if (endMs - startMs > LONGEST_MS) {
          sum.overlong++
          startMs = endMs - LONGEST_MS
        }
        if (!isSpread) kinds.add(home * 8 + scope, word0[i]!, word1[i]!, octets, packets, flows)
        else spread(scope, i, Math.max(startMs, firstMs), endMs, octets, packets, flows)
      }

      if (isBorder === 0 || way > OUT || (multicast[i] === 1 && !boardsMulticast)) continue
      const at = i * 4
      if (way === OUT) {
        inside.add(srcAddr, at, 3, octets, packets, flows)
        outside.add(dstAddr, at, 3, octets, packets, flows)
      } else {
        // A multicast group is nobody's host.
        if (multicast[i] === 0) inside.add(dstAddr, at, 0, octets, packets, flows)
        outside.add(srcAddr, at, 0, octets, packets, flows)
      }
    }
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
      if (kinds.isFull()) drain()
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
