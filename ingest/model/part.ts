import { createHash } from 'node:crypto'
import type { Counter } from './counter.ts'
import type { Direction } from './direction.ts'
import type { CollectorCounts } from './flow-batch.ts'
import type { Counts } from './measure.ts'

/**
 * What one flow file contributed: immutable, self-contained, merged with others by addition.
 * A part says nothing of where its flows came from beyond `source`, `slot` and `id`; anything that can count
 * flows per slot and cell can make one.
 */
export interface Part {
  readonly schema: 1
  /** Which collector or directory: parts of several sources add up. */
  readonly source: string
  /** The slot of the file: unix seconds of its start. */
  readonly slot: number
  /** SHA-256 over source, slot and content, in hex. */
  readonly id: string
  /** Fingerprint of the config that classified it. */
  readonly config: string
  readonly file: {
    readonly bytes: number
    readonly format: string
    readonly complete: boolean
    /** When the capture began (header), else when its first record was exported, unix ms; `null`: it does not say. */
    readonly startMs: number | null
  }
  /** Counters as read from the file, sampling applied, before classification. */
  readonly total: {
    readonly records: number
    readonly octets: Counter
    readonly packets: Counter
    readonly flows: Counter
  }
  /**
   * What flows were counted by: members (`network/library`) and pairs of dimensions (`network,service`), in order. What it does not name was not
   * looked for, and is unknown, not zero. Absent where nobody said.
   */
  readonly counted?: readonly string[]
  /** Counters per slot (a long flow reaches back) and cell; what saw nothing is absent. Slots ascending. */
  readonly slots: readonly PartSlot[]
  readonly hosts: PartHosts
  readonly quality: PartQuality
}

/** The id of a part, hex. `content`: SHA-256 of the flow file's bytes, hex. */
export function partId(source: string, slot: number, content: string): string {
  return createHash('sha256').update(`${source}\0${slot}\0${content}`).digest('hex')
}

export interface PartSlot {
  /** Unix seconds of the start. */
  readonly slot: number
  readonly cells: { readonly [cell: string]: CellCounts }
}

/** Counts of one cell in one slot, by direction; a direction that saw nothing is absent. */
export type CellCounts = { readonly [D in Direction]?: Readonly<Counts> }

/** In and out counters of one address. */
export type HostRow = readonly [
  address: string,
  inOctets: Counter,
  inPackets: Counter,
  inFlows: Counter,
  outOctets: Counter,
  outPackets: Counter,
  outFlows: Counter,
]

/** What a host may have of each of the six counters, in the order of `HostRow`. */
export type HostBound = readonly [
  inOctets: Counter,
  inPackets: Counter,
  inFlows: Counter,
  outOctets: Counter,
  outPackets: Counter,
  outFlows: Counter,
]

/** The busiest hosts of a file: every host that is among the first `kept` by any of the six counters. */
export interface HostList {
  /**
   * How many different addresses there were; `null` when there were more than are counted one by one, and when lists were
   * added up, for nobody knows how far they overlap.
   */
  readonly distinct: number | null
  /**
   * Absent when every host was counted. Else: there were too many, and only hosts that have more of some counter than this could
   * be listed, by that counter. Rows of a file are exact all the same; of lists added up, each counter is short by this at most.
   */
  readonly completeAbove?: HostBound
  readonly kept: number
  /** By in + out octets descending, then by address. */
  readonly rows: readonly HostRow[]
}

/** Whole flows as the file reported them, counted in the file's slot; only traffic that crossed the border (in, out). */
export interface PartHosts {
  /** Hosts of ours. */
  readonly inside: HostList
  /** Hosts they talked to. */
  readonly outside: HostList
  /** Hosts of ours, by network id. */
  readonly networks: { readonly [network: string]: HostList }
}

/** What is known of an exporter of a file. */
export interface ExporterCounts {
  readonly flows: Counter
  readonly sampleRate: number
  /**
   * When its newest flow ended, unix ms. Where the times of all are absurd (`skewed`), that of the flow nearest to the file's slot. Absent
   * where nobody looked, and where it has no flows.
   */
  readonly newestEndMs?: number
}

/** How far the part can be trusted. All whole numbers of flows unless said otherwise. */
export interface PartQuality {
  /** Lost before the file was written, as the collector says; `null` when it does not say. */
  readonly lost: number | null
  /** What else it says; absent when it does not. */
  readonly collector?: CollectorCounts
  /** Times absurd: counted in the file's slot. */
  readonly skewed: number
  /** Longer than 24 h: spread over their last 24 h. */
  readonly overlong: number
  /** Ended before they started: counted with duration 0. */
  readonly reversed: number
  /** Counters no line can carry: records left out. */
  readonly implausible: number
  /** Fewer octets than packets, of which each has twenty at least: counted as they are. */
  readonly undersized: number
  /** Flows by direction, as classified (before spreading changes nothing: flows are never split). */
  readonly flowsByDirection: { readonly [D in Direction]: Counter }
  /** Every exporter seen, by address. */
  readonly exporters: { readonly [address: string]: ExporterCounts }
  /**
   * What fell into `other` among the first flows of the file, by dimension: what the config would have to name, as it writes it, and its octets, the
   * busiest first. Absent where nobody looked.
   */
  readonly unnamed?: { readonly [dimension: string]: readonly (readonly [value: string, octets: Counter])[] }
  readonly warnings: readonly string[]
}
