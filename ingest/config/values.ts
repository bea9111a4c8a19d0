import { type Address, type Prefix, parseAddress, parsePrefix } from '../model/address.ts'
import { ianaPorts, PROTOCOL_NUMBERS } from './iana.ts'

/** A value of the config as text, read into numbers; or a sentence on what is wrong and how to mend it. */
export type Parsed<T> = { value: T } | { mistake: string }

export interface Range {
  readonly from: number
  readonly to: number
}

/** Ports of one transport protocol. */
export interface PortRange extends Range {
  readonly protocol: number
}

/** `192.0.2.0/24`, `192.0.2/24`, `192.0.2.7`, `2001:db8::/32` (see `parsePrefix`). */
export function parsePrefixValue(text: string): Parsed<Prefix> {
  const prefix = parsePrefix(text)
  return 'mistake' in prefix ? prefix : { value: prefix }
}

export function parseAddressValue(text: string): Parsed<Address> {
  const address = parseAddress(text.trim())
  return address === null
    ? { mistake: `${quote(text)} is not an IPv4 or IPv6 address; write 192.0.2.1 or 2001:db8::1` }
    : { value: address }
}

/** An IP protocol: its number or its IANA keyword. */
export function parseProtocol(text: string): Parsed<number> {
  const name = text.trim().toLowerCase()
  if (/^\d+$/.test(name)) {
    return Number(name) <= 255
      ? { value: Number(name) }
      : { mistake: `protocol ${quote(text)} is out of range; protocols are 0 to 255` }
  }
  const number = PROTOCOL_NUMBERS[name]
  if (number !== undefined) return { value: number }
  return {
    mistake: `${quote(text)} is not a protocol that flowscan knows by name; write its number, or one of ${Object.keys(PROTOCOL_NUMBERS).join(', ')}`,
  }
}

/** `n` or `n-m`, both within 0 to `max`. */
export function parseRange(text: string, max: number, what: string): Parsed<Range> {
  const match = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(text.trim())
  if (match === null) return { mistake: `${quote(text)} is no ${what} and no range of them; write 7 or 7-9` }
  const from = Number(match[1])
  const to = match[2] === undefined ? from : Number(match[2])
  if (from > max || to > max) return { mistake: `${what} ${quote(text)} is out of range; it must be 0 to ${max}` }
  if (to < from) return { mistake: `range ${quote(text)} runs backwards; write ${to}-${from}` }
  return { value: { from, to } }
}

/** `80/tcp`, `20-21/tcp`, `domain/udp`, or an IANA service name alone (`https`: TCP and UDP, where registered). */
export function parsePorts(text: string): Parsed<PortRange[]> {
  const [ports, transport, ...rest] = text.trim().split('/') as [string, string?, ...string[]]
  if (rest.length > 0 || ports === '')
    return { mistake: `${quote(text)} is not a service; write 80/tcp, 20-21/tcp or a name such as https` }
  if (transport === undefined) return portsByName(text, ports, ['tcp', 'udp'])
  const protocol = parseProtocol(transport)
  if ('mistake' in protocol) return protocol
  if (!/^[\d\s-]+$/.test(ports)) return portsByName(text, ports, [transport.trim().toLowerCase()])
  const range = parseRange(ports, 65_535, 'port')
  return 'mistake' in range ? range : { value: [{ protocol: protocol.value, ...range.value }] }
}

function portsByName(text: string, name: string, transports: readonly string[]): Parsed<PortRange[]> {
  if (/^[\d\s-]+$/.test(name)) return { mistake: `${quote(text)} names no protocol; write ${name}/tcp or ${name}/udp` }
  const found = transports.flatMap((transport) =>
    ianaPorts(name, transport).map((port) => ({ protocol: PROTOCOL_NUMBERS[transport]!, from: port, to: port })),
  )
  return found.length > 0
    ? { value: found }
    : { mistake: `${quote(text)} is not a service name in IANA's registry; write its port, as in 80/tcp` }
}

/** The id of a member, from its key in the config: stable, safe in paths and addresses. */
export function idOf(key: string): string {
  return key
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64)
}

function quote(text: string): string {
  return JSON.stringify(text)
}

/** Does the platform know a zone of this name? Its list lacks other names of the same zones; the first format of a process takes 10 ms. */
export function isTimeZone(zone: string): boolean {
  if (Intl.supportedValuesOf('timeZone').includes(zone)) return true
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== null
  } catch {
    return false
  }
}
