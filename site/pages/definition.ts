import type { Dimension } from '../../ingest/classify/dimension.ts'
import { PROTOCOL_NUMBERS } from '../../ingest/config/iana.ts'
import { formatAddress } from '../../ingest/model/address.ts'
import { OTHER } from '../../ingest/model/cell.ts'
import { isPublic, shownPrefixes } from '../edition.ts'
import type { Site } from './site.ts'
import { midSentence } from './words.ts'

/** What the config says a member is, in words: `443/tcp, 80/tcp`. Empty for a dimension that has no words here. */
export function definitionOf(site: Site, { name, title }: Dimension, id: string): string {
  if (id === OTHER) return `What none of the configured ${midSentence(title)} names.`
  return (definitionsOf(site, name).get(id) ?? []).join(', ')
}

/** Every page of a member asks for its own: all are made at once. */
function definitionsOf(site: Site, dimension: string): ReadonlyMap<string, readonly string[]> {
  const ofSite = defined.get(site) ?? new Map<string, ReadonlyMap<string, readonly string[]>>()
  defined.set(site, ofSite)
  const known = ofSite.get(dimension) ?? new Map(DEFINITIONS[dimension]?.(site).map(({ id, values }) => [id, values]))
  ofSite.set(dimension, known)
  return known
}
const defined = new WeakMap<Site, Map<string, ReadonlyMap<string, readonly string[]>>>()

type Definition = (site: Site) => readonly { readonly id: string; readonly values: readonly string[] }[]

const services: Definition = ({ config }) =>
  config.services.map(({ id, ports }) => ({
    id,
    values: ports.map(({ protocol, from, to }) => `${rangeText({ from, to })}/${protocolName(protocol)}`),
  }))

const DEFINITIONS: Readonly<Record<string, Definition>> = {
  network: ({ config, edition }) =>
    config.networks.map(({ id, prefixes }) => ({
      id,
      values: edition.hasNames ? shownPrefixes(edition, prefixes) : [],
    })),
  service: services,
  'service-src': services,
  'service-dst': services,
  protocol: ({ config }) => [
    ...config.protocols.map(({ id, numbers }) => ({ id, values: numbers.map((number) => `IP protocol ${number}`) })),
    { id: 'multicast', values: ['What goes to a multicast group: 224.0.0.0/4, ff00::/8'] },
  ],
  router: ({ config, edition }) =>
    config.routers.map(({ id, addresses, sampleRate }) => ({
      id,
      values: [...(isPublic(edition) ? [] : addresses.map((each) => formatAddress(each))), samplingText(sampleRate)],
    })),
  as: ({ config }) =>
    config.asNumbers.map(({ id, numbers }) => ({ id, values: numbers.map((range) => `AS ${rangeText(range)}`) })),
  tos: ({ config }) =>
    config.tos.map(({ id, values }) => ({ id, values: values.map((range) => `TOS ${rangeText(range)}`) })),
}

function rangeText({ from, to }: { from: number; to: number }): string {
  return from === to ? String(from) : `${from}–${to}`
}

function protocolName(number: number): string {
  return Object.entries(PROTOCOL_NUMBERS).find(([, known]) => known === number)?.[0] ?? String(number)
}

/** How a router's counters are scaled. */
export function samplingText(sampleRate: number): string {
  return sampleRate === 1 ? 'unsampled' : `samples 1 in ${sampleRate} packets`
}
