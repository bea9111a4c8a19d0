import type { Config } from '../config/schema.ts'
import { IN, INTERNAL, OUT, TRANSIT } from '../model/direction.ts'
import type { FlowBatch } from '../model/flow-batch.ts'
import { createPrefixTable } from './prefix-table.ts'

/** What the two addresses of each flow of a batch tell: columns parallel to the batch. */
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
  /** The set of the address whose four words start at `words[at]`. */
  setOf(words: Uint32Array, at: number): number
  /** Hot: fills `ends` for every flow of the batch. */
  locate(batch: FlowBatch, ends: Ends): void
}

/** The mark of `subnets` among those of networks, which are their index. */
const INSIDE = -1

export function createEnds(size: number): Ends {
  return {
    direction: new Uint8Array(size),
    srcSet: new Uint32Array(size),
    dstSet: new Uint32Array(size),
    multicast: new Uint8Array(size),
  }
}

/** One look-up per address answers both: is it ours, and which networks hold it. */
export function createAddressSpace({ subnets, networks }: Pick<Config, 'subnets' | 'networks'>): AddressSpace {
  const { sets, setOf } = createPrefixTable([
    ...subnets.map((prefix) => ({ prefix, mark: INSIDE })),
    ...networks.flatMap(({ prefixes }, mark) => prefixes.map((prefix) => ({ prefix, mark }))),
  ])
  const inside = Uint8Array.from(sets, (marks) => (marks.includes(INSIDE) ? 1 : 0))

  return {
    networks: sets.map((marks) => marks.filter((mark) => mark !== INSIDE)),
    setOf,
    // Hot: runs once per flow.
    locate(batch, { direction, srcSet, dstSet, multicast }) {
      const { length, srcAddr, dstAddr } = batch
      for (let i = 0, at = 0; i < length; i++, at += 4) {
        const src = setOf(srcAddr, at)
        const dst = setOf(dstAddr, at)
        const isGroup = isMulticast(dstAddr, at)
        srcSet[i] = src
        dstSet[i] = dst
        multicast[i] = isGroup ? 1 : 0
        if (isGroup) direction[i] = inside[src] === 1 ? OUT : IN
        else if (inside[src] === 1) direction[i] = inside[dst] === 1 ? INTERNAL : OUT
        else direction[i] = inside[dst] === 1 ? IN : TRANSIT
      }
    },
  }
}

/** 224/4 (RFC 5771) or ff00::/8 (RFC 4291, 2.7). */
function isMulticast(words: Uint32Array, at: number): boolean {
  const first = words[at]!
  if (first !== 0) return first >>> 24 === 0xff
  return words[at + 1] === 0 && words[at + 2] === 0xffff && words[at + 3]! >>> 28 === 0xe
}
