import type { Config } from '../config/schema.ts'
import type { Member } from '../model/cell.ts'
import type { FlowBatch } from '../model/flow-batch.ts'
import type { Room } from '../model/heap.ts'
import type { AddressSpace, Ends } from './direction.ts'

/**
 * A way to divide traffic. Counters, series, pages and menus follow from this one object; to add a dimension, write
 * one and name it in `index.ts`.
 *
 * Classifying is split in two, so that the costly half is done once per kind of flow and not once per flow: every
 * flow gets a small `code`; flows with equal codes are added up; then the code alone tells the members.
 */
export interface Dimension {
  /** In cells: `service/http`. */
  readonly name: string
  /** In addresses of pages and in menus: `services`. */
  readonly plural: string
  /** For people: `Services`. */
  readonly title: string
  /** Singular for people: `Service`. */
  readonly singular: string
  /** Is it counted under this config? */
  applies(config: Config): boolean
  /** Every member, in the order of the config, `other` last when there is one. */
  members(config: Config): readonly Member[]
  /** Its own idea of direction: a flow may be `in` for one member and `out` for another (networks). */
  readonly ownDirection?: true
  /** Counts every exporter, also those that are not marked `border` when others are (routers). */
  readonly everyExporter?: true
  /** How the config could name what fell into `other`; absent where it cannot. */
  readonly naming?: Naming
  /** `room`: for what it looks up in WebAssembly. */
  classifier(config: Config, space: AddressSpace, room: Room): Classifier
}

export interface Naming {
  /** Where in the config: `services`. */
  readonly key: string
  /** What the config would have to name for a flow of the batch, as a number; -1: it cannot. */
  valueIn(batch: FlowBatch, ends: Ends, flow: number): number
  /** That number as the config writes it: `4662/tcp`. */
  textOf(value: number): string
}

export interface Classifier {
  /** Codes are 0 to `codes - 1`. */
  readonly codes: number
  /** Hot: writes one code per flow. All columns lie in the heap, so that this may be done in WebAssembly (`wasm-classify.ts`). */
  classify(batch: FlowBatch, ends: Ends, exporters: readonly string[], codes: Uint32Array): void
  /** The members that a code stands for, each with the direction it counts as. Empty: counted nowhere here. */
  memberships(code: number, direction: number): readonly Membership[]
}

export interface Membership {
  /** Index into `members`. */
  readonly member: number
  readonly direction: number
}
