import { type Address, parseAddress } from '../model/address.ts'

/** What an exporter that knows 16 bits writes for a larger AS number (RFC 6793). */
const AS_TRANS = 23456

/** A border router of the campus, and the collector that writes its flow files. */
export interface Exporter {
  readonly name: string
  readonly address: Address
  readonly format: 'flow-tools' | 'nfcapd'
  /** A longer flow is exported in pieces of this length. */
  readonly activeTimeoutMs: number
  /** Share of its conversations that are IPv6. */
  readonly ipv6: number
  /** What it writes for an AS number. */
  readonly asNumber: (number: number) => number
  /** Larger counters do not fit its records. */
  readonly mostCount: number
  readonly outsideIfIndex: number
}

/** NetFlow 5 knows neither IPv6 nor 32-bit AS numbers; its collector is flow-capture. NetFlow 9 knows both; its collector is nfcapd. */
export const EXPORTERS: readonly Exporter[] = [
  {
    name: 'border-1',
    address: addressOf('198.51.100.1'),
    format: 'flow-tools',
    activeTimeoutMs: 30 * 60_000,
    ipv6: 0,
    asNumber: (number) => (number > 65_535 ? AS_TRANS : number),
    mostCount: 0xffff_ffff,
    outsideIfIndex: 1,
  },
  {
    name: 'border-2',
    address: addressOf('2001:db8::2'),
    format: 'nfcapd',
    activeTimeoutMs: 5 * 60_000,
    ipv6: 0.35,
    asNumber: (number) => number,
    mostCount: Number.MAX_SAFE_INTEGER,
    outsideIfIndex: 501,
  },
]

/** The next router inside and outside, in each family. */
export const NEXT_HOPS = {
  inside: { ipv4: addressOf('198.51.100.254'), ipv6: addressOf('2001:db8::fe') },
  outside: { ipv4: addressOf('192.0.2.1'), ipv6: addressOf('2001:db8:ffff::1') },
} as const

function addressOf(text: string): Address {
  return parseAddress(text)!
}
