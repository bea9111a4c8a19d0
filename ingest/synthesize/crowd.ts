import { systemOfRank } from './autonomous-system.ts'
import { setIPv4, setIPv6 } from './end.ts'
import type { Exporter } from './exporter.ts'
import { scramble, zipf } from './random.ts'
import type { FarEnd } from './traffic.ts'

/** 240.0.0.0/4, which nobody has: room for 2^28 hosts. */
const IPV4_BASE = 0xf000_0000
const IPV4_MASK = 0x0fff_ffff
/** Odd, so that multiplying by it deals out every number of 28 bits once. */
const DEAL = 0x9e3_779b
export const MOST_HOSTS = IPV4_MASK + 1

/**
 * Exactly so many different hosts outside, over so many conversations: each comes at least once, the first ones by
 * Zipf's law far more often. On an exporter that knows IPv6 every third host has such an address.
 */
export function createCrowd(hosts: number, conversations: number, { ipv6 }: Exporter): FarEnd {
  let met = 0
  let done = 0
  return (random, conversation, far) => {
    const isTime = Math.floor((++done * hosts) / conversations) > met && met < hosts
    const rank = isTime ? met++ : zipf(random, hosts)
    const end = conversation[far]
    conversation.isIPv6 = ipv6 > 0 && rank % 3 === 0
    end.as = systemOfRank(rank)
    if (conversation.isIPv6) setIPv6(end, 0x2001_0db8, 0xffff_0000 + (rank & 0xff), scramble(rank), rank + 1)
    else setIPv4(end, IPV4_BASE + (Math.imul(rank, DEAL) & IPV4_MASK))
  }
}
