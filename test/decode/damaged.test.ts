import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeFlowFile, decoders } from '../../ingest/decode/index.ts'
import { DecodeError } from '../../ingest/model/errors.ts'
import { inspectFile } from '../../ingest/run/inspect.ts'
import { temporaryDirectory } from '../directory.ts'

const FIXTURES = new URL('../fixtures/', import.meta.url).pathname
const DAMAGED = `${FIXTURES}damaged/`

/** What becomes of each damaged file: an error that names the byte, or good records with a warning. */
const outcomes: Record<
  string,
  { error: RegExp } | { records: number; octets: number; complete: boolean; warning: RegExp | null }
> = {
  'ft-bad-byteorder3.ft': { error: /byte 2: byte order 3; expected 1 .* or 2/ },
  'ft-bad-magic1.ft': { error: /byte 0: not a flow file: it begins with ce 10/ },
  'ft-bad-magic2.ft': { error: /byte 0: not a flow file: it begins with cf 11/ },
  'ft-bomb-1.07GiB.ft.gz': { error: /byte \d+: of what gzip unpacks to: \d+ compressed bytes unpack to more than \d+/ },
  'ft-bomb-256MiB.ft': { error: /byte \d+: \d+ compressed bytes unpack to more than \d+/ },
  'ft-bzip2.ft.bz2': { records: 300, octets: 1958208, complete: true, warning: /says 1200 flows/ },
  'ft-claims-compressed-but-plain.ft': { error: /byte 104: compressed data are damaged \(incorrect header check\)/ },
  'ft-claims-plain-but-compressed.ft': { error: /byte 104: .* they look zlib compressed/ },
  'ft-exversion9.ft': { error: /byte 8: export version 9; flowscan reads 1, 5, 6, 7, 8.1 to 8.14, 1005/ },
  'ft-flowcount-claims-5.ft': {
    records: 300,
    octets: 1958208,
    complete: true,
    warning: /header says 5 flows, the file holds 300/,
  },
  'ft-gzipped-wrongname.ft': { records: 300, octets: 1958208, complete: true, warning: /says 1200 flows/ },
  'ft-gzipped.ft.gz': { records: 300, octets: 1958208, complete: true, warning: /says 1200 flows/ },
  'ft-header-only.ft': { error: /byte 104: the header says 1200 flows, but the file holds none/ },
  'ft-implausible-values.ft': {
    records: 300,
    octets: 322124214034,
    complete: true,
    warning: /header says 1200 flows, the file holds 300/,
  },
  'ft-not-done-flag.ft': { records: 300, octets: 1958208, complete: false, warning: /had not closed this file/ },
  'ft-offset-huge.ft': { error: /byte 4: header of 4294967280 bytes; expected 8 to 65536/ },
  'ft-streamversion2.ft': { error: /byte 3: flow-tools stream version 2/ },
  'ft-truncated-3bytes.ft': { error: /byte 3: file ends within the header/ },
  'ft-truncated-header.ft': { error: /byte 30: file ends within its header of 104 bytes/ },
  'ft-truncated-midrecord.ft': {
    records: 100,
    octets: 665453,
    complete: false,
    warning: /byte 6521: the last record has 17 of 64 bytes/,
  },
  'ft-truncated-offset.ft': { error: /byte 6: file ends within the header/ },
  'ft-wrong-byteorder-claimed.ft': { error: /byte 4: header of 1744830464 bytes.*byte order may be claimed wrongly/ },
  'ft-zlib-bad-adler.ft': { error: /byte \d+: compressed data are damaged \(incorrect data check\)/ },
  'ft-zlib-bad-header.ft': { error: /byte 104: compressed data are damaged/ },
  'ft-zlib-bitflip-middle.ft': { error: /compressed data are damaged/ },
  'ft-zlib-trailing-garbage.ft': {
    records: 1200,
    octets: 7567708,
    complete: true,
    warning: /350 bytes behind the end of the compressed data/,
  },
  'ft-zlib-truncated.ft': {
    records: 591,
    octets: 3458619,
    complete: false,
    warning: /compressed data end too early; 591 whole records/,
  },
  'nf1-missing-extension-map.nf': {
    records: 80,
    octets: 302232,
    complete: true,
    warning: /10 records name an extension map that is missing/,
  },
  'nf1-truncated-stat.nf': { error: /byte 200: file ends within its header of 276 bytes/ },
  'nf2-appendix-offset-beyond-eof.nf': {
    records: 80,
    octets: 302232,
    complete: true,
    warning: /appendix at byte \d+, behind the end/,
  },
  'nf2-bad-magic.nf': { error: /byte 0: not a flow file/ },
  'nf2-blocksize-4g.nf': { error: /byte 40: block of 4294967295 bytes; expected 0 to 16777216/ },
  'nf2-byteswapped-magic.nf': { error: /byte 0: .*big-endian machine/ },
  'nf2-bz2-bitflip.nf': { error: /byte 40: block of 3077 bytes does not unpack as BZ2 \(.*BZ_DATA_ERROR/ },
  'nf2-bz2-truncated.nf': { error: /byte 40: block of 3077 bytes, but only 1585 remain/ },
  'nf2-claims-encrypted.nf': { error: /byte 17: encrypted \(method 1\)/ },
  'nf2-header-only.nf': { error: /byte 40: the header says 1 blocks, but the file ends here/ },
  'nf2-layout9.nf': { error: /byte 0: .*unknown layout/ },
  'nf2-lz4-bitflip.nf': {
    records: 74,
    octets: 3096319805132206,
    complete: true,
    warning: /6 records with counters beyond 2\^53/,
  },
  'nf2-lz4-bomb-32MiB.nf': { error: /byte 40: block of \d+ bytes does not unpack as LZ4/ },
  'nf2-lz4-truncated.nf': { error: /byte 40: block of 5952 bytes, but only 3012 remain/ },
  'nf2-lzo-bitflip.nf': { records: 80, octets: 302232, complete: true, warning: null },
  'nf2-no-appendix.nf': {
    records: 80,
    octets: 302232,
    complete: false,
    warning: /header says 1 blocks and 0 of an appendix/,
  },
  'nf2-numblocks-0.nf': { records: 80, octets: 302232, complete: false, warning: /had not closed this file/ },
  'nf2-numblocks-500.nf': { records: 80, octets: 302232, complete: false, warning: /header says 500 blocks/ },
  'nf2-record-size-overrun.nf': { error: /byte 40: .*record of type 11 with 60000 bytes, but 16656 remain/ },
  'nf2-stat-record-lies.nf': { records: 80, octets: 302232, complete: true, warning: null },
  'nf2-truncated-header.nf': { error: /byte 20: file ends within its header of 40 bytes/ },
  'nf2-truncated-midblock.nf': { error: /byte 40: block of 16688 bytes, but only 8948 remain/ },
  'nf2-unknown-compression.nf': { error: /byte 16: unknown compression 9/ },
  'nf2-unknown-element.nf': { records: 80, octets: 302232, complete: true, warning: /1 elements of unknown types/ },
  'nf2-unknown-record-type.nf': { records: 79, octets: 295236, complete: true, warning: /1 records of unknown types/ },
  'nf2-zstd-bitflip.nf': { records: 80, octets: 302232, complete: true, warning: null },
  'nf2-zstd-bomb-2GiB.nf': { error: /byte 40: block of 65998 bytes does not unpack as ZSTD \(.*16777216 bytes/ },
  'nf2-zstd-truncated.nf': { error: /byte 40: block of 3180 bytes, but only 1619 remain/ },
  'nf3-truncated.nf': { error: /byte 48: block of 16288 bytes, but only 8928 remain/ },
  'text.ft': { error: /byte 0: not a flow file: it begins with 74 68 69 73/ },
  'zero-length.ft': { error: /byte 0: the file is empty/ },
  'zeros-4k.ft': { error: /byte 0: not a flow file: it begins with 00 00/ },
}

test('every damaged fixture has its outcome here', () => {
  expect(Object.keys(outcomes).sort()).toEqual(readdirSync(DAMAGED).sort())
})

test.each(Object.entries(outcomes))('%s', async (name, outcome) => {
  const path = `${DAMAGED}${name}`
  if ('error' in outcome) {
    await expect(inspectFile(path)).rejects.toThrow(outcome.error)
    await expect(inspectFile(path)).rejects.toMatchObject({ exitCode: 65 })
    return
  }
  const { records, octets, complete, warnings } = await inspectFile(path)
  expect({ records, octets, complete }).toEqual({
    records: outcome.records,
    octets: outcome.octets,
    complete: outcome.complete,
  })
  if (outcome.warning === null) expect(warnings).toEqual([])
  else expect(warnings.join('\n')).toMatch(outcome.warning)
})

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Decodes; a DecodeError is an answer, anything else is a bug. */
async function decodeOrRefuse(bytes: Uint8Array, chunk = 65_536): Promise<number | DecodeError> {
  let rows = 0
  try {
    await decodeFlowFile(inChunks(bytes, chunk), (batch) => {
      rows += batch.length
      for (let i = 0; i < batch.length; i++) {
        if (
          !Number.isSafeInteger(batch.octets[i]!) ||
          !Number.isSafeInteger(batch.packets[i]!) ||
          !Number.isSafeInteger(batch.flows[i]!)
        ) {
          throw new Error(`row ${i}: counters are not whole numbers`)
        }
      }
    })
    return rows
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
}

const read = (path: string) => {
  const bytes = readFileSync(`${FIXTURES}${path}`)
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes
}
const bases = [
  'flow-tools/syn-v5-multi-little-z0.ft',
  'flow-tools/gen-v7-big-z0.ft',
  'flow-tools/cat-tofile-z9.ft',
  'nfcapd/syn-v9multi.v2layout-1.7.1.nf',
  'nfcapd/syn-v9multi-lz4.v2layout-1.7.8.nf',
  'ipfix/softflowd-bidirectional.ipfix',
  'text/softflowd-bidirectional.nfdump-1.7.1.json.gz',
  'text/softflowd-bidirectional.nfdump-1.7.1.csv.gz',
]

describe('hostile bytes end in a result or a DecodeError', () => {
  test('random bytes, alone and behind every magic', async () => {
    const heads = [[], [0xcf, 0x10, 1, 3], [0xcf, 0x10, 2, 3], [0x0c, 0xa5, 2, 0], [0, 10]]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 400 }), async (head, tail) => {
        await decodeOrRefuse(Uint8Array.from([...head, ...tail]))
      }),
      { seed: 5, numRuns: 2000 },
    )
  })

  test('59: a random MiB is refused, whatever it claims to be packed with', async () => {
    const noise = Buffer.from(
      fc.sample(fc.uint8Array({ minLength: 1 << 20, maxLength: 1 << 20 }), { seed: 8, numRuns: 1 })[0]!,
    )
    const heads = [
      [],
      [0x1f, 0x8b],
      [0x42, 0x5a, 0x68, 0x39],
      [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0],
      [0x28, 0xb5, 0x2f, 0xfd],
    ]
    for (const head of heads) {
      expect(await decodeOrRefuse(Buffer.concat([Buffer.from(head), noise]))).toBeInstanceOf(DecodeError)
    }
  })

  test.each(bases)('%s with bytes changed, cut and inserted', async (base) => {
    const original = read(base)
    const spot = fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: original.length - 1 }))
    const change = fc.tuple(spot, fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x10))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), fc.option(spot), async (changes, cut) => {
        const bytes = Uint8Array.from(original)
        for (const [at, value] of changes) bytes[at] = value
        await decodeOrRefuse(cut === null ? bytes : bytes.subarray(0, cut))
      }),
      { seed: 6, numRuns: 300 },
    )
  })
})

describe.each(bases)('%s', (base) => {
  test('decodes the same in chunks of any size', async () => {
    const bytes = read(base)
    const whole = await decodeOrRefuse(bytes)
    for (const chunk of [1, 7, 64, 1000]) expect(await decodeOrRefuse(bytes, chunk)).toBe(whole)
  })

  test('is recognised by exactly one decoder', () => {
    expect(decoders.filter(({ recognizes }) => recognizes(read(base).subarray(0, 64)))).toHaveLength(1)
  })
})

test('inspect outlives times that no calendar has', async () => {
  const bytes = read('nfcapd/syn-v9multi.v2layout-1.7.1.nf')
  // First record of the first block, first element: start, end and when it was received.
  const element = bytes.indexOf(Buffer.from([1, 0, 52, 0]))
  bytes.fill(0x7f, element + 4, element + 28)
  const folder = temporaryDirectory()
  writeFileSync(`${folder}/nfcapd.202405011040`, bytes)
  const { firstFlows, maxLastMs, records } = await inspectFile(`${folder}/nfcapd.202405011040`)
  expect(records).toBe(600)
  expect(firstFlows[0]!.start).toBe('unknown')
  expect(new Date(maxLastMs!).toISOString()).toMatch(/^2024-05-01T10:4/)
})

test('what is compressed twice is refused, and damage inside is placed in what it unpacks to', async () => {
  const flows = read('flow-tools/syn-v5-multi-little-z0.ft')
  expect(await decodeOrRefuse(gzipSync(flows))).toBe(1200)
  expect(await decodeOrRefuse(gzipSync(gzipSync(flows)))).toMatchObject({
    message: 'byte 0: of what gzip unpacks to: this is gzip once more; unpack it once',
  })
  expect(await decodeOrRefuse(gzipSync(flows.subarray(0, 30)))).toMatchObject({
    message: expect.stringMatching(/^byte 30: of what gzip unpacks to: file ends within its header/),
  })
  expect(await decodeOrRefuse(gzipSync(''))).toMatchObject({ message: expect.stringContaining('the file is empty') })
})

test('a gzip file cut short gives the records before', async () => {
  const packed = gzipSync(read('flow-tools/syn-v5-multi-little-z0.ft'))
  const { records, complete, compression, warnings } = await decodeFlowFile(
    inChunks(packed.subarray(0, packed.length / 2), 1000),
    () => {},
  )
  expect(records).toBeGreaterThan(300)
  expect({ complete, compression }).toEqual({ complete: false, compression: 'gzip' })
  expect(warnings[0]).toBe('the gzip data end too early; what is whole before counts')
})

test('memory does not follow the size of the file', async () => {
  const file = read('flow-tools/syn-v5-multi-little-z0.ft')
  const header = file.subarray(0, file.readUInt32LE(4))
  const records = file.subarray(header.length)
  async function* large(): AsyncGenerator<Uint8Array> {
    yield header
    for (let n = 0; n < 3000; n++) yield records
  }
  globalThis.gc?.()
  const before = process.memoryUsage()
  let flows = 0
  let most = 0
  const summary = await decodeFlowFile(large(), (batch) => {
    flows += batch.length
    most = Math.max(most, process.memoryUsage().arrayBuffers)
  })
  expect(flows).toBe(3000 * 1200)
  expect(summary.records).toBe(flows)
  expect(most - before.arrayBuffers).toBeLessThan(8 * 1024 * 1024)
})
