import { createPeers, type PickPeer } from './autonomous-system.ts'
import { activity, CAMPUS_NETWORKS, SERVERS, setHost, setServer } from './campus-network.ts'
import { civilTime } from './civil-time.ts'
import {
  addExchange,
  addFlow,
  type Conversation,
  createConversation,
  createExchange,
  drawExchange,
  setService,
} from './conversation.ts'
import { setIPv4, setIPv6 } from './end.ts'
import type { ExportedFlows } from './exported-flows.ts'
import type { Exporter } from './exporter.ts'
import { createLottery, hashOf, type Lottery, type Random, zipf } from './random.ts'
import { SERVICES, type Service, type ServiceName, UDP } from './service.ts'

/** Most rows that one call of `Traffic` adds. */
export const MOST_ROWS = 2

/** Adds one short conversation of everyday traffic, exported at this moment (unix ms): one or two rows. */
export type Traffic = (flows: ExportedFlows, exportMs: number) => void

/** Replaces who is at the far end, and in which family (see `createPeers`). */
export type FarEnd = (random: Random, conversation: Conversation, far: 'client' | 'server') => void

/** What conversations there are besides those between a host inside and one outside: shares of all. */
const INTERNAL = 0.025
const TRANSIT = 0.012
const MULTICAST = 0.006

const NAMES = Object.keys(SERVICES) as ServiceName[]
/** One service of another type than the rest would make every reader of them slower: all get the same shape. */
const services: readonly Service[] = NAMES.map((name) => {
  const { protocol, ports, tos, octets, deviation, answer, packets, isBulk, peers }: Service = SERVICES[name]
  return { protocol, ports, tos, octets, deviation, answer, packets, isBulk, peers }
})
const peersOf: readonly PickPeer[] = services.map(({ peers }) => createPeers(peers))
const usedIn: readonly Lottery[] = CAMPUS_NETWORKS.map(({ mix }) => createLottery(NAMES.map((name) => mix[name] ?? 0)))

/** Flows per slot and exporter at which the octets of `SERVICES` make a campus of some hundred Mb/s. */
export const USUAL_FLOWS = 1500

/** How much smaller bulk is when the same traffic is cut into more flows. */
export function bulkScale(flowsPerSlot: number): number {
  return USUAL_FLOWS / flowsPerSlot
}

/** How many flows there are at a moment (unix seconds), as a multiple of the mean over a week. */
export function busyness(seconds: number): number {
  return sharesAt(seconds).reduce((sum, share) => sum + share, 0)
}

/** What each network does at a moment; all of them come to 1 in the mean over a week. */
export function sharesAt(seconds: number): number[] {
  const { day, second } = civilTime(seconds)
  return CAMPUS_NETWORKS.map((network) => network.share * activity(network, day, second))
}

export interface TrafficOptions {
  readonly exporter: Exporter
  /** Unix seconds: decides which networks are busy, and who is today's favourite. */
  readonly seconds: number
  readonly seed: number
  readonly random: Random
  /** See `bulkScale`. */
  readonly scale: number
  readonly farEnd?: FarEnd
}

/** Everyday traffic around a moment, as one exporter sees it. */
export function createTraffic({ exporter, seconds, seed, random, scale, farEnd }: TrafficOptions): Traffic {
  const network = createLottery(sharesAt(seconds))
  const host = createHostPicker(seed, civilTime(seconds).day, random)
  const conversation = createConversation()
  const exchange = createExchange()
  const { client, server } = conversation

  /** A host of ours and one outside; our servers are asked, everybody else asks. */
  function meetOutside(inside: number, service: number): void {
    const far = inside === SERVERS ? 'client' : 'server'
    if (farEnd === undefined) peersOf[service]!(random, conversation[far], conversation.isIPv6)
    else farEnd(random, conversation, far)
    conversation[far].ifIndex = exporter.outsideIfIndex
    if (inside === SERVERS) setServer(server, NAMES[service]!, random, conversation.isIPv6)
    else setHost(client, inside, host(inside), conversation.isIPv6)
  }

  function meetInside(inside: number, service: number): void {
    const from = inside === SERVERS ? (inside + 1) % CAMPUS_NETWORKS.length : inside
    setHost(client, from, host(from), conversation.isIPv6)
    setServer(server, NAMES[service]!, random, conversation.isIPv6)
  }

  function passBy(service: number): void {
    setCustomer(conversation, random)
    client.ifIndex = exporter.outsideIfIndex + 1
    peersOf[service]!(random, server, conversation.isIPv6)
    server.ifIndex = exporter.outsideIfIndex
  }

  /** To a group, from one of our laboratories' cameras or from outside; nothing comes back. */
  function multicast(flows: ExportedFlows, inside: number, exportMs: number): void {
    conversation.protocol = UDP
    conversation.tos = 136
    if (random() < 0.6) setHost(client, inside, host(inside), conversation.isIPv6)
    else {
      peersOf[0]!(random, client, conversation.isIPv6)
      client.ifIndex = exporter.outsideIfIndex
    }
    setGroup(conversation, random)
    drawExchange(exchange, MULTICAST_STREAM, scale, exportMs, exporter, random)
    addFlow(
      flows,
      exporter,
      conversation,
      client,
      server,
      exchange.octetsToServer,
      MULTICAST_STREAM.packets[1],
      exchange,
    )
  }

  // Hot: runs once per conversation.
  return (flows, exportMs) => {
    conversation.isIPv6 = random() < exporter.ipv6
    const inside = network(random)
    const kind = random()
    if (kind < MULTICAST && farEnd === undefined) return multicast(flows, inside, exportMs)
    const index = usedIn[inside]!(random)
    const service = services[index]!
    if (farEnd !== undefined || kind >= MULTICAST + TRANSIT + INTERNAL) meetOutside(inside, index)
    else if (kind < MULTICAST + TRANSIT) passBy(index)
    else meetInside(inside, index)
    setService(conversation, service, random)
    drawExchange(exchange, service, scale, exportMs, exporter, random)
    addExchange(flows, exporter, conversation, service, exchange)
  }
}

/** Draws a host's rank in a network: half of the time by its lasting order, else by an order of the day. */
export function createHostPicker(seed: number, day: number, random: Random): (network: number) => number {
  const shifts = CAMPUS_NETWORKS.map(({ hosts }, network) => hashOf(seed, day, network) % hosts)
  return (network) => {
    const { hosts } = CAMPUS_NETWORKS[network]!
    const rank = zipf(random, hosts)
    return random() < 0.5 ? rank : (rank + shifts[network]!) % hosts
  }
}

/** Customers whose traffic passes through our routers: 198.19.0.0/16 and 2001:db8:fffe::/48. */
function setCustomer({ client, isIPv6 }: Conversation, random: Random): void {
  const host = zipf(random, 0xfffe) + 1
  client.as = 64_511
  if (isIPv6) setIPv6(client, 0x2001_0db8, 0xfffe_0000, 0, host)
  else setIPv4(client, 0xc613_0000 + host)
}

/** Groups set aside for documentation: 233.252.0.0/24 (RFC 6676), ff3e:: with 2001:db8::/32 (RFC 3306). */
function setGroup({ server, client, isIPv6 }: Conversation, random: Random): void {
  const group = 1 + Math.floor(random() * 8)
  client.port = 5004
  server.port = 5004
  server.as = 0
  server.ifIndex = 0
  if (isIPv6) setIPv6(server, 0xff3e_0030, 0x2001_0db8, 0, group)
  else setIPv4(server, 0xe9fc_0000 + group)
}

const MULTICAST_STREAM: Service = {
  protocol: UDP,
  ports: [5004],
  tos: 136,
  octets: 4_000_000,
  deviation: 0.8,
  answer: 1,
  packets: [1316, 1316],
  isBulk: true,
  peers: {},
}
