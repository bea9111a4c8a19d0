import { type Prefix, parsePrefix } from '../model/address.ts'
import { isWeekend } from './civil-time.ts'
import { type End, setIPv4, setIPv6 } from './end.ts'
import { hashOf, type Random, zipf } from './random.ts'
import type { Mix, ServiceName } from './service.ts'

/** A part of the campus: where its hosts are, how much they do, when, and what. */
export interface CampusNetwork {
  readonly name: string
  readonly prefixes: readonly [ipv4: string, ipv6: string]
  readonly hosts: number
  /** Share of the campus's conversations over a week. */
  readonly share: number
  readonly week: Rhythm
  /** What its hosts use; for `servers`, what is used of them. */
  readonly mix: Mix
}

/** How busy each hour of the day is, from midnight on, in any unit. */
export interface Rhythm {
  readonly workday: readonly number[]
  readonly weekend: readonly number[]
}

const OFFICE_HOURS: Rhythm = {
  workday: [3, 3, 3, 3, 3, 4, 8, 25, 70, 95, 100, 98, 80, 88, 96, 90, 75, 45, 18, 10, 7, 5, 4, 3],
  weekend: [3, 3, 3, 3, 3, 3, 4, 5, 7, 9, 10, 10, 9, 9, 9, 8, 7, 6, 5, 4, 4, 3, 3, 3],
}
const AFTERNOONS: Rhythm = {
  workday: [12, 9, 7, 6, 6, 6, 8, 15, 35, 55, 70, 78, 75, 88, 98, 100, 97, 88, 65, 48, 38, 30, 22, 16],
  weekend: [10, 8, 7, 6, 6, 6, 6, 7, 10, 15, 22, 27, 30, 34, 38, 40, 38, 34, 28, 23, 19, 16, 14, 12],
}
const EVENINGS: Rhythm = {
  workday: [58, 40, 24, 14, 10, 9, 12, 20, 24, 22, 22, 25, 32, 33, 34, 38, 47, 58, 72, 86, 97, 100, 95, 80],
  weekend: [78, 62, 45, 28, 17, 12, 11, 14, 22, 33, 43, 50, 55, 58, 60, 63, 68, 73, 80, 89, 97, 98, 92, 84],
}
const LECTURES: Rhythm = {
  workday: [6, 4, 3, 3, 3, 3, 6, 22, 65, 88, 98, 96, 100, 94, 92, 88, 78, 62, 45, 32, 24, 18, 13, 9],
  weekend: [5, 4, 3, 3, 3, 3, 3, 4, 8, 14, 20, 24, 26, 27, 28, 27, 24, 20, 16, 13, 11, 9, 8, 6],
}
const READING: Rhythm = {
  workday: [2, 2, 2, 2, 2, 2, 3, 8, 45, 72, 88, 92, 85, 95, 100, 98, 92, 82, 68, 50, 28, 8, 3, 2],
  weekend: [2, 2, 2, 2, 2, 2, 2, 3, 14, 38, 52, 58, 55, 60, 63, 62, 52, 30, 8, 4, 3, 2, 2, 2],
}
const VISITORS: Rhythm = {
  workday: [34, 26, 22, 20, 20, 24, 36, 55, 80, 95, 100, 98, 90, 94, 96, 92, 86, 78, 72, 70, 68, 64, 54, 44],
  weekend: [32, 25, 21, 19, 18, 20, 24, 30, 38, 46, 52, 54, 54, 55, 56, 57, 58, 58, 58, 59, 58, 54, 46, 38],
}

export const CAMPUS_NETWORKS: readonly CampusNetwork[] = [
  {
    name: 'library',
    prefixes: ['198.18.0.0/20', '2001:db8:10::/48'],
    hosts: 420,
    share: 0.08,
    week: READING,
    mix: { https: 48, quic: 14, http: 6, dns: 14, mail: 3, ntp: 1, streaming: 1, videoCalls: 1, messaging: 2, ping: 1 },
  },
  {
    name: 'dormitories',
    prefixes: ['198.18.32.0/19', '2001:db8:20::/48'],
    hosts: 2600,
    share: 0.35,
    week: EVENINGS,
    mix: {
      ...{ https: 30, quic: 24, http: 3, dns: 13, mail: 1, ssh: 0.5, ntp: 1, streaming: 5, videoCalls: 2.5, vpn: 1 },
      ...{ games: 7, fileSharing: 4, messaging: 3, highPorts: 4, ping: 1, remoteDesktop: 0.2 },
    },
  },
  {
    name: 'laboratories',
    prefixes: ['198.18.64.0/20', '2001:db8:30::/48'],
    hosts: 650,
    share: 0.12,
    week: AFTERNOONS,
    mix: {
      ...{ https: 36, quic: 6, http: 6, dns: 13, mail: 2, ssh: 12, ntp: 3, videoCalls: 2, vpn: 1.5, remoteDesktop: 1 },
      ...{ messaging: 1, highPorts: 4, ping: 3, gre: 1.5, esp: 1 },
    },
  },
  {
    name: 'administration',
    prefixes: ['198.18.80.0/20', '2001:db8:40::/48'],
    hosts: 540,
    share: 0.1,
    week: OFFICE_HOURS,
    mix: {
      ...{ https: 50, quic: 8, http: 4, dns: 14, mail: 8, ssh: 0.5, ntp: 2, videoCalls: 5, vpn: 1, remoteDesktop: 3 },
      ...{ messaging: 2, ping: 1 },
    },
  },
  {
    name: 'servers',
    prefixes: ['203.0.113.0/24', '2001:db8:40:53::/64'],
    hosts: 24,
    share: 0.13,
    week: VISITORS,
    mix: {
      ...{ https: 44, http: 7, dns: 20, mail: 13, ssh: 2, ntp: 4, vpn: 3, esp: 1, ping: 2 },
      ...{ remoteDesktop: 0.5, gre: 0.3 },
    },
  },
  {
    name: 'wireless',
    prefixes: ['198.18.96.0/19', '2001:db8:60::/48'],
    hosts: 3800,
    share: 0.22,
    week: LECTURES,
    mix: {
      ...{ https: 38, quic: 24, http: 3, dns: 14, mail: 2, ssh: 0.5, ntp: 1, streaming: 2, videoCalls: 3, vpn: 1.5 },
      ...{ games: 1, messaging: 6, highPorts: 2, ping: 0.5 },
    },
  },
]

export const SERVERS = CAMPUS_NETWORKS.findIndex(({ name }) => name === 'servers')
export const DORMITORIES = CAMPUS_NETWORKS.findIndex(({ name }) => name === 'dormitories')

/** Which servers (by rank: the first, and how many) do a service; any of them does the others. */
const SERVERS_OF: { readonly [S in ServiceName]?: readonly [first: number, count: number] } = {
  https: [0, 8],
  http: [0, 8],
  dns: [8, 2],
  ntp: [8, 2],
  mail: [10, 3],
  ssh: [13, 4],
  vpn: [17, 2],
  esp: [17, 2],
  remoteDesktop: [19, 2],
}

/** Puts a server of the campus that does this service at an end. */
export function setServer(end: End, service: ServiceName, random: Random, isIPv6: boolean): void {
  const [first, count] = SERVERS_OF[service] ?? [0, CAMPUS_NETWORKS[SERVERS]!.hosts]
  setHost(end, SERVERS, first + zipf(random, count), isIPv6)
}

/** How busy a network is at a moment; 1 is its mean over a week. Between full hours in proportion. */
export function activity({ week }: CampusNetwork, day: number, second: number): number {
  const hour = second / 3600
  const before = Math.floor(hour)
  const hourOf = (at: number) => (isWeekend(at < 24 ? day : day + 1) ? week.weekend : week.workday)[at % 24]!
  return (hourOf(before) + (hourOf(before + 1) - hourOf(before)) * (hour - before)) / meanOf(week)
}

function meanOf({ workday, weekend }: Rhythm): number {
  const sum = (hours: readonly number[]) => hours.reduce((total, hour) => total + hour, 0)
  return (5 * sum(workday) + 2 * sum(weekend)) / (7 * 24)
}

interface HostTable {
  readonly ipv4: Uint32Array
  /** Four words each. */
  readonly ipv6: Uint32Array
}

/** Odd, so that multiplying by it visits every address of a prefix once. */
const DEAL = 1_637

const tables: readonly HostTable[] = CAMPUS_NETWORKS.map(createHostTable)

/** On both routers each network has an interface of its own. */
export const FIRST_IF_INDEX = 10

/** Puts the host of this rank in a network (index of `CAMPUS_NETWORKS`) at an end. */
export function setHost(end: End, network: number, rank: number, isIPv6: boolean): void {
  const { ipv4, ipv6 } = tables[network]!
  const at = rank * 4
  end.as = 0
  end.ifIndex = FIRST_IF_INDEX + network
  if (isIPv6) setIPv6(end, ipv6[at]!, ipv6[at + 1]!, ipv6[at + 2]!, ipv6[at + 3]!)
  else setIPv4(end, ipv4[rank]!)
}

/** Addresses by rank: dealt over the IPv4 prefix, never ending in 0 or 255; over 16 IPv6 subnets, unless the prefix is one. */
function createHostTable({ prefixes, hosts }: CampusNetwork, network: number): HostTable {
  const [base4, base6] = prefixes.map(prefixOf)
  const size = 2 ** (128 - base4!.length)
  const ipv4 = new Uint32Array(hosts)
  for (let rank = 0, step = 1; rank < hosts; step++) {
    const address = (base4!.address[3] + ((step * DEAL) % size)) >>> 0
    if ((address & 255) !== 0 && (address & 255) !== 255) ipv4[rank++] = address
  }
  const ipv6 = new Uint32Array(hosts * 4)
  for (let rank = 0; rank < hosts; rank++) {
    const subnet = base6!.length < 64 ? hashOf(network, rank) % 16 : 0
    ipv6.set(
      [base6!.address[0], base6!.address[1] + subnet, hashOf(network, rank, 1), hashOf(network, rank, 2)],
      rank * 4,
    )
  }
  return { ipv4, ipv6 }
}

/** A prefix of the plan above, which is known to be right. */
export function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text)
  if ('mistake' in prefix) throw new Error(prefix.mistake)
  return prefix
}
