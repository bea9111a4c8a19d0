import type { AddressSpace } from '../classify/direction.ts'
import type { Config } from '../config/schema.ts'
import type { PartHosts } from '../model/part.ts'
import type { Hosts } from './hosts.ts'

/** The busiest hosts inside, outside, and inside each network. */
export function listHosts(
  { networks, scoreboard }: Config,
  space: AddressSpace,
  inside: Hosts,
  outside: Hosts,
): PartHosts {
  const { top, keep } = scoreboard
  const rowsOf = rowsByNetwork(space.setsOf(inside.addresses()), space.networks, networks.length)
  const lists = networks.map(({ id }, network) => [id, inside.busiest(Math.min(top, keep), rowsOf[network])] as const)
  return {
    inside: inside.busiest(keep),
    outside: outside.busiest(keep),
    // An empty list tells that nobody was there, unless it says that some were too small.
    networks: Object.fromEntries(lists.filter(([, { rows, completeAbove }]) => rows.length > 0 || completeAbove)),
  }
}

/** Deals rows out to every network that holds them: counts first, then fills. */
function rowsByNetwork(setOfRow: Uint32Array, networksOfSet: AddressSpace['networks'], count: number): Uint32Array[] {
  const sizes = new Uint32Array(count)
  for (let row = 0; row < setOfRow.length; row++)
    for (const network of networksOfSet[setOfRow[row]!]!) sizes[network]!++
  const rowsOf = Array.from(sizes, (size) => new Uint32Array(size))
  const filled = new Uint32Array(count)
  for (let row = 0; row < setOfRow.length; row++) {
    for (const network of networksOfSet[setOfRow[row]!]!) rowsOf[network]![filled[network]!++] = row
  }
  return rowsOf
}
