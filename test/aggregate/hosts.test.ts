import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFlowList, createHosts, HOST_LIMITS, type HostLimits, type Hosts } from '../../ingest/aggregate/hosts.ts'
import { counting, createTable } from '../../ingest/aggregate/wasm-count.ts'
import { formatAddress } from '../../ingest/model/address.ts'
import { BATCH_SIZE, createFlowBatch } from '../../ingest/model/flow-batch.ts'
import { openRoom, type Room } from '../../ingest/model/heap.ts'
import type { HostList } from '../../ingest/model/part.ts'

type Address = readonly [number, number, number, number]
interface Flow {
  readonly address: Address
  readonly way: 'in' | 'out'
  readonly octets: number
  readonly packets: number
  readonly flows: number
}
interface Counting {
  readonly seed?: number
  readonly limits?: HostLimits
  readonly batchSize?: number
  readonly keep?: number
}

const FEW: HostLimits = { exact: 24, parts: 4 }

function ipv4(n: number): Address {
  return [0, 0, 0xffff, n >>> 0]
}

function ipv6(n: number): Address {
  return [0x2001_0db8, n >>> 16, 0, n & 0xffff]
}

function addAll(room: Room, hosts: Hosts, flows: readonly Flow[], batchSize: number): void {
  const batch = createFlowBatch(batchSize, room.allocate)
  const lists = { in: createFlowList(room), out: createFlowList(room) }
  for (let from = 0; from < flows.length; from += batchSize) {
    lists.in.length = 0
    lists.out.length = 0
    for (const [i, flow] of flows.slice(from, from + batchSize).entries()) {
      batch.srcAddr.set(flow.address, i * 4)
      for (const measure of ['octets', 'packets', 'flows'] as const) batch[measure][i] = flow[measure]
      const list = lists[flow.way]
      list.flows[list.length++] = i
    }
    hosts.add(batch.srcAddr, lists.in, 0, batch)
    hosts.add(batch.srcAddr, lists.out, 3, batch)
  }
}

function listOf(flows: readonly Flow[], { seed = 1, limits = FEW, batchSize = 16, keep = 5 }: Counting = {}): HostList {
  const room = openRoom()
  const hosts = createHosts(room, seed, limits)
  addAll(room, hosts, flows, batchSize)
  if (hosts.recount()) addAll(room, hosts, flows, batchSize)
  const found = hosts.busiest(keep)
  room.close()
  return found
}

/** The same list by other means: every host in a Map, in BigInt, every bound by its formula. */
function oracle(flows: readonly Flow[], { limits = FEW, keep = 5 }: Counting = {}): HostList {
  const all = new Map<string, { address: Address; counters: bigint[] }>()
  for (const { address, way, octets, packets, flows: count } of flows) {
    const host = all.get(String(address)) ?? { address, counters: [0n, 0n, 0n, 0n, 0n, 0n] }
    all.set(String(address), host)
    for (const [at, value] of [octets, packets, count].entries())
      host.counters[at + (way === 'in' ? 0 : 3)]! += BigInt(value)
  }
  const hosts = [...all.values()].sort((a, b) => compare(a.address, b.address))
  const isExact = hosts.length <= limits.exact
  const bounds = [0, 1, 2, 3, 4, 5].map((at) => {
    if (isExact) return 0n
    const values = hosts.map(({ counters }) => counters[at]!).sort((a, b) => Number(b - a))
    let rest = values.reduce((sum, value) => sum + value, 0n)
    const sure = Array.from({ length: limits.parts }, (_, j) => {
      if (j > 0) rest -= values[j - 1] ?? 0n
      return rest / BigInt(limits.parts - j)
    })
    const [least] = sure.sort((a, b) => Number(a - b)) as [bigint]
    return least < 2n ** 53n ? least : least + least / 2n ** 20n
  })
  const listed = new Set(
    bounds.flatMap((bound, at) =>
      hosts
        .filter(({ counters }) => counters[at]! > bound)
        .sort((a, b) => Number(b.counters[at]! - a.counters[at]!))
        .slice(0, keep),
    ),
  )
  const octets = ({ counters }: { counters: bigint[] }) => counters[0]! + counters[3]!
  const rows = hosts.filter((host) => listed.has(host)).sort((a, b) => Number(octets(b) - octets(a)))
  return {
    distinct: isExact ? hosts.length : null,
    kept: keep,
    ...(isExact ? {} : { completeAbove: bounds.map(narrow) }),
    rows: rows.map(({ address, counters }) => [formatAddress(Uint32Array.from(address), 0), ...counters.map(narrow)]),
  } as unknown as HostList
}

/** As a `Counter`. */
function narrow(value: bigint): number | bigint {
  return value < 2n ** 53n ? Number(value) : value
}

function compare(a: Address, b: Address): number {
  const at = a.findIndex((word, index) => word !== b[index])
  return at === -1 ? 0 : a[at]! - b[at]!
}

/** Some addresses often, most once: what a scan in everyday traffic looks like. */
const anyFlow: fc.Arbitrary<Flow> = fc.record({
  address: fc.oneof(
    fc.nat({ max: 7 }).map(ipv4),
    fc.nat({ max: 3 }).map(ipv6),
    fc.nat({ max: 300 }).map(ipv4),
    fc.nat({ max: 300 }).map(ipv6),
  ),
  way: fc.constantFrom('in', 'out'),
  octets: fc.oneof(fc.constant(40), fc.nat({ max: 2 ** 40 })),
  packets: fc.oneof(fc.constant(1), fc.nat({ max: 1000 })),
  flows: fc.constantFrom(0, 1, 1, 30),
})
const anyFlows = fc.array(anyFlow, { minLength: 1, maxLength: 400, size: 'max' })

describe('the list of hosts', () => {
  test('is what an adding machine without limits finds, above the least bound that is sure', () => {
    let sieved = 0
    fc.assert(
      fc.property(anyFlows, (flows) => {
        const found = listOf(flows)
        if (found.completeAbove !== undefined) sieved++
        expect(found).toEqual(oracle(flows))
      }),
      { seed: 5, numRuns: 500 },
    )
    expect(sieved).toBeGreaterThan(200)
  })

  test('case 64: is exact beyond 2^53, counters and bounds', () => {
    const anyLarge = anyFlow.chain((flow) =>
      fc
        .oneof(fc.constant(flow.octets), fc.integer({ min: 2 ** 52, max: Number.MAX_SAFE_INTEGER }))
        .map((octets) => ({ ...flow, octets })),
    )
    let large = 0
    fc.assert(
      fc.property(fc.array(anyLarge, { minLength: 60, maxLength: 300, size: 'max' }), (flows) => {
        const limits = flows.length % 2 === 0 ? FEW : { exact: 96, parts: 16 }
        const found = listOf(flows, { limits })
        if (found.rows.some((row) => row.some((each) => typeof each === 'bigint'))) large++
        expect(found).toEqual(oracle(flows, { limits }))
        expect(listOf(flows.toReversed(), { seed: 7, batchSize: 3, limits })).toEqual(found)
      }),
      { seed: 8, numRuns: 100 },
    )
    expect(large).toBeGreaterThan(30)
  })

  test('case 64: a host is not lost that had no more than what was carried', () => {
    const scan = Array.from({ length: 400 }, (_, n) => inbound(ipv6(n), 40))
    const found = listOf([inbound(ipv4(1), 2 ** 52), ...scan])
    expect(found.rows).toEqual([['0.0.0.1', 2 ** 52, 1, 1, 0, 0, 0]])
  })

  test('depends neither on the seed, nor on the order of flows, nor on how they are batched', () => {
    fc.assert(
      fc.property(anyFlows, fc.integer(), fc.integer({ min: 1, max: 40 }), (flows, seed, batchSize) => {
        expect(JSON.stringify(listOf(flows.toReversed(), { seed, batchSize }))).toBe(JSON.stringify(listOf(flows)))
      }),
      { seed: 6, numRuns: 300 },
    )
  })

  test.each([
    { name: 'as many hosts as the limit are all counted', hosts: 24, distinct: 24 },
    { name: 'with one more the list tells above what it is complete', hosts: 25, distinct: null },
  ])('$name', ({ hosts, distinct }) => {
    const flows = Array.from({ length: hosts }, (_, n) => inbound(ipv4(n), n === 3 ? 1000 : 40))
    for (const batchSize of [1, 16, 100]) {
      const found = listOf(flows, { batchSize })
      expect([found.distinct, found.completeAbove === undefined]).toEqual([distinct, distinct !== null])
      expect(found.rows[0]).toEqual(['0.0.0.3', 1000, 1, 1, 0, 0, 0])
    }
  })

  test('cannot be had from one count when there were too many', () => {
    const room = openRoom()
    const hosts = createHosts(room, 1, FEW)
    addAll(
      room,
      hosts,
      Array.from({ length: 25 }, (_, n) => inbound(ipv4(n), 40)),
      100,
    )
    expect(() => hosts.busiest(5)).toThrow('call recount first')
  })

  test('one host that had nearly everything does not hide the others', () => {
    const scan = Array.from({ length: 400 }, (_, n) => inbound(ipv6(n), 40))
    const found = listOf([inbound(ipv4(1), 2 ** 40), ...scan, inbound(ipv4(2), 50_000)])
    expect(found.rows.map(([address]) => address)).toEqual(['0.0.0.1', '0.0.0.2'])
    expect(found.completeAbove![0]).toBe((400 * 40) / 2)
  })
})

test('hosts with more than their part of any counter are found among 300,000, with exact numbers', () => {
  const limits = { exact: 8192, parts: 1024 }
  const scan = Array.from({ length: 300_000 }, (_, n) => inbound(n % 2 === 0 ? ipv4(n * 7) : ipv6(n), 40))
  // 300 times one packet of 40 octets, spread over the scan: no more than others at once, never long without.
  const steady = Array.from({ length: 300 }, () => inbound(ipv4(0xc000_0201), 40))
  const planted: Flow[] = [
    { ...inbound(ipv4(0xc000_0202), 13_000) },
    { ...inbound(ipv6(0x0fff_0001), 40), packets: 400 },
    { ...inbound(ipv4(0xc000_0203), 1), way: 'out' },
  ]
  const flows = scan.toSpliced(0, 0, planted[0]!).concat(planted.slice(1))
  for (const [n, flow] of steady.entries()) flows[n * 997 + 5] = flow
  const found = listOf(flows, { limits, batchSize: BATCH_SIZE, keep: 10 })
  expect(found.rows).toEqual([
    ['192.0.2.2', 13_000, 1, 1, 0, 0, 0],
    ['192.0.2.1', 12_000, 300, 300, 0, 0, 0],
    ['2001:db8:0:fff::1', 40, 400, 1, 0, 0, 0],
    ['192.0.2.3', 0, 0, 0, 1, 1, 1],
  ])
  expect(found).toEqual(oracle(flows, { limits, keep: 10 }))
})

test('the limits leave room for what sieving keeps, and fill their memory', () => {
  expect(HOST_LIMITS.exact).toBeGreaterThanOrEqual(1_000_000)
  expect(6 * HOST_LIMITS.parts).toBeLessThan(HOST_LIMITS.exact / 2)
})

describe('addresses chosen to meet in the table', () => {
  const known = 42
  const COUNT = 131_072

  test('cost nothing without the seed', () => {
    const chosen = meeting(known, COUNT)
    const random = Uint32Array.from({ length: COUNT }, (_, n) => Math.imul(n + 1, 0x9e37_79b1))
    const few = [chosen.subarray(0, 8192), random.subarray(0, 8192)] as const
    expect(milliseconds(few[0], known)).toBeGreaterThan(10 * milliseconds(few[1], known))
    expect(milliseconds(chosen, 43)).toBeLessThan(3 * milliseconds(random, 43))
  })

  test('by differences that multiplication passes on, do not meet whatever the seed', () => {
    const meets = Array.from({ length: 200 }, (_, seed) => {
      const { hash } = hashing(seed)
      return hash(0x2001_0db8, 1, 2, 0) === hash(0xa001_0db8, 1 ^ 0x8001_0000, 2, 0)
    })
    expect(meets).not.toContain(true)
  })

  /** Hashes as a table of this seed makes them. */
  function hashing(seed: number) {
    const room = openRoom()
    const { at } = createTable(room, seed, { rowBytes: 64, most: 1, limit: 1 })
    const address = new Uint32Array(...room.allocate(16), 4)
    room.close()
    const { hashAddress } = counting()
    const hash = (...words: Address) => {
      address.set(words)
      return hashAddress(at, address.byteOffset)
    }
    return { hash, address }
  }

  /** IPv4 addresses whose hashes point to one of 128 neighbouring buckets of the table that will hold them all. */
  function meeting(seed: number, count: number): Uint32Array {
    const { hash } = hashing(seed)
    const found = new Uint32Array(count)
    const mask = count / 4 - 1
    for (let d = 0, length = 0; length < count; d++) if ((hash(0, 0, 0xffff, d) & mask) < 128) found[length++] = d
    return found
  }

  /** Of the processor, the best of five. */
  function milliseconds(lastWords: Uint32Array, seed: number): number {
    const times = [1, 2, 3, 4, 5].map(() => {
      const room = openRoom()
      const batch = createFlowBatch(BATCH_SIZE, room.allocate)
      batch.srcAddr.fill(0)
      const list = createFlowList(room)
      const hosts = createHosts(room, seed)
      const began = process.cpuUsage()
      for (let from = 0; from < lastWords.length; from += BATCH_SIZE) {
        list.length = Math.min(BATCH_SIZE, lastWords.length - from)
        for (let i = 0; i < list.length; i++) {
          list.flows[i] = i
          batch.srcAddr[i * 4 + 2] = 0xffff
          batch.srcAddr[i * 4 + 3] = lastWords[from + i]!
        }
        hosts.add(batch.srcAddr, list, 0, batch)
      }
      const { user, system } = process.cpuUsage(began)
      room.close()
      return (user + system) / 1000
    })
    return Math.min(...times)
  }
})

function inbound(address: Address, octets: number): Flow {
  return { address, way: 'in', octets, packets: 1, flows: 1 }
}
