/**
 * IPv4 and IPv6 as one: four 32-bit words, most significant first. IPv4 is ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), so
 * an address has one identity whichever way an exporter wrote it.
 */
export type Address = readonly [number, number, number, number]

/** An address block. `length` counts from the 128-bit form: an IPv4 /24 has length 120. */
export interface Prefix {
  readonly address: Address
  readonly length: number
}

const MAPPED = 0xffff

/** Does the address whose first word is at `words[at]` belong to IPv4? */
export function isIPv4(words: ArrayLike<number>, at = 0): boolean {
  return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === MAPPED
}

/** The IPv4 address given as one 32-bit number. */
export function fromIPv4(value: number): Address {
  return [0, 0, MAPPED, value >>> 0]
}

/** Dotted quad for IPv4, else RFC 5952. Reads four words from `words[at]`. */
export function formatAddress(words: ArrayLike<number>, at = 0): string {
  if (isIPv4(words, at)) return formatIPv4(words[at + 3]!)
  const groups: number[] = []
  for (let word = at; word < at + 4; word++) groups.push(words[word]! >>> 16, words[word]! & 0xffff)
  const { start, length } = longestZeroRun(groups)
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(':')
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}

export function formatIPv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

/** RFC 5952, 4.2.3: the first of the longest runs of zero groups is the one to shorten. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === 0) length++
    if (length > best.length) best = { start, length }
  }
  return best
}

/** Dotted quad or any IPv6 text form (RFC 4291, 2.2). `null` when it is neither; zones are not addresses. */
export function parseAddress(text: string): Address | null {
  if (!text.includes(':')) return parseIPv4(text)
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = parseGroups(halves[0]!)
  const tail = halves.length === 2 ? parseGroups(halves[1]!) : []
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  const word = (at: number) => ((groups[at]! << 16) | groups[at + 1]!) >>> 0
  return [word(0), word(2), word(4), word(6)]
}

function parseIPv4(text: string): Address | null {
  const octets = text.split('.')
  if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256))
    return null
  const [a, b, c, d] = octets.map(Number) as [number, number, number, number]
  return fromIPv4(((a << 24) | (b << 16) | (c << 8) | d) >>> 0)
}

/** Groups of 16 bits; a trailing dotted quad gives two. */
function parseGroups(text: string): number[] | null {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else {
      const quad = index === parts.length - 1 ? parseIPv4(part) : null
      if (quad === null) return null
      groups.push(quad[3] >>> 16, quad[3] & 0xffff)
    }
  }
  return groups
}

/** The mask of one of the four words of a prefix. */
export function maskWord(length: number, word: number): number {
  const bits = Math.min(32, Math.max(0, length - word * 32))
  return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0
}

/**
 * A host or a block: `192.0.2.7`, `192.0.2.0/24`, `192.0.2/24` (missing octets are 0), `2001:db8::/32`.
 * `host bits` and every other mistake come back as a sentence, for whoever knows the place.
 */
export function parsePrefix(text: string): Prefix | { mistake: string } {
  const [base, bits, ...rest] = text.trim().split('/') as [string, string?, ...string[]]
  const short = bits !== undefined && /^\d{1,3}(\.\d{1,3}){0,2}$/.test(base)
  const address = parseAddress(short ? base + '.0'.repeat(4 - base.split('.').length) : base)
  if (address === null || rest.length > 0)
    return { mistake: `${quote(text)} is not an IPv4 or IPv6 address or prefix; write 192.0.2.0/24 or 2001:db8::/32` }
  const width = base.includes(':') ? 128 : 32
  const given = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  if (!(given <= width))
    return { mistake: `${quote(text)} has prefix length ${quote(bits ?? '')}; it must be 0 to ${width}` }
  const length = given + 128 - width
  const network = address.map((word, index) => (word & maskWord(length, index)) >>> 0) as unknown as Address
  if (network.some((word, index) => word !== address[index])) {
    return {
      mistake: `${quote(text)} has bits set behind its prefix; the network is ${formatPrefix({ address: network, length })}`,
    }
  }
  return { address, length }
}

export function formatPrefix({ address, length }: Prefix): string {
  return isIPv4(address) && length >= 96
    ? `${formatAddress(address)}/${length - 96}`
    : `${formatAddress(address)}/${length}`
}

function quote(text: string): string {
  return JSON.stringify(text)
}
