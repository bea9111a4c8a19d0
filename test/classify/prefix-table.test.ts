import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAddressSpace, createEnds } from '../../ingest/classify/direction.ts'
import type { Config } from '../../ingest/config/schema.ts'
import { type Address, maskWord, type Prefix, parseAddress, parsePrefix } from '../../ingest/model/address.ts'
import { DIRECTIONS } from '../../ingest/model/direction.ts'
import { createFlowBatch } from '../../ingest/model/flow-batch.ts'
import { openRoom } from '../../ingest/model/heap.ts'

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text)
  if ('mistake' in parsed) throw new Error(parsed.mistake)
  return parsed
}

function marksOf(prefixes: readonly string[], address: string): readonly number[] {
  return findMarks(prefixes.map(prefix), [parseAddress(address)!])[0]!
}

/** For each address, which of the blocks hold it. */
function findMarks(blocks: readonly Prefix[], asked: readonly Address[]): (readonly number[])[] {
  const room = openRoom()
  const space = createAddressSpace({ subnets: [], networks: blocks.map(networkOf) }, room)
  const words = new Uint32Array(...room.allocate(asked.length * 16), asked.length * 4)
  words.set(asked.flat())
  const sets = space.setsOf({ count: asked.length, words, step: 4 })
  room.close()
  return Array.from(sets, (set) => space.networks[set]!)
}

test.each([
  { name: 'nothing', prefixes: [], address: '192.0.2.1', marks: [] },
  { name: 'a block from its first address', prefixes: ['192.0.2.0/24'], address: '192.0.2.0', marks: [0] },
  { name: 'a block to its last address', prefixes: ['192.0.2.0/24'], address: '192.0.2.255', marks: [0] },
  { name: 'not the address behind', prefixes: ['192.0.2.0/24'], address: '192.0.3.0', marks: [] },
  {
    name: 'every block that holds the address',
    prefixes: ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3'],
    address: '10.1.2.3',
    marks: [0, 1, 2],
  },
  {
    name: 'the outer block behind the inner',
    prefixes: ['10.0.0.0/8', '10.1.0.0/16'],
    address: '10.2.0.0',
    marks: [0],
  },
  {
    name: 'blocks that end together',
    prefixes: ['10.0.0.0/8', '10.255.0.0/16', '10.255.255.0/24'],
    address: '11.0.0.0',
    marks: [],
  },
  { name: 'all of IPv4', prefixes: ['0.0.0.0/0'], address: '255.255.255.255', marks: [0] },
  { name: 'the last IPv4 address', prefixes: ['255.255.255.255'], address: '255.255.255.255', marks: [0] },
  { name: 'IPv6', prefixes: ['2001:db8::/32', '2001:db8:1::/48'], address: '2001:db8:1::7', marks: [0, 1] },
  { name: '::/0 is all of IPv6', prefixes: ['::/0'], address: 'ffff::1', marks: [0] },
  { name: 'the unspecified address in no block', prefixes: ['::/0', '::/128'], address: '::', marks: [] },
  { name: 'the address behind the unspecified one', prefixes: ['::/0', '::1'], address: '::1', marks: [0, 1] },
  { name: '::/0 is not IPv4', prefixes: ['::/0'], address: '192.0.2.1', marks: [] },
  { name: 'IPv4 written as mapped IPv6', prefixes: ['192.0.2.0/24'], address: '::ffff:192.0.2.7', marks: [0] },
  {
    name: 'the last IPv6 address',
    prefixes: ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    address: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    marks: [0],
  },
  { name: 'the same block twice', prefixes: ['10.0.0.0/8', '10.0.0.0/8'], address: '10.9.9.9', marks: [0, 1] },
])('finds $name', ({ prefixes, address, marks }) => {
  expect(marksOf(prefixes, address)).toEqual(marks)
})

// Few different bits, so that blocks nest and touch.
const word = fc.constantFrom(0, 1, 0x0a000000, 0x0a010000, 0x0a010203, 0xffff, 0xffffffff, 0x80000000)
const ipv4 = word.map((value): Address => [0, 0, 0xffff, value])
const ipv6 = fc
  .tuple(fc.constantFrom(0x20010db8, 0xff020000, 0, 0x20010db9), word, word, word)
  .map(([a, b, c, d]): Address => [a, b, c, d])
const address = fc.oneof(ipv4, ipv6)
const block = fc
  .oneof(fc.tuple(ipv4, fc.integer({ min: 96, max: 128 })), fc.tuple(ipv6, fc.integer({ min: 0, max: 128 })))
  .map(
    ([base, length]): Prefix => ({
      address: base.map((part, at) => (part & maskWord(length, at)) >>> 0) as unknown as Address,
      length,
    }),
  )

const isMapped = ([a, b, c]: Address) => a === 0 && b === 0 && c === 0xffff
const isUnspecified = (asked: Address) => asked.every((part) => part === 0)
const holds = ({ address: base, length }: Prefix, asked: Address) =>
  !isUnspecified(asked) &&
  isMapped(asked) === (isMapped(base) && length >= 96) &&
  base.every((part, at) => (asked[at]! & maskWord(length, at)) >>> 0 === part)

test('agrees with asking every prefix', () => {
  fc.assert(
    fc.property(
      fc.array(block, { maxLength: 12 }),
      fc.array(address, { minLength: 1, maxLength: 12 }),
      (blocks, asked) => {
        const all = [...asked, ...blocks.map(({ address: base }) => base)]
        expect(findMarks(blocks, all)).toEqual(
          all.map((one) => blocks.flatMap((each, mark) => (holds(each, one) ? [mark] : []))),
        )
      },
    ),
    { seed: 1, numRuns: 2000 },
  )
})

test('what is looked up flow by flow agrees with asking every prefix, and so does the direction', () => {
  const anyEnds = fc.array(fc.tuple(address, address), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(
      fc.array(block, { maxLength: 8 }),
      fc.array(block, { maxLength: 4 }),
      anyEnds,
      (blocks, ours, pairs) => {
        const room = openRoom()
        const space = createAddressSpace({ subnets: ours, networks: blocks.map(networkOf) }, room)
        const batch = createFlowBatch(64, room.allocate)
        const bases = [...blocks, ...ours].map(({ address: base }) => base)
        const flows = [...pairs, ...bases.map((base, at) => [base, bases.at(at - 1)!] as const)]
        batch.length = flows.length
        batch.srcAddr.set(flows.flatMap(([src]) => src))
        batch.dstAddr.set(flows.flatMap(([, dst]) => dst))
        const ends = createEnds(room, 64)
        space.locate(batch, ends)
        const networksOf = (one: Address) => blocks.flatMap((each, mark) => (holds(each, one) ? [mark] : []))
        const isOurs = (one: Address) => ours.some((each) => holds(each, one))
        for (const [i, [src, dst]] of flows.entries()) {
          const isGroup = dst[0]! >>> 24 === 0xff || (isMapped(dst) && dst[3]! >>> 28 === 0xe)
          const [from, to] = [isOurs(src), isOurs(dst) && !isGroup]
          expect(space.networks[ends.srcSet[i]!]).toEqual(networksOf(src))
          expect(space.networks[ends.dstSet[i]!]).toEqual(networksOf(dst))
          expect(ends.multicast[i]).toBe(isGroup ? 1 : 0)
          expect(DIRECTIONS[ends.direction[i]!]).toBe(
            isGroup ? (from ? 'out' : 'in') : from ? (to ? 'internal' : 'out') : to ? 'in' : 'transit',
          )
        }
        room.close()
      },
    ),
    { seed: 2, numRuns: 1000 },
  )
})

function networkOf(prefix: Prefix) {
  return { prefixes: [prefix] } as unknown as Config['networks'][number]
}
