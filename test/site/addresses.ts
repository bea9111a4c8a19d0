import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type Address, isIPv4, parseAddress } from '../../ingest/model/address.ts'

/* Looks for addresses of hosts in every file of a directory, whoever would read it, however they are spelled. */

/** Where an address stands: the file, and how it is spelled there. */
export type Places = ReadonlyMap<string, ReadonlySet<string>>

/** Everything below a site's directory that tells a host, by file; assets are left out. Links are not followed: what they lead to is there itself. */
export function hostsTold(directory: string, known: readonly string[]): Places {
  const spelled = spellingsOf(known)
  const found = new Map<string, Set<string>>()
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (path.includes('/assets/')) continue
    const text = `${relative(directory, path)}\n${statSync(path).isFile() ? textOf(path) : ''}`
    const told = new Set([...exactAddresses(text), ...tokensOf(text).filter((token) => spelled.has(token))])
    if (told.size > 0) found.set(relative(directory, path), told)
  }
  return found
}

/** As a reader sees it, without the places where an address may break; unpacked, when it is packed by gzip. What Brotli packed has a twin that is not. */
function textOf(path: string): string {
  const bytes = readFileSync(path)
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8')
  return text.replaceAll('<wbr>', '')
}

/** Any address, known or not, that is told more exactly than by a /24 or /48. */
function exactAddresses(text: string): string[] {
  const found = text.matchAll(/(?<![\w:.])((?:[0-9a-f]*[:.]){2,}[0-9a-f]*)(\/\d+)?/gi)
  return [...found].flatMap(([whole, base, bits]) => {
    const address = parseAddress(base!.replace(/\.$/, ''))
    if (address === null) return []
    const most = isIPv4(address) && !base!.includes(':') ? 24 : 48
    return bits !== undefined && Number(bits.slice(1)) <= most ? [] : [whole]
  })
}

/** What may be the spelling of an address with dashes or of its bits. */
function tokensOf(text: string): string[] {
  return text.toLowerCase().match(/[0-9a-f]+(?:[-:.]+[0-9a-f]+)+|\b(?:0x)?(?:[0-9a-f]{8}|[0-9a-f]{32})\b/g) ?? []
}

function spellingsOf(known: readonly string[]): Set<string> {
  return new Set(known.flatMap((text) => spellings(parseAddress(text)!)))
}

function spellings(address: Address): string[] {
  const groups = address.flatMap((word) => [word >>> 16, word & 0xffff])
  const short = groups.map((group) => group.toString(16))
  const long = short.map((group) => group.padStart(4, '0'))
  const whole = [long.join(':'), short.join(':'), long.join('-'), short.join('-'), long.join('')]
  if (!isIPv4(address))
    return [...whole, short.join('-').replace(/(-0)+-/, '--'), short.join('-').replace(/(-0)+-/, '-')]
  const octets = [24, 16, 8, 0].map((bits) => (address[3] >>> bits) & 255)
  const hex = address[3].toString(16).padStart(8, '0')
  return [
    ...whole,
    octets.join('.'),
    octets.join('-'),
    `::ffff:${octets.join('.')}`,
    `ffff:${hex.slice(0, 4)}:${hex.slice(4)}`,
    hex,
    `0x${hex}`,
  ]
}
