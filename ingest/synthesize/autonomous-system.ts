import { type End, setIPv4, setIPv6 } from './end.ts'
import { createLottery, type Lottery, type Random, scramble, zipf } from './random.ts'

/** Those who have a name; `elsewhere` is everybody else. Numbers are those set aside for documentation (RFC 5398). */
export const SYSTEM_NUMBERS = {
  content: 64496,
  cloud: 64497,
  video: 64498,
  research: 64499,
  broadband: 64500,
  games: 64501,
  storage: 64502,
  mobile: 65536,
} as const
export type SystemName = keyof typeof SYSTEM_NUMBERS | 'elsewhere'

const NAMES = Object.keys(SYSTEM_NUMBERS) as (keyof typeof SYSTEM_NUMBERS)[]
const UNNAMED = [...range(64503, 64511), ...range(65537, 65551)]
const NUMBERS = [...Object.values(SYSTEM_NUMBERS), ...UNNAMED]

const HOSTS = 3000
/** 100.64.0.0: each system has a /16 of 100.64.0.0/10, and a /56 of 2001:db8:ffff::/48. */
const IPV4_BASE = 0x6440_0000
const IPV6_BASE = [0x2001_0db8, 0xffff_0000] as const
/** Odd, so that multiplying by it deals out every number of 16 bits once. */
const DEAL = 40_503

/** Puts a host outside at an end. */
export type PickPeer = (random: Random, end: End, isIPv6: boolean) => void

/** Draws among the hosts of some systems: the weights say which. */
export function createPeers(weights: { readonly [S in SystemName]?: number }): PickPeer {
  const system = systemLottery(weights)
  return (random, end, isIPv6) => setPeer(end, system(random), zipf(random, HOSTS), isIPv6)
}

/** The host of this rank at a system (index into the list of all). */
export function setPeer(end: End, system: number, rank: number, isIPv6: boolean): void {
  end.as = NUMBERS[system]!
  if (isIPv6) setIPv6(end, IPV6_BASE[0], IPV6_BASE[1] + (system << 8), scramble(system * HOSTS + rank), rank + 1)
  else setIPv4(end, IPV4_BASE + system * 0x1_0000 + (((rank + 1) * DEAL) & 0xffff))
}

/** The number of the system that holds the IPv4 address of a peer. */
export function systemOfIPv4(address: number): number {
  return NUMBERS[(address - IPV4_BASE) >>> 16]!
}

/** The number of the system that a rank of many falls to. */
export function systemOfRank(rank: number): number {
  return NUMBERS[scramble(rank) % NUMBERS.length]!
}

/** Among those elsewhere the first is the most visited. */
function systemLottery(weights: { readonly [S in SystemName]?: number }): Lottery {
  const harmonic = UNNAMED.reduce((sum, _, index) => sum + 1 / (index + 1), 0)
  return createLottery([
    ...NAMES.map((name) => weights[name] ?? 0),
    ...UNNAMED.map((_, index) => (weights.elsewhere ?? 0) / (index + 1) / harmonic),
  ])
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
