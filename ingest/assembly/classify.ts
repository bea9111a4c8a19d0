/*
 * AssemblyScript, compiled by `npm run wasm`: what classifying does once per flow. Columns are places in memory; what is looked up in tables that
 * `../classify` has filled is what their names say there.
 */

const IN: u32 = 0
const OUT: u32 = 1
const INTERNAL: u32 = 2
const TRANSIT: u32 = 3

/** The direction, in four bits, by: the source is inside (1), the destination is (2), it is a multicast group (4). */
const DIRECTIONS: u32 =
  TRANSIT | (OUT << 4) | (IN << 8) | (INTERNAL << 12) | (IN << 16) | (OUT << 20) | (IN << 24) | (OUT << 28)

/** The low half of the second number of 64 bits, and zero for the first: an IPv4 address. */
const MAPPED: u64 = 0xffff
const LOW: u64 = 0xffff_ffff

/** Hot: see `locate` of `../classify/direction.ts`. `inside` holds a byte by set. */
export function locate(
  length: u32,
  srcAddr: usize,
  dstAddr: usize,
  trie: usize,
  rootOfIPv6: u32,
  inside: usize,
  direction: usize,
  srcSet: usize,
  dstSet: usize,
  multicast: usize,
): void {
  for (let i: usize = 0; i < length; i++) {
    const src = setOf(srcAddr + (i << 4), trie, rootOfIPv6)
    const dst = setOf(dstAddr + (i << 4), trie, rootOfIPv6)
    const isGroup = isMulticast(dstAddr + (i << 4))
    const ends = <u32>load<u8>(inside + src) | ((<u32>load<u8>(inside + dst)) << 1) | (isGroup << 2)
    store<u32>(srcSet + (i << 2), src)
    store<u32>(dstSet + (i << 2), dst)
    store<u8>(multicast + i, isGroup)
    store<u8>(direction + i, (DIRECTIONS >>> (ends << 2)) & 15)
  }
}

/** Hot: the sets of `count` addresses, one every `step` bytes. */
export function setsOf(count: u32, addresses: usize, step: usize, trie: usize, rootOfIPv6: u32, sets: usize): void {
  for (let i: usize = 0; i < count; i++) store<u32>(sets + (i << 2), setOf(addresses + i * step, trie, rootOfIPv6))
}

/** See `../classify/prefix-table.ts`: an entry is a set or, negative, the place of the node for the next eight bits. */
function setOf(address: usize, trie: usize, rootOfIPv6: u32): u32 {
  const isIPv4 = load<u64>(address) === 0 && (load<u64>(address, 8) & LOW) === MAPPED
  let word = select<usize>(address + 12, address, isIPv4)
  const root = select<u32>(0, rootOfIPv6, isIPv4)
  let entry = load<i32>(trie + ((<usize>(root + <u32>load<u16>(word, 2))) << 2))
  for (let byte: usize = 1; entry < 0; byte--) {
    entry = load<i32>(trie + ((<usize>(<i32>load<u8>(word + byte) - entry)) << 2))
    if (byte === 0) {
      byte = 4
      word += 4
    }
  }
  return entry
}

/** 224/4 (RFC 5771) or ff00::/8 (RFC 4291, 2.7). */
function isMulticast(address: usize): u32 {
  const isIPv4 = load<u64>(address) === 0 && (load<u64>(address, 8) & LOW) === MAPPED
  return <u32>(load<u8>(address, 3) === 0xff) | (<u32>isIPv4 & <u32>(load<u8>(address, 15) >>> 4 === 0xe))
}

/** Hot: the code is what a table says of the value. */
export function codesOfValue(length: u32, values: usize, table: usize, codes: usize): void {
  for (let i: usize = 0; i < length; i++)
    store<u32>(codes + (i << 2), load<u16>(table + ((<usize>load<u16>(values + (i << 1))) << 1)))
}

/** Hot: the same, but all that goes to a multicast group has a code of its own. */
export function codesOfValueOrGroup(
  length: u32,
  values: usize,
  table: usize,
  multicast: usize,
  group: u32,
  codes: usize,
): void {
  for (let i: usize = 0; i < length; i++) {
    const code: u32 = load<u16>(table + ((<usize>load<u16>(values + (i << 1))) << 1))
    store<u32>(codes + (i << 2), select<u32>(group, code, load<u8>(multicast + i)))
  }
}

/** Hot: the code of the pair of sets that hold the two ends. */
export function codesOfSets(length: u32, srcSet: usize, dstSet: usize, count: u32, codes: usize): void {
  const behind = (<usize>length) << 2
  for (let at: usize = 0; at < behind; at += 16)
    v128.store(codes + at, i32x4.add(i32x4.mul(v128.load(srcSet + at), i32x4.splat(count)), v128.load(dstSet + at)))
}

/** Hot: the code of the destination port, else of the source port. `tableOf`: by protocol, which table of 65,536 ports of `serviceAt`. */
export function codesOfPorts(
  length: u32,
  protocol: usize,
  srcPort: usize,
  dstPort: usize,
  tableOf: usize,
  serviceAt: usize,
  other: u32,
  codes: usize,
): void {
  for (let i: usize = 0; i < length; i++) {
    const table = serviceAt + ((<usize>load<u8>(tableOf + load<u16>(protocol + (i << 1)))) << 17)
    const byDst: u32 = load<u16>(table + ((<usize>load<u16>(dstPort + (i << 1))) << 1))
    const bySrc: u32 = load<u16>(table + ((<usize>load<u16>(srcPort + (i << 1))) << 1))
    store<u32>(codes + (i << 2), select<u32>(byDst, bySrc, byDst !== other))
  }
}

/**
 * Hot: the code of the far end's AS, none for internal traffic. Numbers of 16 bits by table, greater ones by halving through `edges` ranges,
 * each of which has a start and a code.
 */
export function codesOfAs(
  length: u32,
  srcAs: usize,
  dstAs: usize,
  direction: usize,
  small: usize,
  starts: usize,
  members: usize,
  edges: u32,
  other: u32,
  codes: usize,
): void {
  for (let i: usize = 0; i < length; i++) {
    const way: u32 = load<u8>(direction + i)
    const number = load<u32>(select<usize>(dstAs, srcAs, way === OUT) + (i << 2))
    const code: u32 =
      number < 65_536
        ? load<u16>(small + ((<usize>number) << 1))
        : load<u16>(members + rangeOf(number, starts, edges) * 2)
    store<u32>(codes + (i << 2), select<u32>(other, code, way === INTERNAL))
  }
}

/** The last range that does not start behind a number; the first does not. */
function rangeOf(number: u32, starts: usize, edges: u32): usize {
  let low: usize = 0
  let high: usize = edges - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (load<u32>(starts + (middle << 2)) <= number) low = middle
    else high = middle - 1
  }
  return low
}

/** Hot: adds `factor` times the codes to a word of each flow. */
export function packCodes(length: u32, codes: usize, factor: u32, word: usize): void {
  const behind = (<usize>length) << 2
  for (let at: usize = 0; at < behind; at += 16)
    v128.store(word + at, i32x4.add(v128.load(word + at), i32x4.mul(v128.load(codes + at), i32x4.splat(factor))))
}
