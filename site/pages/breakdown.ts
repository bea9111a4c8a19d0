import type { Dimension } from '../../ingest/classify/dimension.ts'
import type { Config } from '../../ingest/config/schema.ts'
import { maskWord, type Prefix } from '../../ingest/model/address.ts'
import { cellName } from '../../ingest/model/cell.ts'
import { memberAddress, pairAddress } from '../links.ts'
import type { Site, SiteDimension, SiteMember } from './site.ts'

/** How a subject's traffic is divided on its page. */
export interface Breakdown {
  readonly dimension: Dimension
  /** There may be a thousand of which few saw anything: only of these a layer and its address are asked for. */
  readonly members: readonly SiteMember[]
  cellOf(id: string): string
  layerOf(member: SiteMember): Layer
  /** Where more is told of a layer. */
  addressOf(id: string): string
  /** Do the layers add up to the subject? Networks do not: they may overlap, and not everything is in one. */
  readonly isExact: boolean
}

export interface Layer {
  readonly id: string
  readonly label: string
  readonly color: string
  readonly cell: string
  /** Stacked on the chart, or in the table only, because it overlaps with others that are. */
  readonly isStacked: boolean
}

/** Which dimension tells most of another one, first the best. */
const TELLING = ['service', 'service-dst', 'service-src', 'network', 'protocol', 'router', 'as', 'tos']

/** Everything, by service. */
export function breakdownOfTotal(site: Site): Breakdown {
  const [of] = byTelling(site.dimensions) as [SiteDimension]
  return toBreakdown(
    site,
    of,
    (id) => cellName([of.dimension.name, id]),
    (id) => memberAddress(of.dimension, id),
  )
}

/** The most telling dimension that is kept together with another one, and the pair of both; `null` when none is. */
export function tellingPair(site: Site, dimension: Dimension) {
  const pairs = site.pairs.filter((pair) => pair.some((each) => each.dimension === dimension))
  const [partner] = byTelling(pairs.flat().filter((each) => each.dimension !== dimension))
  if (partner === undefined) return null
  const pair = pairs.find((each) => each.includes(partner))!
  const [first, second] = pair
  return { partner, pair, first, second }
}

/** A member by the most telling dimension that is kept together with it; `null` when none is. */
export function breakdownOf(site: Site, { dimension }: SiteDimension, member: SiteMember): Breakdown | null {
  const telling = tellingPair(site, dimension)
  if (telling === null) return null
  const { partner, pair, first, second } = telling
  const idsOf = (id: string) => (partner === second ? [member.id, id] : [id, member.id]) as [string, string]
  const isPaged = site.pagedPairs.includes(pair)
  return toBreakdown(
    site,
    partner,
    (id) => {
      const [firstId, secondId] = idsOf(id)
      return cellName([first.dimension.name, firstId], [second.dimension.name, secondId])
    },
    (id) => {
      if (!isPaged) return memberAddress(partner.dimension, id)
      const [firstId, secondId] = idsOf(id)
      return pairAddress(first.dimension, firstId, second.dimension, secondId)
    },
  )
}

function byTelling(dimensions: readonly SiteDimension[]): SiteDimension[] {
  const place = ({ dimension }: SiteDimension) => [...TELLING, dimension.name].indexOf(dimension.name)
  return [...dimensions].sort((a, b) => place(a) - place(b))
}

function toBreakdown(
  { config }: Site,
  { dimension, members }: SiteDimension,
  cellOf: (id: string) => string,
  addressOf: (id: string) => string,
): Breakdown {
  const isExact = dimension.ownDirection !== true
  const stacked = isExact ? null : disjointNetworks(config)
  return {
    dimension,
    isExact,
    members,
    cellOf,
    layerOf: (member) => ({
      ...member,
      cell: cellOf(member.id),
      isStacked: stacked === null || stacked.has(member.id),
    }),
    addressOf,
  }
}

/** The smallest networks that do not overlap: a network that holds others would count their traffic again. Every service asks for them. */
export function disjointNetworks({ networks }: Pick<Config, 'networks'>): ReadonlySet<string> {
  const known = disjoint.get(networks) ?? chooseDisjoint(networks)
  disjoint.set(networks, known)
  return known
}
const disjoint = new WeakMap<Config['networks'], ReadonlySet<string>>()

function chooseDisjoint(networks: Config['networks']): Set<string> {
  const chosen: (typeof networks)[number][] = []
  for (const network of [...networks].sort((a, b) => sizeOf(a.prefixes) - sizeOf(b.prefixes))) {
    if (!chosen.some((other) => overlap(network.prefixes, other.prefixes))) chosen.push(network)
  }
  return new Set(chosen.map(({ id }) => id))
}

function sizeOf(prefixes: readonly Prefix[]): number {
  return prefixes.reduce((sum, { length }) => sum + 2 ** -length, 0)
}

function overlap(some: readonly Prefix[], others: readonly Prefix[]): boolean {
  return some.some((a) => others.some((b) => isWithin(a, b) || isWithin(b, a)))
}

function isWithin(inner: Prefix, outer: Prefix): boolean {
  return (
    inner.length >= outer.length &&
    inner.address.every((word, at) => (word & maskWord(outer.length, at)) >>> 0 === outer.address[at])
  )
}
