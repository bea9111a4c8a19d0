import type { Config } from '../config/schema.ts'
import type { FlowBatch } from '../model/flow-batch.ts'
import { openRoom, type Room } from '../model/heap.ts'
import { createPrefixTable } from './prefix-table.ts'
import { classifying } from './wasm-classify.ts'

/** What the two addresses of each flow of a batch tell: columns parallel to the batch, in the heap. */
export interface Ends {
  readonly direction: Uint8Array
  /** Which set of networks holds the source, the destination: index into `AddressSpace.networks`. */
  readonly srcSet: Uint32Array
  readonly dstSet: Uint32Array
  /** 1 when the destination is a multicast group. */
  readonly multicast: Uint8Array
}

/** The config's subnets and networks, ready to be asked. */
export interface AddressSpace {
  /** By set: the networks (index into `config.networks`) that hold an address of this set. */
  readonly networks: readonly (readonly number[])[]
  /** The sets of `count` addresses in the heap, one every `step` words. */
  setsOf(addresses: { readonly count: number; readonly words: Uint32Array; readonly step: number }): Uint32Array
  /** Fills `ends` for every flow of the batch, which lies in the heap. */
  locate(batch: FlowBatch, ends: Ends): void
}

/** The mark of `subnets` among those of networks, which are their index. */
const INSIDE = -1

export function createEnds(room: Room, size: number): Ends {
  const bytes = () => new Uint8Array(...room.allocate(size), size)
  const words = () => new Uint32Array(...room.allocate(size * 4), size)
  return { direction: bytes(), srcSet: words(), dstSet: words(), multicast: bytes() }
}

/** One look-up per address answers both: is it ours, and which networks hold it. */
export function createAddressSpace(
  { subnets, networks }: Pick<Config, 'subnets' | 'networks'>,
  room: Room,
): AddressSpace {
  const table = createPrefixTable([
    ...subnets.map((prefix) => ({ prefix, mark: INSIDE })),
    ...networks.flatMap(({ prefixes }, mark) => prefixes.map((prefix) => ({ prefix, mark }))),
  ])
  const { sets } = table
  const trie = new Int32Array(...room.allocate(table.trie.byteLength), table.trie.length)
  trie.set(table.trie)
  const inside = new Uint8Array(...room.allocate(sets.length), sets.length)
  inside.set(sets.map((marks) => (marks.includes(INSIDE) ? 1 : 0)))

  return {
    networks: sets.map((marks) => marks.filter((mark) => mark !== INSIDE)),
    setsOf({ count, words, step }) {
      const own = openRoom()
      const found = new Uint32Array(...own.allocate(Math.max(1, count) * 4), count)
      classifying().setsOf(count, words.byteOffset, step * 4, trie.byteOffset, table.rootOfIPv6, found.byteOffset)
      own.close()
      return found.slice()
    },
    locate({ length, srcAddr, dstAddr }, { direction, srcSet, dstSet, multicast }) {
      classifying().locate(
        length,
        srcAddr.byteOffset,
        dstAddr.byteOffset,
        trie.byteOffset,
        table.rootOfIPv6,
        inside.byteOffset,
        direction.byteOffset,
        srcSet.byteOffset,
        dstSet.byteOffset,
        multicast.byteOffset,
      )
    },
  }
}
