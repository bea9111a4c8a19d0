import { type Address, isIPv4, maskWord, type Prefix } from '../model/address.ts'

/** Prefixes that carry a mark: a small whole number that says whose they are. */
export interface MarkedPrefix {
  readonly prefix: Prefix
  readonly mark: number
}

/**
 * Finds, for an address, the marks of every prefix that holds it. The marks of one address form a set; equal sets are
 * one, and a look-up gives its number. Set 0 is the empty one.
 */
export interface PrefixTable {
  /** The marks of each set, ascending. */
  readonly sets: readonly (readonly number[])[]
  /** Hot: the set of the address whose four words start at `words[at]`. */
  setOf(words: Uint32Array, at: number): number
}

/** A stretch of addresses up to the next stretch, all within the same prefixes. */
interface Stretch {
  readonly start: Address
  readonly set: number
}

/**
 * Builds the table. IPv4 and IPv6 are looked up apart: `::/0` means all of IPv6, not the IPv4 addresses mapped into it.
 * A look-up takes the top 16 bits to a few stretches and halves its way through those.
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
  const setOfIPv4 = lookupIPv4(stretches(prefixes.filter(isMapped), [0, 0, 0xffff, 0], intern))
  const ipv6 = prefixes.filter((prefix) => !isMapped(prefix))
  const setOfIPv6 = lookupIPv6(withoutUnspecified(stretches(ipv6, [0, 0, 0, 0], intern)))
  return {
    sets,
    setOf: (words, at) =>
      words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0xffff
        ? setOfIPv4(words[at + 3]!)
        : setOfIPv6(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!),
  }
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

/** For each value of the top 16 bits, the last stretch that starts at or before its first address; one more at the end. */
function index(starts: Float64Array): Uint32Array {
  const lastAt = new Uint32Array(65_537)
  let stretch = 0
  for (let top = 0; top < 65_536; top++) {
    while (stretch + 1 < starts.length && starts[stretch + 1]! <= top * 65_536) stretch++
    lastAt[top] = stretch
  }
  lastAt[65_536] = starts.length - 1
  return lastAt
}

function lookupIPv4(found: readonly Stretch[]): (address: number) => number {
  const starts = Uint32Array.from(found, ({ start }) => start[3])
  const sets = Uint32Array.from(found, ({ set }) => set)
  const lastAt = index(Float64Array.from(starts))
  // Hot: twice per flow.
  return (address) => {
    const top = address >>> 16
    let low = lastAt[top]!
    let high = lastAt[top + 1]!
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (starts[middle]! <= address) low = middle
      else high = middle - 1
    }
    return sets[low]!
  }
}

function lookupIPv6(found: readonly Stretch[]): (a: number, b: number, c: number, d: number) => number {
  const starts = Uint32Array.from(found.flatMap(({ start }) => [...start]))
  const sets = Uint32Array.from(found, ({ set }) => set)
  // A half more says: somewhere behind the address that has only these 32 bits.
  const lastAt = index(
    Float64Array.from(found, ({ start: [a, b, c, d] }) => a + (b === 0 && c === 0 && d === 0 ? 0 : 0.5)),
  )
  // Hot: twice per flow.
  return (a, b, c, d) => {
    const top = a >>> 16
    let low = lastAt[top]!
    let high = lastAt[top + 1]!
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      const at = middle * 4
      const w = starts[at]!
      const x = starts[at + 1]!
      const y = starts[at + 2]!
      const before = w !== a ? w < a : x !== b ? x < b : y !== c ? y < c : starts[at + 3]! <= d
      if (before) low = middle
      else high = middle - 1
    }
    return sets[low]!
  }
}
