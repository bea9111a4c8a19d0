import { readFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { tallyFile } from '../../ingest/aggregate/tally-file.ts'
import { parseConfig } from '../../ingest/config/load.ts'
import { createFlowReader } from '../../ingest/decode/flow-reader.ts'
import { DecodeError } from '../../ingest/model/errors.ts'
import { UNKNOWN } from '../../ingest/model/flow-batch.ts'
import { FIXTURES } from '../flow-files.ts'
import { decodeRows, inChunks } from './rows.ts'

const path = (name: string) => `${FIXTURES}flow-tools/${name}`

/** Where the value of an item of the header stands in a little-endian file of stream version 3. */
function itemAt(bytes: Buffer, type: number): number {
  for (let at = 8; at < bytes.readUInt32LE(4); at += 4 + bytes.readUInt16LE(at + 2))
    if (bytes.readUInt16LE(at) === type) return at + 4
  throw new Error(`no item ${type}`)
}

test.each(['le', 'be'])('what the collector counted: crafted-all-tlvs-%s', async (order) => {
  const { summary } = await decodeRows(path(`crafted-all-tlvs-${order}.ft`))
  expect(summary).toMatchObject({ lost: 7, collector: { misordered: 3, corrupt: 1, resets: 2 } })
})

test('what the collector counted reaches the quality of the part', async () => {
  const bytes = readFileSync(path('crafted-all-tlvs-le.ft'))
  const { config } = parseConfig({ subnets: '198.51.100.0/24' }, '/flowscan.config.ts')
  const file = {
    name: 'x',
    bytes: bytes.length,
    source: 'test',
    read: createFlowReader(() => inChunks(bytes, 1000), 'UTC'),
  }
  const { part } = await tallyFile(file, config, 'fingerprint')
  expect(part.quality).toMatchObject({ lost: 7, collector: { misordered: 3, corrupt: 1, resets: 2 } })
})

test('a file that tells of no counts has none', async () => {
  const { summary } = await decodeRows(path('cat-stream-two-files.ft'))
  expect(summary.lost).toBe(null)
  expect(summary).not.toHaveProperty('collector')
})

describe('export version 8', () => {
  test.each([
    { method: 1, src: '::', dst: '::', protocol: UNKNOWN, tos: UNKNOWN },
    { method: 2, src: '::', dst: '::', protocol: 0, tos: UNKNOWN },
    { method: 3, src: '0.0.0.2', dst: '::', protocol: UNKNOWN, tos: UNKNOWN },
    { method: 4, src: '::', dst: '0.0.0.2', protocol: UNKNOWN, tos: UNKNOWN },
    { method: 6, src: '::', dst: '255.255.0.2', protocol: UNKNOWN, tos: 2, flows: 1 },
    { method: 8, src: '0.0.0.2', dst: '255.255.0.2', protocol: 2, tos: 2, flows: 1 },
    { method: 9, src: '::', dst: '::', protocol: UNKNOWN, tos: 2 },
    { method: 14, src: '0.0.0.2', dst: '255.255.0.2', protocol: 2, tos: 2 },
  ])('method $method says what it says, and nothing else', async ({ method, flows = 6, ...said }) => {
    const { rows, summary } = await decodeRows(path(`gen-v8.${method}-little-z0.ft`))
    expect(rows).toHaveLength(100)
    expect(rows[2]).toMatchObject({ ...said, flows })
    expect(summary.detail).toContain(`export version 8.${method}`)
  })

  test('what a method lacks goes to other', async () => {
    const bytes = readFileSync(path('gen-v8.1-little-z0.ft'))
    const { config } = parseConfig(
      {
        subnets: ['0.0.0.0/0', '::/0'],
        networks: { everything: ['0.0.0.0/0', '::/0'] },
        services: { any: '0-65535/tcp,0-65535/0' },
        protocols: { hopopt: 0 },
        tos: { normal: 0 },
        timing: 'export',
      },
      '/flowscan.config.ts',
    )
    const file = {
      name: 'ft-v08.2024-05-01.104000+0000',
      bytes: bytes.length,
      source: 'test',
      read: createFlowReader(() => inChunks(bytes, 1000), 'UTC'),
    }
    const { part } = await tallyFile(file, config, 'fingerprint')
    const { cells } = part.slots[0]!
    const all = { transit: [5050, 5050, 10_100] }
    expect(cells).toMatchObject({
      total: all,
      'service/other': all,
      'protocol/other': all,
      'tos/other': all,
      'as/other': all,
    })
    expect(Object.keys(cells).filter((cell) => /any|hopopt|normal|everything/.test(cell))).toEqual([])
  })

  test.each([0, 15, 255])('method %i is refused: nobody knows the size of its records', async (method) => {
    const bytes = readFileSync(path('gen-v8.1-little-z0.ft'))
    bytes[itemAt(bytes, 4)] = method
    await expect(decodeRows(bytes)).rejects.toThrow(
      new RegExp(`byte 8: export version 8\\.${method}; flowscan reads 1, 5, 6, 7, 8\\.1 to 8\\.14, 1005`),
    )
  })

  test('aggregation version 1 is refused', async () => {
    const bytes = readFileSync(path('gen-v8.1-little-z0.ft'))
    bytes[itemAt(bytes, 3)] = 1
    await expect(decodeRows(bytes)).rejects.toThrow(/byte 8: export version 8 of aggregation version 1; expected 2/)
  })
})

describe('one zlib stream', () => {
  const plain = readFileSync(path('syn-v5-multi-little-z0.ft'))
  const header = Buffer.from(plain.subarray(0, plain.readUInt32LE(4)))
  header[itemAt(header, 8)]! |= 2
  const records = plain.subarray(header.length)

  test('50: another zlib stream within it is refused', async () => {
    const twice = deflateSync(deflateSync(records))
    await expect(decodeRows(Buffer.concat([header, twice]))).rejects.toThrow(
      `byte ${header.length}: the records look zlib compressed twice`,
    )
  })

  test('60: with any of its bits flipped it is refused, gives the same, or says that its end is missing', async () => {
    const packed = Buffer.concat([header, deflateSync(records.subarray(0, 640))])
    const rowsOf = async (bytes: Uint8Array) => {
      const { rows, summary } = await decodeRows(bytes)
      return { rows, isWhole: !summary.warnings.join().includes('end too early') }
    }
    const { rows } = await rowsOf(packed)
    expect(rows).toHaveLength(10)
    let refused = 0
    for (let bit = header.length * 8; bit < packed.length * 8; bit++) {
      const flipped = Uint8Array.from(packed)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      const found = await rowsOf(flipped).catch((error) => {
        expect(error).toBeInstanceOf(DecodeError)
        refused++
      })
      if (found?.isWhole === true) expect(found.rows).toEqual(rows)
    }
    expect(refused).toBeGreaterThan(packed.length * 4)
  })
})

test.each([0, 1, 7, 65_537, 2 ** 32 - 1])('a header of %i bytes is refused', async (length) => {
  const bytes = readFileSync(path('syn-v5-multi-little-z0.ft'))
  bytes.writeUInt32LE(length, 4)
  await expect(decodeRows(bytes)).rejects.toThrow(`byte 4: header of ${length} bytes; expected 8 to 65536`)
})

describe('stream version 1', () => {
  const file = () => readFileSync(path('crafted-stream1-d5-le-z0.ft'))

  test('says neither exporter nor when it exported', async () => {
    const { rows, summary } = await decodeRows(file())
    expect(rows[0]).toMatchObject({ exporter: '0.0.0.0', srcAs: 64_500 })
    expect(summary).toMatchObject({ firstExportMs: null, complete: true, format: 'flow-tools' })
    expect(summary.detail).toBe('stream version 1, export version 5, little endian, captured on "oldhost"')
  })

  test('AS numbers count only where the header says that there are any', async () => {
    const { rows } = await decodeRows(path('crafted-stream1-d1-le-z0.ft'))
    expect(rows.every(({ srcAs, dstAs }) => srcAs === 0 && dstAs === 0)).toBe(true)
  })

  test('lost and misordered flows', async () => {
    const bytes = file()
    bytes.writeUInt32LE(11, 28)
    bytes.writeUInt32LE(12, 32)
    const { summary } = await decodeRows(bytes)
    expect(summary).toMatchObject({ lost: 11, collector: { misordered: 12, corrupt: null, resets: null } })
  })

  test('another export version, and a header cut short, are refused', async () => {
    const bytes = file()
    await expect(decodeRows(bytes.subarray(0, 359))).rejects.toThrow(
      /byte 359: file ends within its header of 360 bytes/,
    )
    bytes.writeUInt16LE(7, 4)
    await expect(decodeRows(bytes)).rejects.toThrow(
      /byte 4: export version 7 in stream version 1; expected 1, 5 or 65535/,
    )
  })
})

describe('numbers of the header that cannot be true', () => {
  const file = () => readFileSync(path('syn-v5-multi-little-z0.ft'))

  test.each([0, 1, 7, 65_537, 2 ** 32 - 1])('39: a header of %i bytes is refused', async (length) => {
    const bytes = file()
    bytes.writeUInt32LE(length, 4)
    await expect(decodeRows(bytes)).rejects.toThrow(`byte 4: header of ${length} bytes; expected 8 to 65536`)
  })

  test('39: a header that names nothing is refused', async () => {
    const bytes = file()
    bytes.writeUInt32LE(8, 4)
    await expect(decodeRows(bytes)).rejects.toThrow('byte 8: header names no export version')
  })

  test('39: items of no length, and one that runs past the header, end', async () => {
    const bytes = file()
    const header = Buffer.alloc(8 + 4 * 1000)
    bytes.copy(header, 0, 0, 8)
    header.writeUInt32LE(header.length, 4)
    header.writeUInt16LE(0xffff, header.length - 2)
    await expect(decodeRows(header)).rejects.toThrow('byte 8: header names no export version')
  })

  test('42: of 2^32 - 1 flows those that are there count', async () => {
    const bytes = file()
    bytes.writeUInt32LE(2 ** 32 - 1, itemAt(bytes, 10))
    const { rows, summary } = await decodeRows(bytes)
    expect(rows).toHaveLength(1200)
    expect(summary.warnings).toEqual(['the header says 4294967295 flows, the file holds 1200'])
  })

  test('50: a second zlib stream behind the first is not read', async () => {
    const bytes = file()
    const [header, records] = [bytes.subarray(0, bytes.readUInt32LE(4)), bytes.subarray(bytes.readUInt32LE(4))]
    header.writeUInt32LE(header.readUInt32LE(itemAt(bytes, 8)) | 2, itemAt(bytes, 8))
    const packed = deflateSync(records)
    const { rows, summary } = await decodeRows(Buffer.concat([header, packed, packed]))
    expect(rows).toHaveLength(1200)
    expect(summary.warnings).toEqual([`${packed.length} bytes behind the end of the compressed data are ignored`])
  })
})
