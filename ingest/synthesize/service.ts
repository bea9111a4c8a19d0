import type { SystemName } from './autonomous-system.ts'

export const ICMP = 1
export const TCP = 6
export const UDP = 17
export const GRE = 47
export const ESP = 50
export const ICMPV6 = 58

/** TOS bytes: nothing special, expedited forwarding, AF41, and CS1, which may wait. */
const BEST_EFFORT = 0
const EXPEDITED = 184
const VIDEO = 136
const SCAVENGER = 32

/** What a conversation of a service looks like. Octets, packets and rates are those at the usual number of flows (see `bulkScale`). */
export interface Service {
  readonly protocol: number
  /** Where the server listens, the most used first. */
  readonly ports: readonly number[]
  readonly tos: number
  /** Octets to the client: the median, and the deviation of its logarithm. */
  readonly octets: number
  readonly deviation: number
  /** Octets to the server for each octet to the client. */
  readonly answer: number
  /** Usual size of a packet to the client and to the server, in octets. */
  readonly packets: readonly [toClient: number, toServer: number]
  /** Carries contents rather than questions: its octets shrink when the same traffic is cut into more flows. */
  readonly isBulk: boolean
  /** Who is at the far end, by weight. */
  readonly peers: { readonly [S in SystemName]?: number }
}

const WEB_PEERS = { content: 36, cloud: 24, video: 8, research: 6, broadband: 3, mobile: 2, elsewhere: 21 } as const
const PEOPLE = { broadband: 50, mobile: 25, elsewhere: 25 } as const
const VIDEO_PEERS = { video: 80, content: 15, elsewhere: 5 } as const

const web = {
  protocol: TCP,
  tos: BEST_EFFORT,
  deviation: 1.6,
  answer: 0.05,
  packets: [1380, 95],
  isBulk: true,
  peers: WEB_PEERS,
} as const
const small = { tos: BEST_EFFORT, deviation: 0.4, answer: 0.6, isBulk: false } as const

export const SERVICES = {
  https: { ...web, ports: [443, 443, 443, 443, 443, 443, 443, 8443], octets: 2_700_000 },
  quic: { ...web, protocol: UDP, ports: [443], octets: 3_600_000, packets: [1250, 110] },
  http: { ...web, ports: [80, 80, 80, 8080], octets: 1_200_000 },
  dns: {
    ...small,
    protocol: UDP,
    ports: [53],
    octets: 190,
    packets: [190, 75],
    peers: { content: 40, cloud: 25, research: 20, elsewhere: 15 },
  },
  mail: {
    ...web,
    ports: [25, 993, 993, 587, 465, 995, 143],
    octets: 60_000,
    answer: 0.9,
    packets: [850, 700],
    peers: { cloud: 50, research: 15, content: 10, elsewhere: 25 },
  },
  ssh: {
    ...web,
    ports: [22],
    octets: 700_000,
    deviation: 2,
    answer: 0.5,
    packets: [900, 500],
    peers: { research: 60, cloud: 25, elsewhere: 15 },
  },
  ntp: {
    ...small,
    protocol: UDP,
    ports: [123],
    octets: 76,
    deviation: 0,
    answer: 1,
    packets: [76, 76],
    peers: { research: 50, cloud: 20, elsewhere: 30 },
  },
  streaming: { ...web, ports: [1935, 1935, 554], tos: VIDEO, octets: 12_000_000, answer: 0.02, peers: VIDEO_PEERS },
  videoCalls: {
    ...web,
    protocol: UDP,
    ports: [3478, 3479, 3480, 8801, 8802],
    tos: EXPEDITED,
    octets: 3_000_000,
    answer: 0.8,
    packets: [950, 900],
    peers: { cloud: 85, elsewhere: 15 },
  },
  vpn: {
    ...web,
    protocol: UDP,
    ports: [51820, 1194, 4500],
    octets: 1_800_000,
    answer: 0.3,
    packets: [1100, 500],
    peers: PEOPLE,
  },
  backup: {
    ...web,
    ports: [873],
    tos: SCAVENGER,
    octets: 40_000,
    answer: 30,
    packets: [60, 1460],
    peers: { storage: 1 },
  },
  remoteDesktop: { ...web, ports: [3389], octets: 1_200_000, answer: 0.15, packets: [1000, 140], peers: PEOPLE },
  games: {
    ...web,
    protocol: UDP,
    ports: [27015, 27016, 3074, 27018],
    octets: 600_000,
    answer: 0.5,
    packets: [420, 160],
    peers: { games: 90, elsewhere: 10 },
  },
  fileSharing: {
    ...web,
    ports: [6881, 6882, 6889],
    tos: SCAVENGER,
    octets: 2_500_000,
    deviation: 1.8,
    answer: 0.7,
    packets: [1350, 1200],
    peers: PEOPLE,
  },
  messaging: { ...web, ports: [5223, 5222, 5228], octets: 9_000, answer: 0.5, packets: [500, 200] },
  highPorts: {
    ...web,
    ports: [8883, 9993, 21116, 30303],
    octets: 700_000,
    answer: 0.4,
    packets: [900, 500],
    peers: PEOPLE,
  },
  ping: {
    ...small,
    protocol: ICMP,
    ports: [0],
    octets: 336,
    answer: 1,
    packets: [84, 84],
    peers: { content: 30, research: 30, elsewhere: 40 },
  },
  gre: { ...web, protocol: GRE, ports: [0], octets: 900_000, answer: 0.8, packets: [900, 900], peers: { research: 1 } },
  esp: { ...web, protocol: ESP, ports: [0], octets: 1_500_000, answer: 0.5, packets: [1050, 700], peers: PEOPLE },
} as const satisfies { [name: string]: Service }

export type ServiceName = keyof typeof SERVICES

/** A share of the services, by weight. */
export type Mix = { readonly [S in ServiceName]?: number }
