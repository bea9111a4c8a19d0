import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Accumulation, createAccumulator } from '../../ingest/aggregate/accumulate.ts'
import { activeDimensions } from '../../ingest/classify/index.ts'
import { parseConfig } from '../../ingest/config/load.ts'
import type { Config, ConfigInput } from '../../ingest/config/schema.ts'
import { parseAddress } from '../../ingest/model/address.ts'
import { addCounters, type Counter } from '../../ingest/model/counter.ts'
import { DIRECTIONS } from '../../ingest/model/direction.ts'
import { BATCH_SIZE, createFlowBatch, type FlowBatch, UNKNOWN } from '../../ingest/model/flow-batch.ts'
import { type Counts, MEASURES } from '../../ingest/model/measure.ts'
import type { CellCounts } from '../../ingest/model/part.ts'
import { NAMED_FROM } from '../../ingest/model/quality.ts'

interface Flow {
  src: string
  dst: string
  srcPort: number
  dstPort: number
  protocol: number
  tos: number
  srcAs: number
  octets: number
  packets: number
  flows: number
  startMs: number
  endMs: number
  exporter: number
  scaled: number
}

const SLOT = Date.UTC(2026, 10, 23, 16, 35) / 1000
const SLOT_MS = SLOT * 1000
const EXPORTERS = ['127.0.0.2', '127.0.0.3', '127.0.0.9']
const flow: Flow = {
  src: '192.0.2.1',
  dst: '198.51.100.1',
  srcPort: 40_000,
  dstPort: 80,
  protocol: 6,
  tos: 0,
  srcAs: 0,
  octets: 1000,
  packets: 10,
  flows: 1,
  startMs: SLOT_MS,
  endMs: SLOT_MS + 1000,
  exporter: 0,
  scaled: 0,
}

function config(more: Partial<ConfigInput> = {}): Config {
  const given: ConfigInput = {
    subnets: ['198.51.100.0/24', '2001:db8::/32'],
    networks: { campus: '198.51.100.0/24', servers: '198.51.100.0/28', labs: '2001:db8:1::/48' },
    services: { web: '80/tcp', dns: '53/udp' },
    protocols: { tcp: 6, udp: 17 },
    tos: { normal: 0 },
    asNumbers: { alpha: 64500 },
    routers: { edge: '127.0.0.2', core: '127.0.0.3' },
    ...more,
  }
  return parseConfig(given, '/flowscan.config.ts').config
}

function accumulate(flows: readonly Partial<Flow>[], under: Config = config(), seed = 1): Accumulation {
  const accumulator = createAccumulator(under, SLOT, seed)
  accumulator.add(batchOf(flows), EXPORTERS)
  const found = accumulator.finish()
  accumulator.close()
  return found
}

function batchOf(flows: readonly Partial<Flow>[]): FlowBatch {
  const batch = createFlowBatch()
  for (const [i, given] of flows.entries()) {
    const one = { ...flow, ...given }
    batch.srcAddr.set(parseAddress(one.src)!, i * 4)
    batch.dstAddr.set(parseAddress(one.dst)!, i * 4)
    for (const column of [
      'srcPort',
      'dstPort',
      'protocol',
      'tos',
      'srcAs',
      'octets',
      'packets',
      'flows',
      'startMs',
      'endMs',
      'exporter',
      'scaled',
    ] as const) {
      batch[column][i] = one[column]
    }
  }
  batch.length = flows.length
  return batch
}

/** Octets, packets, flows of a cell by slot (relative to the file's) and direction. */
function counts(found: Accumulation, cell: string): { [slotAndDirection: string]: readonly number[] } {
  const toNumbers = (values: Readonly<Counts>) => values.map(Number)
  const entries = found.slots.flatMap(({ slot, cells }) =>
    Object.entries(cells[cell] ?? {}).map(
      ([direction, values]) => [`${(slot - SLOT) / 300} ${direction}`, toNumbers(values)] as const,
    ),
  )
  return Object.fromEntries(entries)
}

describe('spreading', () => {
  test.each([
    { name: 'a flow within a slot stays in it', given: {}, expected: { '0 in': [1000, 10, 1] } },
    {
      name: 'half before the slot counts before, the flow where it ended',
      given: { startMs: SLOT_MS - 150_000, endMs: SLOT_MS + 150_000 },
      expected: { '-1 in': [500, 5, 0], '0 in': [500, 5, 1] },
    },
    {
      name: 'what does not divide goes on to the last slot',
      given: { octets: 1001, packets: 1, startMs: SLOT_MS - 150_000, endMs: SLOT_MS + 150_000 },
      expected: { '-1 in': [500, 0, 0], '0 in': [501, 1, 1] },
    },
    {
      name: 'a flow that ends on the edge counts as a flow behind it',
      given: { startMs: SLOT_MS - 300_000, endMs: SLOT_MS },
      expected: { '-1 in': [1000, 10, 0], '0 in': [0, 0, 1] },
    },
    {
      name: 'a flow may end ten minutes after the start of the slot',
      given: { startMs: SLOT_MS + 600_000, endMs: SLOT_MS + 600_000 },
      expected: { '2 in': [1000, 10, 1] },
    },
    {
      name: 'later is absurd and counts in the slot',
      given: { startMs: SLOT_MS + 600_001, endMs: SLOT_MS + 600_001 },
      expected: { '0 in': [1000, 10, 1] },
    },
    { name: '1970 is absurd', given: { startMs: 0, endMs: 0 }, expected: { '0 in': [1000, 10, 1] } },
    {
      name: '67: the end of 32 bits of seconds is absurd',
      given: { startMs: SLOT_MS, endMs: (2 ** 32 - 1) * 1000 },
      expected: { '0 in': [1000, 10, 1] },
    },
    {
      name: '67: so are fifty years ahead',
      given: { startMs: SLOT_MS + 50 * 365 * 86_400_000, endMs: SLOT_MS + 50 * 365 * 86_400_000 },
      expected: { '0 in': [1000, 10, 1] },
    },
    {
      name: '63: more packets than octets count as the router told them',
      given: { octets: 1, packets: 10 },
      expected: { '0 in': [1, 10, 1] },
    },
    {
      name: 'a flow that ends before it starts has no duration',
      given: { startMs: SLOT_MS + 9000, endMs: SLOT_MS - 1000 },
      expected: { '-1 in': [1000, 10, 1] },
    },
  ])('$name', ({ given, expected }) => {
    expect(counts(accumulate([given]), 'total')).toEqual(expected)
  })

  test('longer than a day is spread over the last day', () => {
    const found = accumulate([{ octets: 288_000, packets: 288, startMs: SLOT_MS - 40 * 86_400_000, endMs: SLOT_MS }])
    expect(found.overlong).toBe(1)
    expect(found.slots).toHaveLength(289)
    expect(found.slots.slice(0, 288).every(({ cells }) => cells.total!.in![0] === 1000)).toBe(true)
  })

  test('70: of 400 days no octet counts twice, and the flow once', () => {
    const found = accumulate([{ startMs: SLOT_MS - 400 * 86_400_000, endMs: SLOT_MS }])
    expect(found).toMatchObject({ overlong: 1, octets: 1000, packets: 10, flows: 1 })
    const sums = Object.values(counts(found, 'total')).reduce((sum, each) => sum.map((value, at) => value + each[at]!))
    expect(sums).toEqual([1000, 10, 1])
    expect([found.slots[0]!.slot, found.slots.length]).toEqual([SLOT - 86_400, 289])
  })

  test('skewed, reversed and implausible flows are counted as such; implausible ones are left out', () => {
    const found = accumulate([
      { startMs: 0, endMs: 0 },
      { startMs: SLOT_MS + 1, endMs: SLOT_MS },
      { octets: 2 ** 41 },
      { octets: 2 ** 41, startMs: SLOT_MS - 3_600_000 },
    ])
    expect(found).toMatchObject({ skewed: 1, reversed: 1, implausible: 1, flows: 3, octets: 2000 + 2 ** 41 })
  })

  test.each([
    { name: 'that of the newest flow', ends: [SLOT_MS - 7, SLOT_MS + 299_000, SLOT_MS + 5], newest: SLOT_MS + 299_000 },
    { name: 'ahead of the slot', ends: [SLOT_MS + 600_000, SLOT_MS], newest: SLOT_MS + 600_000 },
    { name: 'whatever others that are absurd say', ends: [SLOT_MS + 700_000, SLOT_MS - 7, 0], newest: SLOT_MS - 7 },
    {
      name: 'of flows that are all absurd, the one nearest to the slot',
      ends: [0, SLOT_MS + 3_600_000, SLOT_MS + 3_500_000, (2 ** 32 - 1) * 1000],
      newest: SLOT_MS + 3_500_000,
    },
    {
      name: 'of two that are as near, the later',
      ends: [SLOT_MS + 90_000_000, SLOT_MS - 90_000_000, SLOT_MS + 90_000_000],
      newest: SLOT_MS + 90_000_000,
    },
    { name: 'behind by more than a day', ends: [0, SLOT_MS - 90_000_000], newest: SLOT_MS - 90_000_000 },
  ])('of each exporter it is kept when its flows ended: $name', ({ ends, newest }) => {
    const found = accumulate([
      { startMs: SLOT_MS, endMs: SLOT_MS + 1, exporter: 1 },
      ...ends.map((endMs) => ({ startMs: endMs, endMs })),
    ])
    expect(Object.values(found.exporters).map(({ newestEndMs }) => newestEndMs)).toEqual([
      newest,
      SLOT_MS + 1,
      undefined,
    ])
  })

  test("timing 'export' counts all in the file's slot", () => {
    expect(counts(accumulate([{ startMs: SLOT_MS - 150_000 }], config({ timing: 'export' })), 'total')).toEqual({
      '0 in': [1000, 10, 1],
    })
  })
})

test('74: every address counts, however odd', () => {
  const odd = ['::', '0.0.0.0', '255.255.255.255', '224.0.0.1', 'ff02::1', '::1', '127.0.0.1', '198.51.100.1']
  const flows = odd.flatMap((src) => odd.map((dst) => ({ src, dst })))
  const found = accumulate(flows)
  expect(found).toMatchObject({ flows: flows.length, octets: 1000 * flows.length, implausible: 0 })
  // One address is ours, two are groups, to which strangers send inwards.
  expect(found.flowsByDirection).toEqual({ in: 7 * 3, out: 7, internal: 1, transit: 7 * 5 })
})

describe('sampling', () => {
  const sampled = { routers: { edge: { addresses: '127.0.0.2', sampleRate: 100 } } }
  test.each([
    { name: 'multiplies raw counters but not flows', given: {}, more: sampled, expected: [100_000, 1000, 1] },
    {
      name: 'leaves counters alone that the collector multiplied',
      given: { scaled: 1 },
      more: sampled,
      expected: [1000, 10, 1],
    },
    { name: 'leaves other exporters alone', given: { exporter: 1 }, more: sampled, expected: [1000, 10, 1] },
    {
      name: 'multiplies flows too as CUFlow did',
      given: {},
      more: { ...sampled, compat: 'cuflow' as const },
      expected: [100_000, 1000, 100],
    },
  ])('$name', ({ given, more, expected }) => {
    expect(counts(accumulate([given], config(more)), 'total')).toEqual({ '0 in': expected })
  })
})

test('where a router is marked as border, the others count for routers only', () => {
  const routers = { edge: { addresses: '127.0.0.2', border: true }, core: '127.0.0.3' }
  const found = accumulate([{ exporter: 0 }, { exporter: 1, src: '192.0.2.77' }], config({ routers }))
  expect(counts(found, 'total')).toEqual({ '0 in': [1000, 10, 1] })
  expect(counts(found, 'service/web')).toEqual({ '0 in': [1000, 10, 1] })
  expect(counts(found, 'router/core')).toEqual({ '0 in': [1000, 10, 1] })
  expect(counts(found, 'router/core,service/web')).toEqual({ '0 in': [1000, 10, 1] })
  expect(found.hosts.outside.rows.map(([address]) => address)).toEqual(['192.0.2.1'])
  expect(found.flows).toBe(2)
})

test('pairs take the direction of the network where there is one', () => {
  const found = accumulate([{ src: '198.51.100.99', dst: '198.51.100.1' }])
  expect(counts(found, 'network/campus,service/web')).toEqual({ '0 internal': [1000, 10, 1] })
  expect(counts(found, 'network/servers,service/web')).toEqual({ '0 in': [1000, 10, 1] })
  expect(counts(found, 'router/edge,service/web')).toEqual({ '0 internal': [1000, 10, 1] })
})

describe('hosts', () => {
  test('count what crosses the border, in and out apart, for both ends', () => {
    const found = accumulate([
      {},
      { src: '198.51.100.1', dst: '192.0.2.9', octets: 7 },
      { src: '198.51.100.1', dst: '198.51.100.2' },
    ])
    expect(found.hosts.inside.rows).toEqual([['198.51.100.1', 1000, 10, 1, 7, 10, 1]])
    expect(found.hosts.outside.rows).toEqual([
      ['192.0.2.1', 1000, 10, 1, 0, 0, 0],
      ['192.0.2.9', 0, 0, 0, 7, 10, 1],
    ])
    expect(found.hosts.networks).toEqual({
      campus: found.hosts.inside && { ...found.hosts.inside, kept: 10 },
      servers: { ...found.hosts.inside, kept: 10 },
    })
  })

  test("a multicast group is nobody's host", () => {
    expect(accumulate([{ dst: '239.1.1.1' }]).hosts.inside.rows).toEqual([])
  })

  test('keeps the first by each counter; equal ones by address', () => {
    const flows = Array.from({ length: 50 }, (_, n) => ({
      dst: `198.51.100.${n}`,
      octets: 50 - n,
      packets: n,
      flows: 1,
    }))
    const { inside } = accumulate(flows, config({ scoreboard: { keep: 2 } })).hosts
    expect(inside.distinct).toBe(50)
    expect(inside.rows.map(([address]) => address)).toEqual([
      '198.51.100.0',
      '198.51.100.1',
      '198.51.100.48',
      '198.51.100.49',
    ])
  })
})

const anyFlow = fc.record({
  src: fc.constantFrom('192.0.2.1', '198.51.100.1', '198.51.100.77', '2001:db8:1::5', '2001:db9::1'),
  dst: fc.constantFrom('192.0.2.2', '198.51.100.1', '198.51.100.78', '2001:db8:2::5', '224.0.0.1', 'ff02::1'),
  srcPort: fc.constantFrom(80, 53, 40_000),
  dstPort: fc.constantFrom(80, 53, 40_000),
  protocol: fc.constantFrom(6, 17, 50),
  tos: fc.constantFrom(0, 8),
  srcAs: fc.constantFrom(0, 64500),
  octets: fc.nat({ max: 2 ** 40 }),
  packets: fc.nat({ max: 2 ** 31 - 1 }),
  flows: fc.constantFrom(0, 1, 30),
  startMs: fc.integer({ min: SLOT_MS - 100_000_000, max: SLOT_MS + 700_000 }),
  endMs: fc.integer({ min: SLOT_MS - 100_000_000, max: SLOT_MS + 700_000 }),
  exporter: fc.constantFrom(0, 1, 2),
  scaled: fc.constantFrom(0, 1),
})

/** Sums over members, by slot, direction and measure, in BigInt: an adding machine of its own. */
function sumOf(found: Accumulation, wanted: (cell: string) => boolean): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const { slot, cells } of found.slots) {
    for (const [cell, byDirection] of Object.entries(cells)) {
      if (!wanted(cell)) continue
      for (const [direction, values] of Object.entries(byDirection as CellCounts)) {
        for (const [measure, value] of values.entries()) {
          if (value > 0)
            sums.set(
              `${slot} ${direction} ${measure}`,
              (sums.get(`${slot} ${direction} ${measure}`) ?? 0n) + BigInt(value),
            )
        }
      }
    }
  }
  return sums
}

test.each(['none', 'cuflow'] as const)(
  'members and other add up to the total in every slot, direction and measure (compat %s)',
  (compat) => {
    const under = config({ compat })
    fc.assert(
      fc.property(fc.array(anyFlow, { minLength: 1, maxLength: 30 }), (flows) => {
        const found = accumulate(flows, under)
        const total = sumOf(found, (cell) => cell === 'total')
        const exclusive = activeDimensions(under).filter(
          ({ ownDirection, name }) => ownDirection !== true && !name.startsWith('service-'),
        )
        for (const { name } of exclusive)
          expect(sumOf(found, (cell) => cell.startsWith(`${name}/`) && !cell.includes(','))).toEqual(total)
        expect(sumOf(found, (cell) => cell.startsWith('router/') && cell.includes(',protocol/'))).toEqual(total)
      }),
      { seed: 2, numRuns: 300 },
    )
  },
)

test('spreading adds up to what the file says, to the last octet', () => {
  fc.assert(
    fc.property(fc.array(anyFlow, { minLength: 1, maxLength: 30 }), (flows) => {
      const found = accumulate(flows)
      const sums = [0n, 0n, 0n]
      for (const { cells } of found.slots)
        for (const values of Object.values(cells.total!))
          for (const [at, value] of values.entries()) sums[at]! += BigInt(value)
      expect(found.implausible).toBe(0)
      for (const [at, measure] of (['octets', 'packets', 'flows'] as const).entries()) {
        expect(sums[at]).toBe(flows.reduce((sum, each) => sum + BigInt(each[measure]), 0n))
        expect(BigInt(found[measure])).toBe(sums[at])
      }
      expect(DIRECTIONS.reduce<Counter>((sum, way) => addCounters(sum, found.flowsByDirection[way]), 0)).toBe(
        found.flows,
      )
    }),
    { seed: 3, numRuns: 300 },
  )
})

test('the result depends neither on the seed nor on the order of flows', () => {
  fc.assert(
    fc.property(fc.array(anyFlow, { minLength: 2, maxLength: 30 }), fc.integer(), (flows, seed) => {
      expect(accumulate(flows.toReversed(), config(), seed)).toEqual(accumulate(flows))
    }),
    { seed: 4, numRuns: 200 },
  )
})

function addUp(values: readonly Counter[]): bigint {
  return values.reduce<bigint>((sum, value) => sum + BigInt(value), 0n)
}

/** As much as a line of 400 Gb/s carries in the flow's time, a day at most. */
const anyLarge = anyFlow.chain((given) => {
  const most = Math.max(2 ** 40, Math.min(86_400_000, Math.max(0, given.endMs - given.startMs)) * 50_000_000)
  const counter = fc.oneof(fc.integer({ min: 0, max: most }), fc.constant(most))
  return fc.record({ octets: counter, packets: counter, flows: counter }).map((counters) => ({ ...given, ...counters }))
})

test('case 64: what adds up to more than 2^53 is exact: totals, cells, hosts, exporters', () => {
  let large = 0
  fc.assert(
    fc.property(fc.array(anyLarge, { minLength: 10, maxLength: 30, size: 'max' }), (some) => {
      const flows = some.map((each) => ({ ...each, scaled: 1 }))
      const under = config({ timing: flows.length % 2 === 0 ? 'spread' : 'export' })
      const found = accumulate(flows, under)
      if (typeof found.octets === 'bigint') large++
      expect(found.implausible).toBe(0)
      for (const [at, measure] of MEASURES.entries()) {
        const sum = addUp(flows.map((each) => each[measure]))
        expect(BigInt(found[measure])).toBe(sum)
        const cells = found.slots.flatMap((slot) => Object.values(slot.cells.total!))
        expect(addUp(cells.map((values) => values[at]!))).toBe(sum)
      }
      for (const counted of [
        Object.values(found.flowsByDirection),
        Object.values(found.exporters).map((each) => each.flows),
      ])
        expect(addUp(counted)).toBe(BigInt(found.flows))
      for (const name of ['service/', 'protocol/', 'tos/', 'as/', 'router/'])
        expect(sumOf(found, (cell) => cell.startsWith(name) && !cell.includes(','))).toEqual(
          sumOf(found, (cell) => cell === 'total'),
        )
      expect(accumulate(flows.toReversed(), under, 9)).toEqual(found)
    }),
    { seed: 5, numRuns: 30 },
  )
  expect(large).toBeGreaterThan(10)
})

test('case 64: one batch after the other carries on', () => {
  const accumulator = createAccumulator(config({ timing: 'export' }), SLOT, 1)
  const most = 86_400_000 * 50_000_000 - 1
  const batch = batchOf(
    Array.from({ length: 4096 }, () => ({ octets: most, startMs: SLOT_MS - 86_400_000, endMs: SLOT_MS })),
  )
  for (let times = 0; times < 3; times++) accumulator.add(structuredClone(batch), EXPORTERS)
  const { octets, hosts, slots } = accumulator.finish()
  accumulator.close()
  const all = 3n * 4096n * BigInt(most)
  expect([octets, hosts.inside.rows[0]![1], hosts.outside.rows[0]![1]]).toEqual([all, all, all])
  expect(addUp(slots.map(({ cells }) => cells['network/servers,service/web']!.in![0]))).toBe(all)
})

test('case 63: more packets than octets count as they are, and are told', () => {
  const found = accumulate([
    { octets: 10, packets: 11 },
    { octets: 10, packets: 10 },
    { octets: 0, packets: 1 },
  ])
  expect(found).toMatchObject({ undersized: 2, octets: 20, packets: 22, flows: 3, implausible: 0 })
})

test.each([
  { name: 'from a host to itself is internal', src: '198.51.100.1', dst: '198.51.100.1', direction: 'internal' },
  { name: 'both inside is internal', src: '198.51.100.1', dst: '2001:db8:1::1', direction: 'internal' },
  { name: 'both outside is transit', src: '192.0.2.1', dst: '192.0.2.1', direction: 'transit' },
] as const)('case 75: a flow $name, once, and on no list of hosts', ({ src, dst, direction }) => {
  const found = accumulate([{ src, dst }])
  expect(counts(found, 'total')).toEqual({ [`0 ${direction}`]: [1000, 10, 1] })
  expect(found.flowsByDirection).toEqual({ in: 0, out: 0, internal: 0, transit: 0, [direction]: 1 })
  expect([found.hosts.inside.rows, found.hosts.outside.rows]).toEqual([[], []])
  const total = sumOf(found, (cell) => cell === 'total')
  for (const name of ['service/', 'protocol/', 'tos/', 'as/', 'router/'])
    expect(sumOf(found, (cell) => cell.startsWith(name) && !cell.includes(','))).toEqual(total)
})

test.each(['octets', 'packets', 'flows'] as const)(
  'a record of more %s than a line carries is left out, sampled or not',
  (measure) => {
    const day = { startMs: SLOT_MS - 86_400_000, endMs: SLOT_MS }
    const most = 86_400_000 * 50_000_000
    const sampled = config({ routers: { edge: { addresses: '127.0.0.2', sampleRate: 1_000_000 } }, compat: 'cuflow' })
    expect(accumulate([{ ...day, [measure]: most }]).implausible).toBe(0)
    expect(accumulate([{ ...day, [measure]: most + 1 }])).toMatchObject({
      implausible: 1,
      octets: 0,
      packets: 0,
      flows: 0,
    })
    expect(accumulate([{ ...day, [measure]: most / 1e6 }], sampled).implausible).toBe(0)
    expect(accumulate([{ ...day, [measure]: most / 1e6 + 1 }], sampled).implausible).toBe(1)
  },
)

describe('what fell into other', () => {
  const strangers: readonly Partial<Flow>[] = [
    { srcPort: 50_000, dstPort: 4662, octets: 5000 },
    { src: '198.51.100.1', dst: '192.0.2.1', srcPort: 4662, dstPort: 50_001, octets: 700 },
    { srcPort: 0, dstPort: 9999, protocol: 17, octets: 300 },
    { srcPort: 0, dstPort: 2048, protocol: 1, octets: 60 },
    { protocol: 47, srcPort: 0, dstPort: 0, srcAs: 65_551, octets: 90 },
    { protocol: UNKNOWN, tos: UNKNOWN, octets: 10 },
    { tos: 184, dstPort: 80, octets: 8 },
    // Of a router that does not count where others are at the border.
    { srcPort: 50_000, dstPort: 7777, exporter: 1, octets: 1e9 },
  ]
  const routers = { edge: { addresses: '127.0.0.2', border: true }, core: '127.0.0.3' }

  test('is told by what the config would have to name, the busiest first', () => {
    expect(accumulate(strangers, config({ routers })).unnamed).toEqual({
      service: [
        ['4662/tcp', 5700],
        ['9999/udp', 300],
      ],
      protocol: [
        ['47', 90],
        ['1', 60],
      ],
      as: [['65551', 90]],
      tos: [['184', 8]],
    })
  })

  test('is no longer there when the config names it so', () => {
    const named = accumulate(
      strangers,
      config({
        routers,
        services: { web: '80/tcp', x: '4662/tcp', y: '9999/udp' },
        protocols: { tcp: 6, udp: 17, x: '47', y: '1' },
        asNumbers: { x: '65551' },
        tos: { normal: 0, x: '184' },
      }),
    )
    expect(named.unnamed).toEqual({ service: [], protocol: [], as: [], tos: [] })
  })

  test('is looked for among the first flows of a file, so that a huge one costs no more', () => {
    const accumulator = createAccumulator(config(), SLOT, 1)
    const many = batchOf(Array.from({ length: BATCH_SIZE }, () => ({ dstPort: 4662 })))
    for (let n = 0; n < NAMED_FROM / BATCH_SIZE + 2; n++)
      accumulator.add({ ...many, octets: many.octets.slice() }, EXPORTERS)
    expect(accumulator.finish().unnamed.service).toEqual([['4662/tcp', NAMED_FROM * 1000]])
    accumulator.close()
  })
})
