import { describe, expect, test } from 'vitest'
import { UNKNOWN } from '../../ingest/model/flow-batch.ts'
import { FIXTURES } from '../flow-files.ts'
import { decodeRows, type Row } from './rows.ts'

const EXPORTED = 1_714_560_300
const EXPORTED_MS = EXPORTED * 1000

/* A writer of its own, so that the decoder is not checked by itself. Numbers are [value, bytes]; text is as it is. */
type Value = readonly [number, number] | Uint8Array
const u = (value: number | bigint, bytes: number): Uint8Array => {
  const buffer = Buffer.alloc(bytes)
  let left = BigInt(value)
  for (let at = bytes - 1; at >= 0; at--, left >>= 8n) buffer[at] = Number(left & 0xffn)
  return buffer
}
const encode = (value: Value): Uint8Array => (value instanceof Uint8Array ? value : u(value[0], value[1]))
const join = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts)
const set = (id: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const body = join(...parts)
  return join(u(id, 2), u(body.length + 4, 2), body)
}
const message = (sets: readonly Uint8Array[], domain = 1, exported = EXPORTED): Uint8Array => {
  const body = join(...sets)
  return join(u(10, 2), u(body.length + 16, 2), u(exported, 4), u(0, 4), u(domain, 4), body)
}
type FieldSpec = readonly [element: number, length: number, enterprise?: number]
const field = ([element, length, enterprise]: FieldSpec): Uint8Array =>
  enterprise === undefined
    ? join(u(element, 2), u(length, 2))
    : join(u(element + 0x8000, 2), u(length, 2), u(enterprise, 4))
const template = (id: number, fields: readonly FieldSpec[]): Uint8Array =>
  set(2, u(id, 2), u(fields.length, 2), ...fields.map(field))
const options = (id: number, scopes: number, fields: readonly FieldSpec[]): Uint8Array =>
  set(3, u(id, 2), u(fields.length, 2), u(scopes, 2), ...fields.map(field))
const record = (...values: readonly Value[]): Uint8Array => join(...values.map(encode))
const ipv4 = (text: string): Uint8Array => Uint8Array.from(text.split('.').map(Number))

/** One record of these elements, in a file with its template. */
async function decodeOne(
  elements: readonly (readonly [element: number, value: Value, enterprise?: number])[],
  before: readonly Uint8Array[] = [],
): Promise<Row[]> {
  const fields = elements.map(([element, value, enterprise]): FieldSpec => {
    const { length } = encode(value)
    return enterprise === undefined ? [element, length] : [element, length, enterprise]
  })
  const file = message([...before, template(300, fields), set(300, record(...elements.map(([, value]) => value)))])
  return (await decodeRows(file)).rows
}

const octetsOnly = [[1, [1000, 4]] as const]

describe('a record says what its template names, and nothing else', () => {
  test('nothing but octets', async () => {
    expect(await decodeOne(octetsOnly)).toEqual([
      {
        src: '::',
        dst: '::',
        srcPort: 0,
        dstPort: 0,
        protocol: UNKNOWN,
        tos: UNKNOWN,
        tcpFlags: 0,
        octets: 1000,
        packets: 0,
        flows: 1,
        startMs: EXPORTED_MS,
        endMs: EXPORTED_MS,
        srcAs: 0,
        dstAs: 0,
        input: 0,
        output: 0,
        exporter: '0.0.0.0',
        scaled: 0,
        reverse: 0,
      },
    ])
  })

  test('everything', async () => {
    const [row] = await decodeOne([
      [130, ipv4('192.0.2.254')],
      [8, ipv4('198.51.100.7')],
      [12, ipv4('203.0.113.9')],
      [7, [40_000, 2]],
      [11, [443, 2]],
      [4, [6, 1]],
      [5, [184, 1]],
      [6, [0x0118, 2]],
      [1, [5_000_000_000, 8]],
      [2, [70_000, 3]],
      [3, [2, 4]],
      [152, [EXPORTED_MS - 5000, 8]],
      [153, [EXPORTED_MS - 1000, 8]],
      [16, [64_500, 4]],
      [17, [4_200_000_000, 4]],
      [10, [7, 4]],
      [14, [70_001, 4]],
    ])
    expect(row).toEqual({
      src: '198.51.100.7',
      dst: '203.0.113.9',
      srcPort: 40_000,
      dstPort: 443,
      protocol: 6,
      tos: 184,
      tcpFlags: 0x18,
      octets: 5_000_000_000,
      packets: 70_000,
      flows: 2,
      startMs: EXPORTED_MS - 5000,
      endMs: EXPORTED_MS - 1000,
      srcAs: 64_500,
      dstAs: 4_200_000_000,
      input: 7,
      output: 70_001,
      exporter: '192.0.2.254',
      scaled: 0,
      reverse: 0,
    })
  })
})

const ntp = (ms: number): Value => u((BigInt(ms / 1000) + 2_208_988_800n) << 32n, 8)

test.each([
  {
    name: 'seconds',
    elements: [
      [150, [EXPORTED - 7, 4]],
      [151, [EXPORTED - 2, 4]],
    ],
    start: -7000,
    end: -2000,
  },
  {
    name: 'microseconds',
    elements: [
      [154, ntp(EXPORTED_MS - 7000)],
      [155, ntp(EXPORTED_MS)],
    ],
    start: -7000,
    end: 0,
  },
  {
    name: 'nanoseconds',
    elements: [
      [156, ntp(EXPORTED_MS - 7000)],
      [157, ntp(EXPORTED_MS)],
    ],
    start: -7000,
    end: 0,
  },
  {
    name: 'microseconds before the export',
    elements: [
      [158, [2_500_999, 4]],
      [159, [1999, 4]],
    ],
    start: -2500,
    end: -1,
  },
  {
    name: 'a start and a duration',
    elements: [
      [152, [EXPORTED_MS - 9000, 8]],
      [161, [4000, 4]],
    ],
    start: -9000,
    end: -5000,
  },
  {
    name: 'an end and a duration',
    elements: [
      [153, [EXPORTED_MS, 8]],
      [162, [4_000_000, 4]],
    ],
    start: -4000,
    end: 0,
  },
  { name: 'an end alone', elements: [[153, [EXPORTED_MS - 3, 8]]], start: -3, end: -3 },
  { name: 'when it was seen', elements: [[323, [EXPORTED_MS - 6, 8]]], start: -6, end: -6 },
  {
    name: 'since the start of the exporter, told in the record',
    elements: [
      [22, [1000, 4]],
      [21, [2000, 4]],
      [160, [EXPORTED_MS - 5000, 8]],
    ],
    start: -4000,
    end: -3000,
  },
  {
    name: 'since the start of the exporter, 49.7 days and more ago',
    elements: [
      [22, [2 ** 32 - 1000, 4]],
      [21, [500, 4]],
      [160, [EXPORTED_MS - 2 ** 32 - 2000, 8]],
    ],
    start: -3000,
    end: -1500,
  },
  {
    name: 'since a start that nobody told',
    elements: [
      [22, [1000, 4]],
      [21, [2000, 4]],
    ],
    start: 0,
    end: 0,
  },
] as { name: string; elements: [number, Value][]; start: number; end: number }[])(
  'times: $name',
  async ({ elements, start, end }) => {
    const [row] = await decodeOne([...octetsOnly, ...elements])
    expect({ start: row!.startMs - EXPORTED_MS, end: row!.endMs - EXPORTED_MS }).toEqual({ start, end })
  },
)

test.each([
  { name: 'an interval in the record', before: [], elements: [[34, [100, 4]]], octets: 100_000 },
  {
    name: 'packets taken and passed over',
    before: [],
    elements: [
      [305, [2, 4]],
      [306, [18, 4]],
    ],
    octets: 10_000,
  },
  {
    name: 'told in options',
    before: [
      options(256, 1, [
        [144, 4],
        [305, 4],
        [306, 4],
      ]),
      set(256, record([1, 4], [1, 4], [511, 4])),
    ],
    elements: [],
    octets: 512_000,
  },
  {
    name: 'by selector',
    before: [
      options(256, 1, [
        [302, 8],
        [34, 4],
      ]),
      set(256, record([7, 8], [10, 4]), record([8, 8], [1000, 4])),
    ],
    elements: [[302, [7, 8]]],
    octets: 10_000,
  },
  {
    name: 'no interval is believed beyond a million',
    before: [],
    elements: [[34, [2 ** 31, 4]]],
    octets: 1_000_000_000,
  },
] as { name: string; before: Uint8Array[]; elements: [number, Value][]; octets: number }[])(
  'sampling: $name',
  async ({ before, elements, octets }) => {
    const [row] = await decodeOne([...octetsOnly, ...elements], before)
    expect(row).toMatchObject({ octets, scaled: 1 })
  },
)

test('a sampling interval beyond belief is told, in a record and in options', async () => {
  const inRecords = [
    template(300, [
      [1, 4],
      [34, 4],
    ]),
    set(300, ...new Array(3).fill(record([1000, 4], [2 ** 31, 4]))),
  ]
  const { summary } = await decodeRows(message(inRecords))
  expect(summary.warnings).toEqual([
    'a sampling rate of 2147483648 is not believed; 1000000 counts in its place (and 2 more like this)',
  ])
  const told = [
    options(256, 1, [
      [144, 4],
      [34, 4],
    ]),
    set(256, record([1, 4], [1_000_001, 4])),
  ]
  const { summary: other } = await decodeRows(message([...told, template(300, [[1, 4]]), set(300, record([5, 4]))]))
  expect(other.warnings.join()).toMatch(/^a sampling rate of 1000001 is not believed/)
})

test('sampling intervals of 0 and 1 leave it to the config', async () => {
  for (const interval of [0, 1])
    expect(await decodeOne([...octetsOnly, [34, [interval, 4]]])).toMatchObject([{ octets: 1000, scaled: 0 }])
})

test('the exporter is who the options say', async () => {
  const told = [
    options(256, 1, [
      [144, 4],
      [130, 4],
    ]),
    set(256, record([1, 4], ipv4('192.0.2.77'))),
  ]
  expect(await decodeOne(octetsOnly, told)).toMatchObject([{ exporter: '192.0.2.77' }])
})

test('ICMP type and code stand where the destination port would, in each of their three forms', async () => {
  const icmp = (elements: [number, Value][]) => decodeOne([...octetsOnly, [4, [1, 1]], ...elements])
  for (const form of [
    [[32, [771, 2]]],
    [
      [176, [3, 1]],
      [177, [3, 1]],
    ],
    [[11, [771, 2]]],
  ] as [number, Value][][])
    expect(await icmp(form)).toMatchObject([{ dstPort: 771 }])
  expect(await decodeOne([...octetsOnly, [4, [17, 1]], [11, [53, 2]], [32, [771, 2]]])).toMatchObject([{ dstPort: 53 }])
})

test('the way back of a bidirectional record is a row of its own', async () => {
  const rows = await decodeOne([
    [8, ipv4('198.51.100.7')],
    [12, ipv4('203.0.113.9')],
    [1, [1000, 4]],
    [2, [10, 4]],
    [1, [300, 4], 29_305],
    [2, [3, 4], 29_305],
    [1, [77, 4], 4711],
    [34, [2, 4]],
  ])
  expect(rows).toMatchObject([
    { src: '198.51.100.7', octets: 2000, packets: 20, flows: 1, reverse: 0 },
    { src: '203.0.113.9', dst: '198.51.100.7', octets: 600, packets: 6, flows: 0, reverse: 1, scaled: 1 },
  ])
})

test('fields of variable length, short and long, lie before and behind the counters', async () => {
  const fields: FieldSpec[] = [
    [82, 65_535],
    [1, 4],
    [83, 65_535, 4711],
    [2, 4],
  ]
  const long = Buffer.alloc(300, 'x')
  const rows = [
    record(Uint8Array.of(3), Buffer.from('eth'), [11, 4], Uint8Array.of(255), u(300, 2), long, [1, 4]),
    record(Uint8Array.of(0), [22, 4], Uint8Array.of(0), [2, 4]),
    record(Uint8Array.of(255), u(300, 2), long, [33, 4], Uint8Array.of(1), Buffer.from('y'), [3, 4]),
  ]
  const { rows: found } = await decodeRows(message([template(300, fields), set(300, ...rows)]))
  expect(found.map(({ octets, packets }) => [octets, packets])).toEqual([
    [11, 1],
    [22, 2],
    [33, 3],
  ])
})

test('a template holds for its own domain, until it is told anew or withdrawn', async () => {
  const data = (octets: number) => set(300, record([octets, 4]))
  const { rows, summary } = await decodeRows(
    join(
      message([template(300, [[1, 4]]), data(1)], 1),
      message([data(2)], 2),
      message(
        [
          template(300, [
            [2, 4],
            [1, 4],
          ]),
          set(300, record([9, 4], [3, 4])),
        ],
        1,
      ),
      message([set(2, u(300, 2), u(0, 2)), data(4)], 1),
    ),
  )
  expect(rows.map(({ octets }) => octets)).toEqual([1, 3])
  expect(summary.warnings).toEqual(['2 sets of records come before their template, or without, and are left out'])
})

test('both kinds of address in one template: the one that is not zero counts', async () => {
  const v6 = Buffer.from('20010db8000000000000000000000007', 'hex')
  const both = (short: string, long: Uint8Array) => decodeOne([...octetsOnly, [8, ipv4(short)], [27, long]])
  expect(await both('192.0.2.1', Buffer.alloc(16))).toMatchObject([{ src: '192.0.2.1' }])
  expect(await both('0.0.0.0', v6)).toMatchObject([{ src: '2001:db8::7' }])
})

test('records that count no traffic are told, not counted', async () => {
  const { rows, summary } = await decodeRows(message([template(300, [[8, 4]]), set(300, ipv4('192.0.2.1'))]))
  expect(rows).toEqual([])
  expect(summary.warnings).toEqual(['1 sets hold records that count no traffic'])
})

describe('what cannot be true', () => {
  test('counters beyond 2^53 cost their record alone, wherever in a run it stands', async () => {
    const records = [1n, 2n ** 64n - 1n, 3n, 2n ** 53n, 5n].map((value) => u(value, 8))
    const { rows, summary } = await decodeRows(message([template(300, [[1, 8]]), set(300, ...records)]))
    expect(rows.map(({ octets }) => octets)).toEqual([1, 3, 5])
    expect(summary).toMatchObject({ records: 3, implausible: 2 })
  })

  test.each([
    { name: 'a field length that no number has', fields: [[1, 9]], value: [1, 9], error: null },
    {
      name: 'a protocol of two bytes',
      fields: [
        [1, 4],
        [4, 2],
      ],
      value: [1, 6],
      error: null,
    },
  ] as { name: string; fields: FieldSpec[]; value: [number, number]; error: null }[])(
    '$name is not read',
    async ({ fields, value }) => {
      const { rows } = await decodeRows(message([template(300, fields), set(300, u(value[0], value[1] === 9 ? 9 : 6))]))
      for (const { protocol } of rows) expect(protocol).toBe(UNKNOWN)
    },
  )

  test.each([
    {
      name: 'a template of no bytes',
      sets: [template(300, [[1, 0]])],
      error: /byte 20: template 300 of 1 fields cannot be true/,
    },
    {
      name: 'more fields than there are',
      sets: [set(2, u(300, 2), u(9, 2), u(1, 2), u(4, 2))],
      error: /template 300 of 9 fields/,
    },
    { name: 'a set of no length', sets: [u(300, 2), u(0, 2)], error: /byte 16: set of 0 bytes/ },
    {
      name: 'a set that runs past the message',
      sets: [u(300, 2), u(90, 2)],
      error: /byte 16: set of 90 bytes/,
    },
  ])('$name: the rest of the message is left out', async ({ sets, error }) => {
    const good = message([template(301, [[1, 4]]), set(301, u(5, 4))])
    await expect(decodeRows(message(sets))).rejects.toThrow(error)
    const { rows, summary } = await decodeRows(join(good, message([...sets, set(301, u(6, 4))]), good))
    expect(rows.map(({ octets }) => octets)).toEqual([5, 5])
    expect(summary.warnings.join()).toMatch(new RegExp(error.source.replace(/byte \d+: /, '')))
  })

  test('times that no calendar has are unknown', async () => {
    const [row] = await decodeOne([...octetsOnly, [152, u(2n ** 64n - 1n, 8)], [153, u(2n ** 63n, 8)]])
    expect(row).toMatchObject({ startMs: 0, endMs: 0 })
  })

  test('a message that ends too early: the messages before count', async () => {
    const good = message([template(301, [[1, 4]]), set(301, u(5, 4))])
    const { rows, summary } = await decodeRows(join(good, good.subarray(0, good.length - 1)))
    expect(rows).toHaveLength(1)
    expect(summary.complete).toBe(false)
    expect(summary.warnings[0]).toMatch(/byte 36: message of 36 bytes, but only 35 remain/)
  })

  test('another version behind: nothing more is believed', async () => {
    const good = message([template(301, [[1, 4]]), set(301, u(5, 4))])
    const { rows, summary } = await decodeRows(join(good, Buffer.from('garbage and more of it')))
    expect(rows).toHaveLength(1)
    expect(summary.warnings[0]).toMatch(/its version is 26465; expected 10/)
  })

  test('16 million samplers are not all kept', async () => {
    const samplers = options(256, 1, [
      [302, 2],
      [34, 1],
    ])
    const told = set(256, ...Array.from({ length: 4096 }, (_, selector) => record([selector, 2], [7, 1])))
    const parts = Array.from({ length: 4096 }, (_, domain) => message([samplers, told], domain))
    const before = process.memoryUsage().heapUsed
    const { rows } = await decodeRows(join(...parts, message([template(299, [[1, 4]]), set(299, u(5, 4))])))
    expect(rows).toHaveLength(1)
    expect((process.memoryUsage().heapUsed - before) / 2 ** 20).toBeLessThan(64)
  })

  test('a hundred thousand templates are not all kept', async () => {
    const many = (from: number) =>
      message(
        Array.from({ length: 4000 }, (_, n) => template(300 + ((from + n) % 65_000), [[1, 4]])),
        from,
      )
    const file = join(
      ...Array.from({ length: 25 }, (_, n) => many(n * 4000)),
      message([template(299, [[1, 4]]), set(299, u(5, 4))]),
    )
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    const { rows } = await decodeRows(file)
    expect(rows).toHaveLength(1)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024)
  })
})

/* Files of softflowd with the file that nfcapd wrote from the same packets (MANIFEST.md). */
const softflowd = (name: string) => decodeRows(`${FIXTURES}ipfix/softflowd-${name}`)
const withoutExporter = ({ exporter: _, ...row }: Row) => row

describe('softflowd and nfcapd', () => {
  test('every flow alike', async () => {
    const { rows } = await softflowd('milliseconds.ipfix')
    expect(rows).toHaveLength(60)
    expect(rows.map(withoutExporter)).toEqual((await softflowd('milliseconds.nf')).rows.map(withoutExporter))
  })

  // nfcapd 1.7.1 does not understand these times, and takes TOS and flags of the way back for those of the way there.
  test('every flow of both ways alike', async () => {
    const comparable = ({ exporter: _, startMs: _start, endMs: _end, tos: _tos, tcpFlags: _flags, ...row }: Row) => row
    const { rows } = await softflowd('bidirectional.ipfix')
    const theirs = (await softflowd('bidirectional.nf')).rows
    expect(rows.map(comparable)).toEqual(theirs.map(comparable))
    const tosBack = (all: readonly Row[]) => all.filter(({ reverse }) => reverse === 1).map(({ tos }) => tos)
    expect(tosBack(rows)).toHaveLength(20)
    expect(tosBack(rows)).toEqual(tosBack(theirs))
    expect(rows.filter(({ tos }) => tos === 16).length).toBeGreaterThan(3)
  })

  test('sampled 1 in 3: ours are multiplied, those of nfcapd 1.7.1 are not', async () => {
    const { rows } = await softflowd('sampled.ipfix')
    expect(rows.map(withoutExporter)).toEqual(
      (await softflowd('sampled.nf')).rows.map(({ exporter: _, ...row }) => ({
        ...row,
        octets: row.octets * 3,
        packets: row.packets * 3,
        scaled: 1,
      })),
    )
  })

  test.each([
    { unit: 'nanoseconds', ms: 1 },
    { unit: 'seconds', ms: 1000 },
  ])('times in $unit are those in milliseconds, cut', async ({ unit, ms }) => {
    const cut = ({ exporter: _, ...row }: Row) => ({
      ...row,
      startMs: Math.floor(row.startMs / ms) * ms,
      endMs: Math.floor(row.endMs / ms) * ms,
    })
    expect((await softflowd(`${unit}.ipfix`)).rows.map(cut)).toEqual(
      (await softflowd('milliseconds.ipfix')).rows.map(cut),
    )
  })

  test('times since its start have the durations of those in milliseconds, but for rounding', async () => {
    const durations = async (name: string) => (await softflowd(name)).rows.map(({ startMs, endMs }) => endMs - startMs)
    const exact = await durations('milliseconds.ipfix')
    for (const [at, duration] of (await durations('uptime.ipfix')).entries())
      expect(Math.abs(duration - exact[at]!)).toBeLessThanOrEqual(1)
  })
})
