import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeFlowFile } from '../../ingest/decode/index.ts'
import { block, element, file2, flow2, genericValue, IPV4_VALUE, IPV6_VALUE, pack } from './nfcapd-file.ts'
import { decodeRows, inChunks } from './rows.ts'

/*
 * Records of layout 2 that are like one before are read in WebAssembly, others here. The first of a block always is: its exporter is not
 * known yet. So a record in a block of its own tells what one among others must give.
 */

const MOST = 2n ** 53n - 1n
const count = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(0n, 1n, 700n, MOST) },
  fc.constantFrom(MOST + 1n, 2n ** 64n - 1n),
)
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const addresses = fc.constantFrom(element(2, IPV4_VALUE), element(3, IPV6_VALUE))
const exporter = fc.oneof(
  fc.integer({ min: 0, max: 200 }).map((host) => element(12, pack([4, 0xc000_0200 + host]))),
  fc.bigInt({ min: 0n, max: 3n }).map((host) => element(13, pack([8, 0x2001_0db8_0000_0000n], [8, host]))),
)
const pair = (type: number) =>
  fc.tuple(fc.nat(3), fc.nat(3)).map(([a, b]) => element(type, pack([4, 70_000 + a], [4, b])))
const counters = fc.tuple(count, count, count).map(([a, b, c]) => element(5, pack([8, a], [8, b], [8, c])))
const flow = fc
  .record({
    generic: fc.tuple(count, count).map(([packets, octets]) => element(1, genericValue({ packets, octets }))),
    addresses: optional(addresses),
    interfaces: optional(pair(4)),
    as: optional(pair(7)),
    counters: optional(counters),
    exporter: optional(exporter),
    unknown: optional(fc.constant(element(99, pack([4, 1])))),
    flags: fc.constantFrom(0, 0, 0, 1, 2),
    sysId: fc.nat(3),
  })
  .map(({ flags, sysId, ...elements }) =>
    flow2(
      Object.values(elements).filter((value) => value !== null),
      { flags, sysId },
    ),
  )
/** Says whose number it is: an IPv4 address in host order. */
const exporterRecord = fc
  .tuple(fc.nat(3), fc.nat(3))
  .map(([sysId, host]) =>
    pack([2, 7], [2, 32], [4, 9], [8, 0], [4, 0], [4, 0xc612_0000 + host], [2, 2], [2, sysId], [4, 0]),
  )
const samplerRecord = fc.nat(3).map((sysId) => pack([2, 15], [2, 24], [2, sysId], [2, 0], [8, 1], [4, 1], [4, 99]))
const record = fc.oneof({ weight: 20, arbitrary: flow }, exporterRecord, samplerRecord)

const inOne = (records: readonly Buffer[]) => file2([block(Buffer.concat(records), { records: records.length })])
const apart = (records: readonly Buffer[]) => file2(records.map((each) => block(each)))

test('a record gives the same among others as in a block of its own', async () => {
  let rows = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 60, size: 'max' }),
      fc.integer({ min: 1, max: 3 }),
      async (few, times) => {
        const records = new Array<readonly Buffer[]>(times).fill(few).flat()
        const [together, alone] = [await decodeRows(inOne(records)), await decodeRows(apart(records))]
        expect(together).toEqual(alone)
        rows += together.rows.length
      },
    ),
    { numRuns: 150 },
  )
  expect(rows).toBeGreaterThan(2000)
})

test('records of two rows, over the borders of batches', async () => {
  const once = flow2([element(1, genericValue()), element(2, IPV4_VALUE)])
  const twice = flow2([element(1, genericValue()), element(2, IPV4_VALUE), element(5, pack([8, 1], [8, 3], [8, 300]))])
  const records = Array.from({ length: 9000 }, (_, n) => (n % 3 === 0 ? twice : once))
  const { rows, summary } = await decodeRows(inOne(records))
  expect(summary).toMatchObject({ records: 9000, warnings: [] })
  expect(rows.length).toBe(12_000)
  expect(rows.map(({ octets, reverse }) => [octets, reverse])).toEqual(
    records.flatMap((each) =>
      each === twice
        ? [
            [700, 0],
            [300, 1],
          ]
        : [[700, 0]],
    ),
  )
  expect(rows[1]).toEqual({
    ...rows[0],
    ...{ src: rows[0]!.dst, dst: rows[0]!.src, srcPort: rows[0]!.dstPort, dstPort: rows[0]!.srcPort },
    ...{ octets: 300, packets: 3, flows: 0, reverse: 1 },
  })
})

test('files that are read at the same time do not mix', async () => {
  const file = (host: number) =>
    apart(
      Array.from({ length: 50 }, (_, n) =>
        Buffer.concat(
          new Array<Buffer>(n + 1).fill(
            flow2([
              element(1, genericValue({ octets: BigInt(host) })),
              element(2, IPV4_VALUE),
              element(12, pack([4, host])),
            ]),
          ),
        ),
      ),
    )
  const [first, second] = [file(1), file(2)]
  const alone = [await decodeRows(first), await decodeRows(second)]
  expect(await Promise.all([decodeRows(first), decodeRows(second)])).toEqual(alone)
  expect(alone.map(({ rows }) => [rows.length, rows[0]!.octets, rows[0]!.exporter])).toEqual([
    [1275, 1, '0.0.0.1'],
    [1275, 2, '0.0.0.2'],
  ])
})

test('a file that ended in an error leaves nothing behind', async () => {
  const bytes = inOne(new Array<Buffer>(10).fill(flow2([element(1, genericValue()), element(2, IPV4_VALUE)])))
  const refuse = () => {
    throw new Error('no more')
  }
  await expect(decodeFlowFile(inChunks(bytes, 100), refuse)).rejects.toThrow('no more')
  expect((await decodeRows(bytes)).rows.length).toBe(10)
})
