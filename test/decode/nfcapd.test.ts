import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../../ingest/decode/bytes.ts'
import type { Codec } from '../../ingest/decode/codecs.ts'
import { decodeFlowFile } from '../../ingest/decode/index.ts'
import { readShortHeader, SHORT_HEADER_LENGTH } from '../../ingest/decode/nfcapd-block-header.ts'
import { readBlocks } from '../../ingest/decode/nfcapd-blocks.ts'
import { createRecordReader } from '../../ingest/decode/nfcapd-v2-records.ts'
import { createWarnings } from '../../ingest/decode/warnings.ts'
import { DecodeError } from '../../ingest/model/errors.ts'
import {
  BATCH_SIZE,
  createFlowBatch,
  type FlowBatch,
  type FlowFileSummary,
  type FlowsSoFar,
} from '../../ingest/model/flow-batch.ts'
import { openRoom } from '../../ingest/model/heap.ts'
import {
  block,
  block3,
  decode,
  element,
  file1,
  file2,
  file3,
  flow1,
  flow2,
  flow3,
  flows3,
  GENERIC,
  genericValue,
  IPV4,
  IPV4_VALUE,
  IPV6,
  IPV6_VALUE,
  lz4,
  lzo,
  map1,
  pack,
  START_MS,
  zstd,
} from './nfcapd-file.ts'
import { inChunks } from './rows.ts'

const FIXTURES = new URL('../fixtures/nfcapd/', import.meta.url).pathname
const ONE = {
  src: '192.0.2.1',
  dst: '198.51.100.2',
  srcPort: 1024,
  dstPort: 443,
  protocol: 6,
  octets: 700,
  packets: 7,
  flows: 1,
  exporter: '0.0.0.0',
  scaled: 0,
  reverse: 0,
  startMs: START_MS,
  srcAs: 0,
  ingress: 0,
}
const generic3: readonly [number, Buffer] = [1, genericValue()]
const ipv4in3: readonly [number, Buffer] = [2, IPV4_VALUE]

describe('the same flow in each layout', () => {
  const exporterIPv4 = pack([4, 0xc000_02fe])
  const interfaces = pack([4, 11], [4, 12])
  const as = pack([4, 65_551], [4, 64_500])
  const misc = Buffer.concat([interfaces, Buffer.alloc(8)])
  test.each([
    {
      name: '1',
      bytes: file1([
        block(
          Buffer.concat([map1(0, [5, 7, 23]), flow1({ extensions: Buffer.concat([interfaces, as, exporterIPv4]) })]),
          { records: 2, type: 2 },
        ),
      ]),
    },
    {
      name: '2',
      bytes: file2([block(flow2([element(4, misc), element(12, exporterIPv4), IPV4, element(7, as), GENERIC]))]),
    },
    {
      name: '3',
      bytes: file3([block3(flows3([flow3([generic3, ipv4in3, [4, interfaces], [8, as], [11, exporterIPv4]])]))]),
    },
  ])('layout $name', async ({ bytes }) => {
    const { rows, summary } = await decode(bytes)
    expect(rows).toEqual([{ ...ONE, exporter: '192.0.2.254', srcAs: 65_551, ingress: 11 }])
    expect(summary).toMatchObject({ complete: true, records: 1, implausible: 0, warnings: [] })
  })

  test.each([
    { name: '2', bytes: file2([block(flow2([GENERIC, IPV6]))]) },
    { name: '3', bytes: file3([block3(flows3([flow3([generic3, [3, IPV6_VALUE]])]))]) },
  ])('IPv6 in layout $name', async ({ bytes }) => {
    expect((await decode(bytes)).rows).toEqual([{ ...ONE, src: '2001:db8::1', dst: '2001:db8::2' }])
  })
})

test.each([
  { name: '2', bytes: (words: Buffer) => file2([block(flow2([GENERIC, element(3, words)]))]) },
  { name: '3', bytes: (words: Buffer) => file3([block3(flows3([flow3([generic3, [3, words]])]))]) },
])('73: IPv4 written as mapped IPv6 is IPv4, layout $name', async ({ bytes }) => {
  const mapped = pack([8, 0], [8, 0xffff_c000_0201n], [8, 0], [8, 0xffff_c633_6402n])
  expect((await decode(bytes(mapped))).rows).toEqual([ONE])
})

test.each([
  {
    name: '1',
    bytes: (last: Buffer) =>
      file1([block(Buffer.concat([map1(0, [5]), flow1({ extensions: last })]), { records: 2, type: 2 })]),
  },
  {
    name: '2',
    bytes: (last: Buffer) => file2([block(flow2([GENERIC, IPV4, element(4, Buffer.concat([last, Buffer.alloc(8)]))]))]),
  },
  { name: '3', bytes: (last: Buffer) => file3([block3(flows3([flow3([generic3, ipv4in3, [4, last]])]))]) },
])('76: the last interface there is, layout $name', async ({ bytes }) => {
  const last = pack([4, 2 ** 32 - 1], [4, 2 ** 32 - 1])
  expect((await decode(bytes(last))).rows).toEqual([{ ...ONE, ingress: 2 ** 32 - 1 }])
})

describe('who sent a flow that does not say, by the number of its exporter', () => {
  const exporter = (family: number, ip: Buffer) =>
    Buffer.concat([pack([2, 7], [2, 32], [4, 9]), ip, pack([2, family], [2, 5], [4, 0])])
  const records = [
    {
      name: 'IPv4 in host order (up to 1.7.7)',
      record: exporter(2, pack([8, 0], [4, 0], [4, 0x7f00_0002])),
      address: '127.0.0.2',
    },
    {
      name: 'IPv6 in host order (up to 1.7.7)',
      record: exporter(10, pack([8, 0x2001_0db8_0000_0000n], [8, 9])),
      address: '2001:db8::9',
    },
    {
      name: 'in network order (from 1.7.8)',
      record: exporter(0, Buffer.from('00000000000000000000ffff7f000002', 'hex')),
      address: '127.0.0.2',
    },
    {
      name: 'IPv6 in network order (from 1.7.8)',
      record: exporter(0, Buffer.from('20010db8000000000000000000000009', 'hex')),
      address: '2001:db8::9',
    },
  ]
  test.each(records)('$name', async ({ record, address }) => {
    const flows = Buffer.concat([
      flow2([GENERIC, IPV4], { sysId: 5 }),
      record,
      flow2([GENERIC, IPV4], { sysId: 5 }),
      flow2([GENERIC, IPV4], { sysId: 6 }),
    ])
    const { rows } = await decode(file2([block(flows, { records: 4 })]))
    expect(rows.map((row) => row.exporter)).toEqual(['0.0.0.0', address, '0.0.0.0'])
    const inLayout1 = Buffer.concat([record, map1(0, []), flow1({ sysId: 5 })])
    expect((await decode(file1([block(inLayout1, { records: 3, type: 2 })]))).rows).toEqual([
      { ...ONE, exporter: address },
    ])
  })
})

test('exporters whose IPv6 addresses differ in one word are two', async () => {
  const flows = [1, 1, 2, 1].map((host) =>
    flow2([GENERIC, IPV4, element(13, pack([8, 0x2001_0db8_0000_0000n], [8, host]))]),
  )
  const { rows } = await decode(file2([block(Buffer.concat(flows), { records: 4 })]))
  expect(rows.map(({ exporter }) => exporter)).toEqual(['2001:db8::1', '2001:db8::1', '2001:db8::2', '2001:db8::1'])
})

describe('files that are read at the same time in one thread, a block of each in turn', () => {
  const sentBy = (host: number) => block(flow2([GENERIC, IPV4, element(12, pack([4, 0xc000_0200 + host]))]))

  test('each keeps its own exporters', async () => {
    const hosts = [
      [1, 2, 1, 2],
      [2, 3, 2, 3],
    ]
    const decoded = await Promise.all(hosts.map((numbers) => decode(file2(numbers.map(sentBy)))))
    for (const [at, { rows }] of decoded.entries())
      expect(rows.map(({ exporter }) => exporter)).toEqual(hosts[at]!.map((host) => `192.0.2.${host}`))
  })
})

test('what is left of a file that could not be counted is nobody else’s', async () => {
  const refuse = () => {
    throw new Error('no')
  }
  await expect(decodeFlowFile(inChunks(file2([block(flow2())]), 1000), refuse)).rejects.toThrow('no')
  expect((await decode(file2([]))).rows).toEqual([])
})

describe('into batches of somebody else', () => {
  const receivedAt = (ms: number) => {
    const value = genericValue()
    value.writeBigUInt64LE(BigInt(ms), 16)
    return block(flow2([element(1, value), IPV4]))
  }

  test('flows of several blocks come together; what is known with the first is the same', async () => {
    const bytes = file2([...[0, 5, 7].map(receivedAt), ...new Array(9).fill(receivedAt(7))])
    const { allocate, close } = openRoom()
    const emitted = async (nextBatch?: () => FlowBatch) => {
      const found: { length: number; firstExportMs: number | null }[] = []
      const emit = ({ length }: FlowBatch, { firstExportMs }: FlowsSoFar) => found.push({ length, firstExportMs })
      await decodeFlowFile(inChunks(bytes, 1000), nextBatch ? Object.assign(emit, { nextBatch }) : emit)
      return found
    }
    const [here, elsewhere] = [await emitted(), await emitted(() => createFlowBatch(BATCH_SIZE, allocate))]
    close()
    expect(here.map(({ length }) => length)).toEqual(new Array(12).fill(1))
    expect(elsewhere.map(({ length }) => length)).toEqual([1, 11])
    expect(elsewhere[0]).toEqual(here[0])
    expect(here[0]!.firstExportMs).toBe(null)
    expect(elsewhere.at(-1)).toMatchObject({ firstExportMs: 5 })
  })
})

describe('what a record stands for', () => {
  test.each([
    {
      name: 'layout 1',
      bytes: file1([block(Buffer.concat([map1(0, []), flow1({ flags: 128 })]), { records: 2, type: 2 })]),
    },
    { name: 'layout 2', bytes: file2([block(flow2([GENERIC, IPV4], { flags: 2 }))]) },
    { name: 'layout 3', bytes: file3([block3(flows3([flow3([generic3, ipv4in3], { flags: 2 })]))]) },
  ])('counters already multiplied by the sampling rate, $name', async ({ bytes }) => {
    expect((await decode(bytes)).rows).toEqual([{ ...ONE, scaled: 1 }])
  })

  const router = Buffer.concat([
    pack([2, 7], [2, 32], [4, 9], [8, 0], [4, 0], [4, 0x7f00_0002], [2, 2], [2, 5], [4, 0]),
  ])
  const flowsOfRouter = [flow2([GENERIC, IPV4], { sysId: 5 }), flow2([GENERIC, IPV4], { sysId: 5, flags: 2 }), flow2()]
  const oldSampler = pack([2, 9], [2, 16], [4, 7], [4, 100], [2, 1], [2, 5])
  const newSampler = pack([2, 15], [2, 24], [2, 5], [2, 1], [8, 7], [4, 1], [4, 99])
  test.each([
    {
      name: 'layout 1',
      bytes: file1([
        block(
          Buffer.concat([
            router,
            oldSampler,
            map1(0, []),
            flow1({ sysId: 5 }),
            flow1({ sysId: 5, flags: 128 }),
            flow1(),
          ]),
          { records: 6, type: 2 },
        ),
      ]),
    },
    {
      name: 'layout 2, old form',
      bytes: file2([block(Buffer.concat([router, oldSampler, ...flowsOfRouter]), { records: 5 })]),
    },
    {
      name: 'layout 2, new form',
      bytes: file2([block(Buffer.concat([router, newSampler, ...flowsOfRouter]), { records: 5 })]),
    },
  ])('a router that samples, and a flow that was not multiplied, $name', async ({ bytes }) => {
    const { rows, warnings } = await decode(bytes)
    expect(rows.map(({ scaled }) => scaled)).toEqual([0, 1, 0])
    expect(warnings).toBe(
      '127.0.0.2 samples one packet in 100, but the counters of 1 of its flows are not multiplied; only a sampleRate in the config would do that',
    )
  })

  test('a sampler that looks at every packet, or at none, is none', async () => {
    const every = pack([2, 15], [2, 24], [2, 5], [2, 1], [8, 7], [4, 1], [4, 0])
    const none = pack([2, 15], [2, 24], [2, 5], [2, 1], [8, 7], [4, 0], [4, 99])
    const { warnings } = await decode(
      file2([block(Buffer.concat([every, none, flow2([GENERIC, IPV4], { sysId: 5 })]), { records: 3 })]),
    )
    expect(warnings).toBe('')
  })

  const counters = pack([8, 3], [8, 4], [8, 500])
  test.each([
    {
      name: 'layout 1',
      bytes: file1([
        block(Buffer.concat([map1(0, [15, 16, 18]), flow1({ extensions: pack([8, 4], [4, 500], [4, 3]) })]), {
          records: 2,
          type: 2,
        }),
      ]),
    },
    { name: 'layout 2', bytes: file2([block(flow2([GENERIC, IPV4, element(5, counters)]))]) },
    { name: 'layout 3', bytes: file3([block3(flows3([flow3([generic3, ipv4in3, [6, counters]])]))]) },
  ])('several flows, and the way back in a row of its own, $name', async ({ bytes }) => {
    const { rows, summary } = await decode(bytes)
    const back = {
      src: ONE.dst,
      dst: ONE.src,
      srcPort: 443,
      dstPort: 1024,
      octets: 500,
      packets: 4,
      flows: 0,
      reverse: 1,
    }
    expect(rows).toEqual([
      { ...ONE, flows: 3 },
      { ...ONE, ...back },
    ])
    expect(summary.records).toBe(1)
  })

  test.each([
    {
      name: 'layout 1',
      bytes: file1([block(Buffer.concat([map1(0, []), flow1({ flags: 64 }), flow1()]), { records: 3, type: 2 })]),
    },
    {
      name: 'layout 2',
      bytes: file2([block(Buffer.concat([flow2(), flow2([GENERIC, IPV4], { flags: 1 })]), { records: 2 })]),
    },
    {
      name: 'layout 3',
      bytes: file3([block3(flows3([flow3([generic3, ipv4in3], { flags: 1 }), flow3([generic3, ipv4in3])]))]),
    },
  ])('event records carry no traffic, $name', async ({ bytes }) => {
    const { rows, warnings } = await decode(bytes)
    expect(rows).toEqual([ONE])
    expect(warnings).toMatch(/^1 event records/)
  })

  test.each([
    {
      name: 'layout 1',
      bytes: file1([
        block(Buffer.concat([map1(0, [17]), flow1({ extensions: pack([8, 2n ** 64n - 1n]) }), map1(0, []), flow1()]), {
          records: 4,
          type: 2,
        }),
      ]),
    },
    {
      name: 'layout 2',
      bytes: file2([
        block(Buffer.concat([flow2([element(1, genericValue({ octets: 2n ** 64n - 1n })), IPV4]), flow2()]), {
          records: 2,
        }),
      ]),
    },
    {
      name: 'layout 2, way back',
      bytes: file2([
        block(Buffer.concat([flow2([GENERIC, IPV4, element(5, pack([8, 1], [8, 1], [8, 2n ** 53n]))]), flow2()]), {
          records: 2,
        }),
      ]),
    },
    {
      name: 'layout 3',
      bytes: file3([
        block3(flows3([flow3([[1, genericValue({ packets: 2n ** 53n })], ipv4in3]), flow3([generic3, ipv4in3])])),
      ]),
    },
  ])('62: a counter beyond 2^53 is left out and counted, $name', async ({ bytes }) => {
    const { rows, summary, warnings } = await decode(bytes)
    expect(rows).toEqual([ONE])
    expect(summary).toMatchObject({ records: 1, implausible: 1 })
    expect(warnings).toMatch(/1 records with counters beyond 2\^53/)
  })

  test('the greatest exact counter is taken', async () => {
    const { rows } = await decode(file2([block(flow2([element(1, genericValue({ octets: 2n ** 53n - 1n })), IPV4]))]))
    expect(rows).toEqual([{ ...ONE, octets: Number.MAX_SAFE_INTEGER }])
  })
})

describe('records of one size in different shapes', () => {
  test('elements in another order, with others between', async () => {
    const vlan = element(6, Buffer.alloc(8))
    const shapes = [
      [GENERIC, IPV4, vlan],
      [IPV4, GENERIC, vlan],
      [vlan, IPV4, GENERIC],
      [GENERIC, vlan, vlan],
    ]
    const flows = [0, 1, 2, 0, 3, 3, 1, 0, 0].map((shape) => flow2(shapes[shape]))
    const { rows } = await decode(file2([block(Buffer.concat(flows), { records: flows.length })]))
    expect(rows).toEqual(
      [0, 1, 2, 0, 3, 3, 1, 0, 0].map((shape) => (shape === 3 ? { ...ONE, src: '::', dst: '::' } : ONE)),
    )
  })

  test('elements and records of odd length', async () => {
    const flows = [
      flow2([element(28, Buffer.from('odd')), GENERIC, IPV4]),
      flow2(),
      flow2([GENERIC, element(30, Buffer.alloc(5)), IPV4]),
    ]
    const { rows, warnings } = await decode(file2([block(Buffer.concat(flows), { records: 3 })]))
    expect(rows).toEqual([ONE, ONE, ONE])
    expect(warnings).toBe('')
  })

  test('more flows than the queue and the batch hold, in order', async () => {
    const flows = Array.from({ length: 9000 }, (_, n) =>
      flow2([element(1, genericValue({ octets: BigInt(n) })), n % 3 === 0 ? IPV6 : IPV4]),
    )
    const { rows } = await decode(file2([block(Buffer.concat(flows), { records: 9000 })]))
    expect(rows.map(({ octets }) => octets)).toEqual(flows.map((_, n) => n))
    expect(rows.every(({ src }, n) => src === (n % 3 === 0 ? '2001:db8::1' : '192.0.2.1'))).toBe(true)
  })
})

describe('sizes and counts that cannot be true', () => {
  const good = block(flow2())
  const miscounted = (elements: number) => {
    const record = flow2()
    record.writeUInt16LE(elements, 4)
    return record
  }
  const cases: { name: string; bytes: Buffer; rows: number; warning: RegExp; complete?: boolean }[] = [
    {
      name: '40: record size 0',
      bytes: file2([good, block(Buffer.concat([flow2(), pack([2, 11], [2, 0]), flow2()]), { records: 3 })]),
      rows: 2,
      warning: /byte 128: in the block, at 76 of its 156 unpacked bytes: record of type 11 with 0 bytes/,
    },
    {
      name: '40: layout 1, record size 0',
      bytes: file1([
        block(Buffer.concat([map1(0, []), flow1(), pack([2, 10], [2, 0]), flow1()]), { records: 4, type: 2 }),
      ]),
      rows: 1,
      warning: /record of type 10 with 0 bytes/,
    },
    {
      name: '40: layout 3, record size 0',
      bytes: file3([block3(flows3([flow3([generic3, ipv4in3]), pack([2, 16], [2, 0]), flow3([generic3, ipv4in3])]))]),
      rows: 1,
      warning: /record of type 16 with 0 bytes/,
    },
    ...[
      { size: 0, name: '40: element size 0' },
      { size: 3, name: '41: element size 3' },
      { size: 5, name: '44: element beyond its record' },
    ].map(({ size, name }) => ({
      name,
      bytes: file2([
        block(Buffer.concat([flow2(), flow2([GENERIC, IPV4, pack([2, 99], [2, size])]), flow2()]), { records: 3 }),
      ]),
      rows: 3,
      warning: /^1 flow records hold another number of elements than they say: those found count$/,
    })),
    {
      name: '41: record size 1',
      bytes: file2([good, block(pack([2, 11], [2, 1]))]),
      rows: 1,
      warning: /record of type 11 with 1 bytes/,
    },
    {
      name: '41: record size 3',
      bytes: file2([good, block(pack([2, 11], [2, 3]))]),
      rows: 1,
      warning: /record of type 11 with 3 bytes/,
    },
    {
      name: '41: flow record of 8 bytes',
      bytes: file2([good, block(pack([2, 11], [2, 8], [4, 0]))]),
      rows: 1,
      warning: /1 flow records are too short/,
    },
    {
      name: '41: layout 1, flow record of 8 bytes',
      bytes: file1([
        block(Buffer.concat([map1(0, []), flow1(), pack([2, 10], [2, 8], [4, 0])]), { records: 3, type: 2 }),
      ]),
      rows: 1,
      warning: /1 flow records are too short/,
    },
    {
      name: '41: layout 1, extensions beyond the record',
      bytes: file1([
        block(Buffer.concat([map1(0, []), flow1(), map1(1, [20]), flow1({ mapId: 1 })]), { records: 4, type: 2 }),
      ]),
      rows: 1,
      warning: /1 flow records are too short/,
    },
    {
      name: '41: layout 3, offsets beyond the record',
      bytes: file3([
        block3(
          flows3([
            flow3([generic3, ipv4in3]),
            pack([2, 16], [2, 24], [2, 60_000], [2, 0], [8, 0], [8, -1n & 0xffff_ffff_ffff_ffffn]),
          ]),
        ),
      ]),
      rows: 1,
      warning: /1 flow records are too short/,
    },
    {
      name: '42: record count 2^32 - 1',
      bytes: file2([block(flow2(), { records: 0xffff_ffff })]),
      rows: 1,
      warning: /1 blocks hold another number of records/,
    },
    {
      name: '43: record count too low',
      bytes: file2([block(Buffer.concat([flow2(), flow2()]), { records: 1 })]),
      rows: 2,
      warning: /1 blocks hold another number of records/,
    },
    {
      name: '43: element counts too low and too high',
      bytes: file2([block(Buffer.concat([flow2(), miscounted(1), miscounted(3), flow2()]), { records: 4 })]),
      rows: 4,
      warning: /^2 flow records hold another number of elements than they say: those found count$/,
    },
    {
      name: 'elements too short for their types',
      bytes: file2([
        block(Buffer.concat(new Array(3).fill(flow2([element(5, Buffer.alloc(20, 1)), GENERIC, IPV4]))), {
          records: 3,
        }),
      ]),
      rows: 3,
      warning: /^3 elements are too short for their types and are passed over$/,
    },
    {
      name: 'layout 3, an element without room for its type',
      bytes: file3([block3(flows3([flow3([generic3, ipv4in3, [6, Buffer.alloc(20, 1)]])]))]),
      rows: 1,
      warning: /^1 elements are too short for their types and are passed over$/,
    },
    {
      name: '43: layout 3, record count too low',
      bytes: file3([block3(flows3([flow3([generic3, ipv4in3]), flow3([generic3, ipv4in3])], 1))]),
      rows: 2,
      warning: /1 blocks hold another number of records/,
    },
    {
      name: '44: block larger than what remains',
      bytes: file2([good, block(flow2(), { size: 77 })]),
      rows: 1,
      complete: false,
      warning: /byte 128: block of 77 bytes, but only 76 remain/,
    },
    {
      name: '45: block beyond 16 MiB',
      bytes: file2([good, block(flow2(), { size: 16 * 1024 * 1024 + 1 })]),
      rows: 1,
      complete: false,
      warning: /byte 128: block of 16777217 bytes; expected 0 to 16777216/,
    },
    {
      name: '45: layout 3, block smaller than its header',
      bytes: file3([
        block3(flows3([flow3([generic3, ipv4in3])])),
        Buffer.concat([pack([4, 1], [4, 23], [4, 24], [2, 1], [2, 0]), Buffer.alloc(8)]),
      ]),
      rows: 1,
      complete: false,
      warning: /block of -1 bytes; expected 0 to/,
    },
    {
      name: '46: block of unknown type',
      bytes: file2([good, block(Buffer.from('anything'), { type: 99 })]),
      rows: 1,
      warning: /^1 blocks of unknown types are skipped$/,
    },
    {
      name: 'block of names, which holds no flows',
      bytes: file2([good, block(Buffer.from('anything'), { type: 4 })]),
      rows: 1,
      warning: /^$/,
    },
    {
      name: '46: record of unknown type',
      bytes: file2([block(Buffer.concat([pack([2, 77], [2, 8], [4, 0]), flow2()]), { records: 2 })]),
      rows: 1,
      warning: /1 records of unknown types/,
    },
    {
      name: '46: element of unknown type',
      bytes: file2([block(flow2([element(99, Buffer.alloc(4)), GENERIC, IPV4]))]),
      rows: 1,
      warning: /1 elements of unknown types/,
    },
    {
      name: '46: layout 1, extension of unknown length',
      bytes: file1([
        block(Buffer.concat([map1(0, [99, 7]), flow1({ extensions: Buffer.alloc(16, 1) })]), { records: 2, type: 2 }),
      ]),
      rows: 1,
      warning: /1 records hold extensions of unknown types/,
    },
    {
      name: '47: layout 1, extension map that is missing',
      bytes: file1([block(flow1({ mapId: 7 }), { type: 2 })]),
      rows: 1,
      warning: /1 records name an extension map that is missing/,
    },
    {
      name: '48: layout 1, the latest of two maps of one number counts',
      bytes: file1([block(Buffer.concat([map1(0, [20]), map1(0, []), flow1()]), { records: 3, type: 2 })]),
      rows: 1,
      warning: /^$/,
    },
    {
      name: '48: layout 1, a map that names an extension twice, and one that names thousands',
      bytes: file1([
        block(
          Buffer.concat([map1(1, new Array(30_000).fill(7)), map1(0, [7, 7]), flow1({ extensions: Buffer.alloc(16) })]),
          {
            records: 3,
            type: 2,
          },
        ),
      ]),
      rows: 1,
      warning: /^$/,
    },
    {
      name: '61: garbage behind the last block',
      bytes: file2([good], { tail: Buffer.from('garbage') }),
      rows: 1,
      complete: false,
      warning: /byte 128: block header of 7 bytes, expected 12/,
    },
    {
      name: '61: layout 3, garbage behind the footer',
      bytes: Buffer.concat([file3([block3(flows3([flow3([generic3, ipv4in3])]))]), Buffer.from('garbage')]),
      rows: 1,
      warning: /what lies behind the footer is ignored/,
    },
    {
      name: 'layout 1 of nfdump 1.5, records of fixed size',
      bytes: file1([
        block(Buffer.concat([map1(0, []), flow1()]), { records: 2, type: 2 }),
        block(Buffer.alloc(60), { type: 1 }),
      ]),
      rows: 1,
      warning: /block of 60 bytes is of nfdump 1\.5/,
    },
    {
      name: 'layout 3, encrypted block',
      bytes: file3([block3(flows3([flow3([generic3, ipv4in3])])), block3(Buffer.alloc(60), { encryption: 1 })]),
      rows: 1,
      warning: /is encrypted \(method 1\) and is left out/,
    },
    {
      name: 'layout 3, block of unknown compression',
      bytes: file3([block3(flows3([flow3([generic3, ipv4in3])])), block3(Buffer.alloc(60), { compression: 9 })]),
      rows: 1,
      warning: /compressed in an unknown way \(9\)/,
    },
    {
      name: 'layout 3, not closed',
      bytes: file3([block3(flows3([flow3([generic3, ipv4in3])]))], { isClosed: false }),
      rows: 1,
      complete: false,
      warning: /had not closed this file/,
    },
    {
      name: 'layout 3, cut in its footer',
      bytes: file3([block3(flows3([flow3([generic3, ipv4in3])]))]).subarray(0, -1),
      rows: 1,
      complete: false,
      warning: /ends within its directory or footer/,
    },
    {
      name: 'layout 3, a block is missing',
      bytes: file3([block3(flows3([flow3([generic3, ipv4in3])]))], { listed: 2 }),
      rows: 1,
      complete: false,
      warning: /directory lists 2 blocks, the file holds 1/,
    },
    {
      name: 'layout 1, the collector noticed gaps',
      bytes: file1([block(Buffer.concat([map1(0, []), flow1()]), { records: 2, type: 2 })], { sequenceFailures: 4 }),
      rows: 1,
      warning: /noticed 4 gaps/,
    },
  ]
  test.each(cases)('$name', async ({ bytes, rows: expected, warning, complete = true }) => {
    const { rows, summary, warnings } = await decode(bytes)
    expect(rows).toEqual(new Array(expected).fill(ONE))
    expect(warnings).toMatch(warning)
    expect(summary.complete).toBe(complete)
  })
})

const FLOWS = Buffer.concat(Array.from({ length: 20 }, () => flow2()))
const flows = Array.from({ length: 20 }, () => flow3([generic3, ipv4in3]))

describe('a damaged block costs that block only', () => {
  const files = [
    'syn-v9multi-lzo.v1layout-1.6.25.nf',
    'syn-v9multi-bz2.v1layout-1.6.25.nf',
    'syn-v9multi-lz4.v1layout-1.6.25.nf',
    'syn-v9multi-lzo.v2layout-1.7.8.nf',
    'syn-v9multi-bz2.v2layout-1.7.8.nf',
    'syn-v9multi-lz4.v2layout-1.7.8.nf',
    'syn-v9multi-lzo.v3layout-1.8.0b.nf',
    'syn-v9multi-lz4.v3layout-1.8.0b.nf',
    'syn-v9multi-zstd.v3layout-1.8.0b.nf',
  ]
  test.each(files)('%s', async (name) => {
    const bytes = readFileSync(`${FIXTURES}${name}`)
    const layout = bytes[2] as 1 | 2 | 3
    const [start, headerLength] = { 1: [276, 12], 2: [40, 12], 3: [48, 24] }[layout] as [number, number]
    const length = bytes.readUInt32LE(start + 4) + (layout === 3 ? 0 : headerLength)
    const whole = bytes.subarray(start, start + length)
    const damaged = Buffer.concat([whole.subarray(0, headerLength), Buffer.alloc(length - headerLength, 0xff)])
    const { rows, warnings } = await decode(Buffer.concat([bytes.subarray(0, start), whole, damaged, whole]))
    expect(rows.length).toBe(1200)
    expect(rows.slice(600)).toEqual(rows.slice(0, 600))
    expect(warnings).toContain(`byte ${start + length}: block of ${length - headerLength} bytes does not unpack as`)
  })
})

describe('every codec in layouts 2 and 3', () => {
  test.each([
    { name: 'LZO', layout2: 1, layout3: 2, compress: lzo },
    { name: 'LZ4', layout2: 3, layout3: 4, compress: lz4 },
    { name: 'ZSTD', layout2: 4, layout3: 5, compress: zstd },
  ])('$name', async ({ name, layout2, layout3, compress }) => {
    const plain = block(FLOWS, { records: 20, flags: 1 })
    const two = await decode(file2([block(compress(FLOWS), { records: 20 }), plain], { compression: layout2 }))
    expect(two.rows).toEqual(new Array(40).fill(ONE))
    expect(two.summary.compression).toBe(name)
    const payload = flows3(flows)
    const packed = block3(compress(payload), { compression: layout3, rawSize: payload.length })
    const three = await decode(file3([packed, block3(payload)], { compression: layout3 }))
    expect(three.rows).toEqual(new Array(40).fill(ONE))
    expect(three.warnings).toBe('')
  })
})

describe('packed bytes that cannot be true', () => {
  const good = block(flow2(), { flags: 1 })
  const zstdHead = (descriptor: number, rest: Buffer) =>
    Buffer.concat([pack([4, 0xfd2f_b528], [1, descriptor]), rest, Buffer.alloc(20)])
  test.each([
    {
      name: '52: LZO reference before the start',
      compression: 1,
      payload: Buffer.from([18, 65, 0x40 | 0x1c, 255, 17, 0, 0]),
      reason: /refers 2048 bytes back, but only 1 are unpacked/,
    },
    {
      name: '53: LZO output beyond 16 MiB',
      compression: 1,
      payload: Buffer.concat([Buffer.from([18, 65, 32]), Buffer.alloc(65_900), Buffer.from([1, 0, 0, 17, 0, 0])]),
      reason: /more than 16777216 bytes come out/,
    },
    {
      name: 'LZO without its end mark',
      compression: 1,
      payload: Buffer.from([20, 65, 65, 65]),
      reason: /ends at byte 4 without its end mark/,
    },
    {
      name: 'LZO cut within an instruction',
      compression: 1,
      payload: Buffer.from([18, 65, 33]),
      reason: /ends at byte 3 within an instruction/,
    },
    {
      name: 'LZO literals beyond the block',
      compression: 1,
      payload: Buffer.from([200, 65]),
      reason: /183 literals at byte 1, but 1 remain/,
    },
    {
      name: '54: LZ4 offset 0',
      compression: 3,
      payload: Buffer.from([0x11, 65, 0, 0, 0x50, 1, 2, 3, 4, 5]),
      reason: /does not unpack as LZ4/,
    },
    {
      name: '56: zstd window of 2 GiB',
      compression: 4,
      payload: zstdHead(0x00, pack([1, 21 << 3])),
      reason: /window of 2147483648 bytes; expected at most 8388608/,
    },
    {
      name: '56: zstd content of 2 GiB in one segment',
      compression: 4,
      payload: zstdHead(0xa0, pack([4, 2 ** 31])),
      reason: /window of 2147483648 bytes/,
    },
    {
      name: '56: zstd content of 2^63',
      compression: 4,
      payload: zstdHead(0xc0, pack([1, 0], [8, 2n ** 63n])),
      reason: /says it holds 9223372036854776000 bytes/,
    },
    {
      name: '57: zstd dictionary',
      compression: 4,
      payload: zstdHead(0xa3, pack([4, 77], [4, 10])),
      reason: /needs dictionary 77/,
    },
    {
      name: 'zstd content larger than it says',
      compression: 4,
      payload: Buffer.concat([pack([4, 0xfd2f_b528], [1, 0xa0], [4, 10]), zstd(FLOWS).subarray(9)]),
      reason: /does not unpack as ZSTD/,
    },
    { name: 'zstd that is none', compression: 4, payload: Buffer.from('not a frame'), reason: /no zstd frame/ },
    {
      name: '58: bzip2 that is none',
      compression: 2,
      payload: Buffer.from('not a stream'),
      reason: /does not unpack as BZ2/,
    },
  ])('$name', async ({ compression, payload, reason }) => {
    const { rows, warnings } = await decode(file2([good, block(payload), good], { compression }))
    expect(rows).toEqual([ONE, ONE])
    expect(warnings).toMatch(/^byte 128: block of/)
    expect(warnings).toMatch(reason)
  })

  test.each([
    { name: 'LZO', compression: 2, compress: lzo },
    { name: 'LZ4', compression: 4, compress: lz4 },
    { name: 'ZSTD', compression: 5, compress: zstd },
  ])('55: $name, unpacked size too high, too low, beyond 16 MiB', async ({ compression, compress }) => {
    const payload = flows3(flows)
    for (const rawSize of [payload.length + 1, payload.length - 1, 2 ** 31]) {
      const packed = block3(compress(payload), { compression, rawSize })
      const { rows, warnings } = await decode(
        file3([block3(flows3([flow3([generic3, ipv4in3])])), packed], { compression }),
      )
      expect(rows).toEqual([ONE])
      expect(warnings).toMatch(/byte \d+: block of \d+ bytes .*(expected|does not unpack)/)
    }
  })

  test('bzip2 leaves errors that nobody caught to the program', async () => {
    const events = ['uncaughtException', 'unhandledRejection']
    const before = events.map((event) => process.listenerCount(event))
    const unpack = await (await import('../../ingest/decode/wasm-bzip2.ts')).loadBzip2()
    expect(() => unpack(new Uint8Array(8), 100)).toThrow(/BZ2/)
    expect(events.map((event) => process.listenerCount(event))).toEqual(before)
  })

  test('58: a codec that the installation lacks is named', async () => {
    const lost: Codec = {
      name: 'LOST',
      mostGrowth: 1,
      open: async () => Promise.reject(new Error('Cannot find module')),
    }
    const bytes = new ByteReader(
      (async function* () {
        yield Uint8Array.from(block(FLOWS))
      })(),
    )
    const layout = {
      headerLength: SHORT_HEADER_LENGTH,
      readHeader: (header: DataView) => readShortHeader(header, lost),
      types: new Set([3]),
      otherTypes: new Set<number>(),
      createReader: createRecordReader,
    }
    const summary = { exporters: [] } as unknown as FlowFileSummary
    await expect(readBlocks(bytes, layout, summary, createWarnings(), () => {})).rejects.toThrow(
      /byte 0: block compressed with LOST, which this installation cannot unpack \(Cannot find module\); install flowscan anew/,
    )
  })
})

describe('49: blocks that grow out of hand', () => {
  const skipped = Buffer.alloc(16 * 1024 * 1024)
  for (let at = 0; at < skipped.length; at += 4) skipped.writeUInt32LE(0x0004_0008, at)
  const packed = execFileSync('bzip2', ['-c'], { input: skipped })
  const good = block(flow2(), { flags: 1 })

  test('bzip2, 16 MiB of a few hundred bytes, again and again: what is before counts, nothing behind is read', async () => {
    const bytes = file2([good, ...new Array(400).fill(block(packed)), good], { compression: 2 })
    const started = performance.now()
    const { rows, summary, warnings } = await decode(bytes)
    expect(performance.now() - started).toBeLessThan(5000)
    expect(rows).toEqual([ONE])
    expect(summary.complete).toBe(false)
    expect(warnings).toMatch(/byte \d+: \d+ bytes of blocks unpack to more than \d+; no flow file shrinks like that/)
  })

  test('blocks that unpack to more than may be are counted too', async () => {
    const large = execFileSync('bzip2', ['-c'], { input: Buffer.alloc(17 * 1024 * 1024) })
    const { rows, warnings } = await decode(file2([good, ...new Array(400).fill(block(large))], { compression: 2 }))
    expect(rows).toEqual([ONE])
    expect(warnings).toMatch(/block of \d+ bytes does not unpack as BZ2 .* \(and 4 more like this\)$/m)
  })

  test('no number of damaged LZ4 and LZO blocks costs the good ones', async () => {
    for (const compression of [1, 3]) {
      const bad = block(Buffer.from([0x1f, 1, 1, 0, 255]))
      const { rows } = await decode(file2([...new Array(400).fill(bad), good], { compression }))
      expect(rows).toEqual([ONE])
    }
  })
})

describe('hostile bytes', () => {
  test('memory does not follow the number of exporters that a file of layout 3 makes up', async () => {
    const COUNT = 65_536
    const records = Buffer.alloc(8 + COUNT * 32)
    records.writeUInt32LE(COUNT)
    const exporterBlock = (first: number) => {
      for (let n = 0; n < COUNT; n++) {
        records.writeUInt32LE(0x0020_0011, 8 + n * 32)
        records.writeUInt32LE(first + n, 8 + n * 32 + 28)
      }
      return block3(records, { type: 7 })
    }
    const chunks = (async function* () {
      yield file3([], { isClosed: false }) as Uint8Array
      for (let n = 0; n < 30; n++) yield exporterBlock(n * COUNT) as Uint8Array
      yield block3(flows3([flow3([generic3, ipv4in3])])) as Uint8Array
    })()
    const before = process.memoryUsage().heapUsed
    let after = 0
    await decodeFlowFile(chunks, () => {
      globalThis.gc?.()
      after = process.memoryUsage().heapUsed
    })
    expect((after - before) / 2 ** 20).toBeLessThan(48)
  })

  test('47: memory does not follow the number of maps that are missing', async () => {
    const record = flow1({ extensions: Buffer.alloc(32) })
    const records = Buffer.concat(new Array(65_536).fill(record))
    const chunks = (async function* () {
      yield file1([]) as Uint8Array
      for (let flags = 0; flags < 8; flags++) {
        for (let mapId = 0; mapId < 65_536; mapId++) {
          records[mapId * record.length + 4] = flags
          records.writeUInt16LE(mapId, mapId * record.length + 6)
        }
        yield block(records, { records: 65_536, type: 2 }) as Uint8Array
      }
    })()
    const used = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
    const before = used()
    let most = 0
    const summary = await decodeFlowFile(chunks, () => {
      most = Math.max(most, used())
    })
    expect(summary.records).toBe(8 * 65_536)
    expect((most - before) / 1e6).toBeLessThan(100)
  })

  async function decodeOrRefuse(bytes: Uint8Array): Promise<void> {
    try {
      const { rows } = await decode(bytes)
      for (const { octets, packets, flows } of rows)
        expect([octets, packets, flows].every(Number.isSafeInteger)).toBe(true)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
    }
  }

  test('59: a random MiB behind each header', async () => {
    const noise = Buffer.from(
      fc.sample(fc.uint8Array({ minLength: 1 << 20, maxLength: 1 << 20 }), { seed: 1, numRuns: 1 })[0]!,
    )
    for (const head of [
      file1([]),
      ...[0, 1, 2, 3, 4].map((compression) => file2([], { compression })),
      file3([], { isClosed: false }),
    ])
      await decodeOrRefuse(Buffer.concat([head, noise]))
  })

  test('60: bits flipped inside every kind of block', async () => {
    const payload = flows3(flows)
    const bases = [
      file1([
        block(Buffer.concat([map1(0, [5, 7, 15, 17]), flow1({ extensions: Buffer.alloc(32, 1) })]), {
          records: 2,
          type: 2,
        }),
      ]),
      ...[(bytes: Buffer) => bytes, lzo, null, lz4, zstd].flatMap((compress, code) =>
        compress === null
          ? []
          : [
              file2([block(compress(FLOWS), { records: 20 })], { compression: code }),
              file3([block3(compress(payload), { compression: code + 1, rawSize: payload.length })]),
            ],
      ),
      readFileSync(`${FIXTURES}syn-v9multi-bz2.v2layout-1.7.8.nf`),
      readFileSync(`${FIXTURES}syn-v9multi-lzo.v1layout-1.6.25.nf`),
    ]
    for (const base of bases) {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat({ max: base.length * 8 - 1 }), { minLength: 1, maxLength: 4 }),
          async (bits) => {
            const bytes = Uint8Array.from(base)
            for (const bit of bits) bytes[bit >> 3]! ^= 1 << (bit & 7)
            await decodeOrRefuse(bytes)
          },
        ),
        { seed: 7, numRuns: 100 },
      )
    }
  })
})
