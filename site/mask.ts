import { type Address, formatPrefix, isIPv4, maskWord, type Prefix, parseAddress } from '../ingest/model/address.ts'

/*
 * Hides which host it was: IPv4 is told as its /24, IPv6 as its /48, in whatever text it stands.
 */
const IPV4_BITS = 96 + 24
const IPV6_BITS = 48
/** 6to4 (RFC 3056) has a whole IPv4 address behind 2002: as much of it as of any other stays. */
const SIX_TO_FOUR = 0x2002
const SIX_TO_FOUR_BITS = 16 + 24

function mostBits(address: Address): number {
  if (isIPv4(address)) return IPV4_BITS
  return address[0] >>> 16 === SIX_TO_FOUR ? SIX_TO_FOUR_BITS : IPV6_BITS
}

/** A prefix no more exact than the mask. */
export function maskPrefix({ address, length }: Prefix): Prefix {
  const most = Math.min(length, mostBits(address))
  const words = address.map((word, at) => (word & maskWord(most, at)) >>> 0)
  return { address: words as unknown as Address, length: most }
}

/** `192.0.2.0/24` of `192.0.2.7`; a text that is no address is not told at all. */
export function maskAddress(text: string): string {
  const address = parseAddress(text)
  return address === null ? 'unknown' : formatPrefix(maskPrefix({ address, length: 128 }))
}

/** Anybody's text, such as a label, with every address in it masked, whatever its spelling. */
export function maskText(text: string): string {
  return text.replace(IPV6, maskFound).replace(IPV4, maskFound).replace(DASHED_IPV4, '$1-$2-$3-x')
}
const IPV6 = /(?:[0-9a-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4})(?:\/\d{1,3})?/gi
const IPV4 = /\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?/g
/** As in names of hosts made of their address. */
const DASHED_IPV4 = /(?<!\d)(\d{1,3})-(\d{1,3})-(\d{1,3})-\d{1,3}(?!\d)/g

function maskFound(found: string): string {
  const [base, bits] = found.split('/') as [string, string?]
  const address = parseAddress(base)
  if (address === null) return found
  const offset = isIPv4(address) && !base.includes(':') ? 96 : 0
  const length = bits === undefined ? 128 : Math.min(128, Number(bits) + offset)
  return formatPrefix(maskPrefix({ address, length }))
}

/** Could somebody read an address out of this id? Ids hold dashes where an address has dots and colons. */
export function spellsAddress(id: string): boolean {
  return /(^|-)\d{1,3}(-\d{1,3}){3}(-|$)/.test(id) || /(^|-)[23f][0-9a-f]{3}(-[0-9a-f]{1,4}){2,}(-|$)/.test(id)
}
