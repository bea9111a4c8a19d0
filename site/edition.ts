import { createHash } from 'node:crypto'
import type { Events } from '../ingest/config/events.ts'
import type { Config, EditionConfig } from '../ingest/config/schema.ts'
import { formatPrefix, type Prefix } from '../ingest/model/address.ts'
import { maskPrefix, maskText, spellsAddress } from './mask.ts'

/** How much of what is known a site shows. */
export interface Edition {
  readonly hosts: 'shown' | EditionConfig['hosts']
  /** Are networks and routers told by what they are? */
  readonly hasNames: boolean
  readonly hasBoards: boolean
  readonly hasQuality: boolean
}

/** The site itself: everything. */
export const WHOLE: Edition = { hosts: 'shown', hasNames: true, hasBoards: true, hasQuality: true }

/** Shown to people who are not to know a host. */
export function isPublic({ hosts }: Edition): boolean {
  return hosts !== 'shown'
}

/** A further site: the config as its pages see it, and what they show. */
export interface NamedEdition {
  readonly name: string
  readonly config: Config
  readonly edition: Edition
}

export function editionsOf(config: Config): NamedEdition[] {
  return Object.entries(config.site.editions).map(([name, given]) => ({
    name,
    config: publicConfig(config, given),
    edition: {
      hosts: given.hosts,
      hasNames: given.names === 'kept',
      hasBoards: given.boards && given.hosts !== 'dropped',
      hasQuality: given.quality,
    },
  }))
}

/**
 * Nothing in it that pages print tells of a host: labels are masked, and ids that spell an address are others. Prefixes stay, for it depends on them
 * which networks overlap: see `shownPrefixes`.
 */
function publicConfig(config: Config, { dir, mirror, path, title, names }: EditionConfig): Config {
  const isNamed = names === 'kept'
  return {
    ...config,
    organization: maskText(config.organization),
    networks: publicMembers(config.networks, 'Network', isNamed),
    services: publicMembers(config.services, 'Service', true),
    protocols: publicMembers(config.protocols, 'Protocol', true),
    tos: publicMembers(config.tos, 'TOS', true),
    asNumbers: publicMembers(config.asNumbers, 'AS', true),
    routers: publicMembers(config.routers, 'Router', isNamed),
    flows: config.flows.map((each) => ({ ...each, source: publicSource(each.source) })),
    site: {
      ...config.site,
      dir,
      mirror,
      path,
      title: maskText(title ?? config.site.title ?? config.organization),
      editions: {},
    },
  }
}

type Member = Config['networks'][number] | Config['routers'][number] | Config['services'][number]

/** A member that gets another id keeps its history by it: what is stored has its own. */
function publicMembers<M extends Pick<Member, 'id' | 'label' | 'formerly'>>(
  members: readonly M[],
  noun: string,
  isNamed: boolean,
): M[] {
  const taken = new Set(isNamed ? members.map(({ id }) => id) : [])
  return members.map((member, at) => {
    const label = isNamed ? maskText(member.label) : `${noun} ${at + 1}`
    if (isNamed && !spellsAddress(member.id)) return { ...member, label }
    const id = unused(`${noun.toLowerCase()}-${at + 1}`, taken)
    taken.add(id)
    return { ...member, id, label, formerly: [member.id, ...member.formerly] }
  })
}

function unused(id: string, taken: ReadonlySet<string>): string {
  return taken.has(id) ? unused(`${id}-x`, taken) : id
}

/** What people wrote down, with addresses masked; what of it could not be read is nobody's business. */
export function publicEvents({ events }: Events): Events {
  return { events: events.map((event) => ({ ...event, label: maskText(event.label) })), mistakes: [] }
}

/** What a source is called: always the same, and no address. */
export function publicSource(name: string): string {
  return spellsAddress(name) ? `source-${createHash('sha256').update(name).digest('hex').slice(0, 6)}` : name
}

/** Prefixes as an edition tells them; none where it tells of no address. */
export function shownPrefixes({ hosts }: Edition, prefixes: readonly Prefix[]): string[] {
  if (hosts === 'dropped') return []
  const shown = hosts === 'shown' ? prefixes : prefixes.map(maskPrefix)
  return [...new Set(shown.map(formatPrefix))]
}
