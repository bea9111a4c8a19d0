import { type Address, isIPv4, maskWord, type Prefix } from '../model/address.ts'

/** Prefixes that carry a mark: a small whole number that says whose they are. */
export interface MarkedPrefix {
  readonly prefix: Prefix
  readonly mark: number
}

/**
 * Finds, for an address, the marks of every prefix that holds it. The marks of one address form a set; equal sets are
 * one, and a look-up (`setOf` in `../assembly/classify.ts`) gives its number. Set 0 is the empty one.
 */
export interface PrefixTable {
  /** The marks of each set, ascending. */
  readonly sets: readonly (readonly number[])[]
  /** What a look-up goes through (see `buildTrie`), and where in it one of an IPv6 address begins; one of IPv4 at 0. */
  readonly trie: Int32Array
  readonly rootOfIPv6: number
}

/** A stretch of addresses up to the next stretch, all within the same prefixes. */
interface Stretch {
  readonly start: Address
  readonly set: number
}

/**
 * Builds the table. IPv4 and IPv6 are looked up apart: `::/0` means all of IPv6, not the IPv4 addresses mapped into it.
 * A look-up takes 16 bits of the address, and as many times 8 more as it takes until all that begin like that are in one set.
 */
export function createPrefixTable(prefixes: readonly MarkedPrefix[]): PrefixTable {
  const sets: number[][] = [[]]
  const numbers = new Map<string, number>([['', 0]])
  const intern = (marks: readonly number[]): number => {
    const sorted = [...new Set(marks)].sort((a, b) => a - b)
    const key = sorted.join()
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, sets.length)
    return sets.push(sorted) - 1
  }
  const isMapped = ({ prefix }: MarkedPrefix) => isIPv4(prefix.address) && prefix.length >= 96
  const ipv4 = stretches(prefixes.filter(isMapped), [0, 0, 0xffff, 0], intern)
  const ipv6 = withoutUnspecified(
    stretches(
      prefixes.filter((prefix) => !isMapped(prefix)),
      [0, 0, 0, 0],
      intern,
    ),
  )
  const { trie, roots } = buildTrie([
    { found: ipv4, word: 3 },
    { found: ipv6, word: 0 },
  ])
  return { sets, trie, rootOfIPv6: roots[1]! }
}

/** Prefixes either nest or lie apart: a walk in order of their starts, with the open ones on a stack, cuts all addresses into stretches. */
function stretches(
  prefixes: readonly MarkedPrefix[],
  first: Address,
  intern: (marks: readonly number[]) => number,
): Stretch[] {
  const sorted = [...prefixes].sort(
    (a, b) => compare(a.prefix.address, b.prefix.address) || a.prefix.length - b.prefix.length,
  )
  const open: { mark: number; end: Address | null }[] = []
  const found: Stretch[] = [{ start: first, set: 0 }]
  const cut = (start: Address) => {
    if (compare(found.at(-1)!.start, start) === 0) found.pop()
    found.push({ start, set: intern(open.map(({ mark }) => mark)) })
  }
  const closeUpTo = (limit: Address | null) => {
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      if (top.end === null || (limit !== null && compare(top.end, limit) > 0)) return
      const { end } = top
      while (open.length > 0 && open.at(-1)!.end !== null && compare(open.at(-1)!.end!, end) === 0) open.pop()
      cut(end)
    }
  }
  for (const { prefix, mark } of sorted) {
    closeUpTo(prefix.address)
    open.push({ mark, end: behind(prefix) })
    cut(prefix.address)
  }
  closeUpTo(null)
  return found
}

/** `::` is nobody's address (RFC 4291, 2.5.2): it stands for one that the flow file does not say, and no prefix holds it. */
function withoutUnspecified([first, ...rest]: readonly Stretch[]): Stretch[] {
  const second: Stretch = { start: [0, 0, 0, 1], set: first!.set }
  const isThere = rest[0] !== undefined && compare(rest[0].start, second.start) === 0
  return [{ start: first!.start, set: 0 }, ...(isThere ? [] : [second]), ...rest]
}

/** The first address behind a prefix; `null` when it reaches to the end of IPv4 or IPv6. */
function behind({ address, length }: Prefix): Address | null {
  const next = address.map((word, index) => (word | (~maskWord(length, index) >>> 0)) >>> 0)
  const firstWord = isIPv4(address) && length >= 96 ? 3 : 0
  for (let word = 3; word >= firstWord; word--) {
    next[word] = (next[word]! + 1) >>> 0
    if (next[word] !== 0) return next as unknown as Address
  }
  return null
}

function compare(a: Address, b: Address): number {
  for (let word = 0; word < 4; word++) if (a[word] !== b[word]) return a[word]! - b[word]!
  return 0
}

/** The bits of an address that a step of a look-up takes: `width` of them, `shift` bits before the end of a word. */
interface Step {
  readonly word: number
  readonly shift: number
  readonly width: number
}

const FIRST_WIDTH = 16
const WIDTH = 8

/**
 * A trie: nodes of one entry for each value of a step, back to back. An entry is the set of all addresses whose bits led to it or,
 * where these differ, the place of the node for the next step, negative. The first step takes more bits than the others: most
 * look-ups end there. Returns the nodes, the place of the one that each list of stretches begins with, in `roots`.
 */
function buildTrie(lists: readonly { readonly found: readonly Stretch[]; readonly word: number }[]) {
  const nodes: Int32Array[] = []
  let length = 0

  function add(found: readonly Stretch[], step: Step): number {
    const place = length
    const node = new Int32Array(1 << step.width)
    length += node.length
    nodes.push(node)
    // The first stretch begins before this node, or with it.
    for (let from = 0, to = 1; from < found.length; from = to++) {
      const value = from === 0 ? 0 : bitsOf(found[from]!.start, step)
      while (to < found.length && bitsOf(found[to]!.start, step) === value) to++
      const isWhole = from === 0 || beginsWith(found[from]!.start, step)
      node.fill(found[to - 1]!.set, value, to < found.length ? bitsOf(found[to]!.start, step) : node.length)
      if (!isWhole || to - from > 1) node[value] = -add(found.slice(isWhole ? from : from - 1, to), stepBehind(step))
    }
    return place
  }

  const roots = lists.map(({ found, word }) => add(found, { word, shift: 32 - FIRST_WIDTH, width: FIRST_WIDTH }))
  const trie = new Int32Array(length)
  for (let n = 0, at = 0; n < nodes.length; at += nodes[n++]!.length) trie.set(nodes[n]!, at)
  return { trie, roots }
}

function bitsOf(address: Address, { word, shift, width }: Step): number {
  return (address[word]! >>> shift) & ((1 << width) - 1)
}

/** Is it the first address of those with the same bits up to this step? */
function beginsWith(address: Address, { word, shift }: Step): boolean {
  return (address[word]! & ((1 << shift) - 1)) === 0 && address.every((bits, at) => at <= word || bits === 0)
}

function stepBehind({ word, shift }: Step): Step {
  return shift === 0
    ? { word: word + 1, shift: 32 - WIDTH, width: WIDTH }
    : { word, shift: shift - WIDTH, width: WIDTH }
}
