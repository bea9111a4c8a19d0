import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { tallyFile } from '../../ingest/aggregate/tally-file.ts'
import { parseConfig } from '../../ingest/config/load.ts'
import { createFlowReader } from '../../ingest/decode/flow-reader.ts'
import { decodeFlowFile } from '../../ingest/decode/index.ts'
import { UNKNOWN } from '../../ingest/model/flow-batch.ts'
import { FIXTURES } from '../flow-files.ts'
import { decodeRows, inChunks, type Row } from './rows.ts'

const bytesOf = (text: string) => Buffer.from(text, 'utf8')
const lines = (...objects: readonly object[]) =>
  bytesOf(objects.map((object) => `${JSON.stringify(object)}\n`).join(''))
const omit = (row: Row, ...names: readonly (keyof Row)[]) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name as keyof Row)))

/* Every CSV that flow-export and nfdump have made of a binary fixture is a fixture too: it must give the same flows. */
const csvs = readdirSync(`${FIXTURES}expected`)
  .filter((name) => name.endsWith('.csv.gz'))
  .map((name) => name.slice(0, -'.csv.gz'.length))

/** Where the tool that made the CSV does not say what the file says (MANIFEST.md). */
function unsaid(name: string): (keyof Row)[] {
  if (/v1005-big/.test(name)) return ['scaled', 'exporter']
  if (/v8\.12-big/.test(name)) return ['scaled', 'dstAs']
  return /allbytes-v8\.10/.test(name) ? ['scaled', 'input', 'output'] : ['scaled']
}

describe('CSV of flow-export and of nfdump 1.7.8 gives the flows of the file it was made of', () => {
  test.each(csvs)('%s', async (name) => {
    const source = ['flow-tools', 'nfcapd']
      .flatMap((folder) => ['', '.ft', '.nf'].map((end) => `${FIXTURES}${folder}/${name}${end}`))
      .find((path) => existsSync(path))!
    const fromCsv = await decodeRows(`${FIXTURES}expected/${name}.csv.gz`)
    const fromFile = await decodeRows(source)
    expect(fromCsv.rows.length).toBe(fromFile.rows.length)
    expect(fromCsv.rows.map((row) => omit(row, ...unsaid(name)))).toEqual(
      fromFile.rows.map((row) => omit(row, ...unsaid(name))),
    )
    expect(fromCsv.summary.warnings).toEqual([])
  })
})

const TEXT = `${FIXTURES}text/`

describe('what nfdump 1.7.1 prints of an nfcapd file', () => {
  test.each([
    { name: 'syn-v9multi.v2layout-1.7.1', source: 'nfcapd/syn-v9multi.v2layout-1.7.1.nf', count: 600 },
    { name: 'softflowd-bidirectional', source: 'ipfix/softflowd-bidirectional.nf', count: 60 },
  ])('$name', async ({ name, source, count }) => {
    const { rows } = await decodeRows(`${FIXTURES}${source}`)
    expect(rows).toHaveLength(count)
    const json = await decodeRows(`${TEXT}${name}.nfdump-1.7.1.json.gz`)
    expect(json.rows).toEqual(rows)
    expect(json.summary).toMatchObject({ format: 'JSON', detail: 'written by nfdump', complete: true, warnings: [] })
    const inSeconds = (row: Row) => ({
      ...omit(row, 'scaled'),
      startMs: Math.floor(row.startMs / 1000) * 1000,
      endMs: Math.floor(row.endMs / 1000) * 1000,
    })
    const csv = await decodeRows(`${TEXT}${name}.nfdump-1.7.1.csv.gz`)
    expect(csv.rows.map(inSeconds)).toEqual(rows.map(inSeconds))
    expect(csv.summary).toMatchObject({ detail: 'written by nfdump, 48 columns', complete: true, warnings: [] })
  })

  test('an object a line is as good as an array', async () => {
    const array = gunzipSync(readFileSync(`${TEXT}softflowd-bidirectional.nfdump-1.7.1.json.gz`)).toString()
    const objects = JSON.parse(array) as object[]
    expect(await decodeRows(lines(...objects))).toEqual(await decodeRows(bytesOf(array)))
    expect(await decodeRows(bytesOf(JSON.stringify(objects)))).toEqual(await decodeRows(bytesOf(array)))
  })

  test('the columns that nfdump 1.7.8 prints unless told otherwise', async () => {
    const { rows } = await decodeRows(
      bytesOf(
        'firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,flows\n' +
          '2024-05-01 10:39:58.649,0.887,6,198.51.100.2,26570,2001:db8::9,993,3,1407,1\n',
      ),
    )
    expect(rows).toMatchObject([
      {
        src: '198.51.100.2',
        dst: '2001:db8::9',
        dstPort: 993,
        tos: UNKNOWN,
        octets: 1407,
        startMs: Date.parse('2024-05-01T10:39:58.649Z'),
        endMs: Date.parse('2024-05-01T10:39:59.536Z'),
      },
    ])
  })
})

const GOFLOW2 = {
  type: 'SFLOW_5',
  time_received_ns: 1714560000123000000,
  sampling_rate: 1000,
  sampler_address: '192.0.2.254',
  time_flow_start_ns: 1714559999001000000,
  time_flow_end_ns: 1714560000000999000,
  bytes: 1500,
  packets: 1,
  src_addr: '198.51.100.7',
  dst_addr: '2001:db8::7',
  etype: 'IPv4',
  proto: 'TCP',
  src_port: 443,
  dst_port: 50000,
  in_if: 7,
  out_if: 1073741823,
  ip_tos: 184,
  tcp_flags: 24,
  icmp_type: 0,
  icmp_code: 0,
  src_as: 64500,
  dst_as: 4200000000,
  as_path: [1, 2],
}

describe('goflow2', () => {
  test('counters times the sampling rate, times to the millisecond', async () => {
    const { rows, summary } = await decodeRows(lines(GOFLOW2))
    expect(rows).toEqual([
      {
        src: '198.51.100.7',
        dst: '2001:db8::7',
        srcPort: 443,
        dstPort: 50000,
        protocol: 6,
        tos: 184,
        tcpFlags: 24,
        octets: 1_500_000,
        packets: 1000,
        flows: 1,
        startMs: 1714559999001,
        endMs: 1714560000000,
        srcAs: 64500,
        dstAs: 4200000000,
        input: 7,
        output: 1073741823,
        exporter: '192.0.2.254',
        scaled: 1,
        reverse: 0,
      },
    ])
    expect(summary.firstExportMs).toBe(1714560000123)
  })

  test('every millisecond of a second survives', async () => {
    const text = Array.from({ length: 1000 }, (_, ms) =>
      JSON.stringify({ ...GOFLOW2, time_flow_end_ns: 0 }).replace(
        '"time_flow_end_ns":0',
        `"time_flow_end_ns":1714560000${String(ms).padStart(3, '0')}000000`,
      ),
    )
    const { rows } = await decodeRows(bytesOf(text.join('\n')))
    expect(rows.map(({ endMs }) => endMs)).toEqual(Array.from({ length: 1000 }, (_, ms) => 1714560000000 + ms))
  })

  test('a rate of 0 says nothing; nanoseconds and counters may be text; times may be ISO', async () => {
    const { rows } = await decodeRows(
      lines(
        { ...GOFLOW2, sampling_rate: 0, bytes: '900', time_flow_end_ns: '1714560000123999999' },
        { ...GOFLOW2, time_flow_end_ns: '2024-05-01T10:40:00.064235982Z' },
      ),
    )
    expect(rows).toMatchObject([{ octets: 900, scaled: 0, endMs: 1714560000123 }, { endMs: 1714560000064 }])
  })

  test.each([
    ['IPv6-ICMP', 58],
    ['ICMP', 1],
    ['udp', 17],
    ['47', 47],
    [132, 132],
    ['nobody knows', UNKNOWN],
    ['300', UNKNOWN],
  ])('protocol %s', async (proto, number) => {
    const { rows } = await decodeRows(lines({ ...GOFLOW2, proto, dst_port: 0, icmp_type: 3, icmp_code: 1 }))
    expect(rows).toMatchObject([{ protocol: number, dstPort: number === 1 || number === 58 ? 769 : 0 }])
  })
})

const PMACCT = {
  event_type: 'purge',
  peer_ip_src: '192.0.2.1',
  ip_src: '198.51.100.1',
  ip_dst: '203.0.113.1',
  port_src: 5242,
  port_dst: 443,
  tcp_flags: '24',
  ip_proto: 'tcp',
  tos: 8,
  iface_in: 654,
  iface_out: 670,
  as_src: 64500,
  as_dst: 64501,
  timestamp_start: '2024-07-01 05:39:58.592000',
  timestamp_end: '2024-07-01 05:40:36.992000',
  timestamp_arrival: '2024-07-01 05:40:59.288540',
  stamp_inserted: '2024-07-01 05:35:00',
  stamp_updated: '2024-07-01 05:41:01',
  packets: 2,
  bytes: 193,
  flows: 3,
  writer_id: 'default_kafka/24194',
}

describe('pmacct', () => {
  test('times by the clock on the wall of the zone', async () => {
    const { rows, summary } = await decodeRows(lines(PMACCT), 'Europe/Vienna')
    expect(rows).toMatchObject([
      {
        src: '198.51.100.1',
        exporter: '192.0.2.1',
        octets: 193,
        flows: 3,
        protocol: 6,
        tos: 8,
        input: 654,
        dstAs: 64501,
        startMs: Date.parse('2024-07-01T03:39:58.592Z'),
        endMs: Date.parse('2024-07-01T03:40:36.992Z'),
        scaled: 0,
      },
    ])
    expect(summary.firstExportMs).toBe(Date.parse('2024-07-01T03:40:59.288Z'))
  })

  test('what it adds up has the times of the sum; epochs and zones are understood', async () => {
    const { timestamp_start: _start, timestamp_end: _end, timestamp_arrival: _arrival, ...sum } = PMACCT
    const { rows, summary } = await decodeRows(
      lines(sum, { ...sum, stamp_inserted: '1714560000.500', stamp_updated: '2024-05-01T12:40:01+02:00' }),
    )
    expect(rows.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [Date.parse('2024-07-01T05:35:00Z'), Date.parse('2024-07-01T05:41:01Z')],
      [1714560000500, 1714560001000],
    ])
    expect(summary.firstExportMs).toBe(Date.parse('2024-07-01T05:35:00Z'))
  })

  test('control lines are no flows; what an aggregate leaves out is unknown', async () => {
    const { rows, summary } = await decodeRows(
      lines(
        { event_type: 'purge_init', writer_id: 'x' },
        {
          event_type: 'purge',
          as_src: 1,
          stamp_inserted: '2024-07-01 05:35:00',
          packets: 1,
          bytes: 2,
          sampling_rate: 10,
        },
        { event_type: 'purge_close', writer_id: 'x' },
      ),
    )
    expect(rows).toMatchObject([{ src: '::', protocol: UNKNOWN, tos: UNKNOWN, octets: 20, scaled: 1 }])
    expect(summary.warnings).toEqual(['2 objects tell of other things than flows'])
  })
})

test('JSON and CSV become parts: the slot is that of the first flow received, in the zone of the site', async () => {
  const { config } = parseConfig(
    { subnets: ['198.51.100.0/24'], tos: { normal: 0 }, site: { timeZone: 'Europe/Vienna' } },
    '/flowscan.config.ts',
  )
  const tally = (bytes: Uint8Array, name: string) =>
    tallyFile(
      {
        name,
        bytes: bytes.length,
        source: 'test',
        read: createFlowReader(() => inChunks(bytes, 1000), config.site.timeZone),
      },
      config,
      'fingerprint',
    )
  const { part } = await tally(lines(PMACCT), 'pmacct.json')
  expect(new Date(part.slot * 1000).toISOString()).toBe('2024-07-01T03:40:00.000Z')
  expect(part.total).toEqual({ records: 1, octets: 193, packets: 2, flows: 3 })
  const csv = bytesOf(
    'ts,te,sa,da,pr,ipkt,ibyt\n2024-07-01 05:39:58,2024-07-01 05:40:36,198.51.100.1,192.0.2.1,TCP,2,193\n',
  )
  expect((await tally(csv, 'flows.csv')).part.slot).toBe(part.slot)
  const named = await tally(csv, 'nfcapd.202407010500')
  expect(new Date(named.part.slot * 1000).toISOString()).toBe('2024-07-01T03:00:00.000Z')
  expect(part.quality.skewed).toBe(0)
  expect(JSON.stringify(named.part.slots)).toContain('tos/other')
  expect(JSON.stringify(named.part.slots)).not.toContain('tos/normal')
})

const good = lines(GOFLOW2)
const NFDUMP = 'ts,te,sa,da,pr,ipkt,ibyt\n'
const LINE = '2024-07-01 05:39:58,2024-07-01 05:40:36,198.51.100.1,192.0.2.1,TCP,2,193\n'

describe('a bad piece costs itself', () => {
  test.each([
    { name: 'no JSON', bad: '{"bytes":}', warning: /byte \d+ is left out: it is no JSON/ },
    { name: 'an end that is missing', bad: '{"bytes":1,"sampler_', warning: /its end is missing/ },
    { name: 'a text that does not end', bad: '{"bytes":"', warning: /its end is missing/ },
    { name: 'braces that are never closed', bad: '{"a":{"b":[{', warning: /its end is missing/ },
    { name: 'other objects', bad: '{"hello":"world"}', warning: /it is no flow of goflow2, nfdump, pmacct/ },
    { name: 'octets below zero', bad: JSON.stringify({ ...GOFLOW2, bytes: -1 }), warning: /octets -1/ },
    { name: 'half an octet', bad: JSON.stringify({ ...GOFLOW2, bytes: 0.5 }), warning: /octets 0\.5/ },
    { name: 'no octets', bad: JSON.stringify({ ...GOFLOW2, bytes: undefined }), warning: /it tells no octets/ },
    {
      name: 'an address that is none',
      bad: JSON.stringify({ ...GOFLOW2, src_addr: '1.2.3' }),
      warning: /src "1\.2\.3"/,
    },
    { name: 'a port beyond 65,535', bad: JSON.stringify({ ...GOFLOW2, dst_port: 65536 }), warning: /dstPort 65536/ },
    { name: 'a TOS beyond 255', bad: JSON.stringify({ ...GOFLOW2, ip_tos: 256 }), warning: /tos 256/ },
    {
      name: 'a time that is none',
      bad: JSON.stringify({ ...GOFLOW2, time_flow_end_ns: 'soon' }),
      warning: /endMs "soon"/,
    },
    { name: 'keys of objects', bad: '{"__proto__":{"sampler_address":1},"constructor":1}', warning: /it is no flow/ },
    { name: 'a megabyte', bad: `{"sampler_address":"${'x'.repeat(1_100_000)}"}`, warning: /more than 1048576 bytes/ },
  ])('JSON: $name', async ({ bad, warning }) => {
    const { rows, summary } = await decodeRows(Buffer.concat([good, bytesOf(`${bad}\n`), good]))
    expect(rows).toHaveLength(2)
    expect(summary.warnings.join()).toMatch(warning)
    await expect(decodeRows(bytesOf(`${bad}\n`))).rejects.toThrow(
      warning.source.includes('left out') ? /it is no JSON/ : warning,
    )
  })

  test.each([
    { name: 'too few columns', bad: '2024-07-01 05:39:58,1\n', warning: /it has 2 of 7 columns/ },
    { name: 'octets that are no number', bad: LINE.replace('193', '1e3'), warning: /octets "1e3"/ },
    { name: 'a megabyte', bad: `${'x'.repeat(1_100_000)}\n`, warning: /more than 1048576 bytes/ },
  ])('CSV: $name', async ({ bad, warning }) => {
    const { rows, summary } = await decodeRows(bytesOf(NFDUMP + LINE + bad + LINE))
    expect(rows).toHaveLength(2)
    expect(summary.warnings.join()).toMatch(warning)
    await expect(decodeRows(bytesOf(NFDUMP + bad))).rejects.toThrow(warning)
  })

  test('counters beyond 2^53, also by their sampling rate', async () => {
    const huge = `{"sampler_address":"192.0.2.1","bytes":18446744073709551615,"packets":1}\n`
    const { rows, summary } = await decodeRows(
      Buffer.concat([good, bytesOf(huge), lines({ ...GOFLOW2, bytes: 2 ** 52, sampling_rate: 4 })]),
    )
    expect(rows).toHaveLength(1)
    expect(summary).toMatchObject({ records: 1, implausible: 2 })
  })

  test('a sampling rate beyond belief is told', async () => {
    const { rows, summary } = await decodeRows(lines({ ...GOFLOW2, bytes: 7, sampling_rate: 2 ** 31 }))
    expect(rows).toMatchObject([{ octets: 7_000_000, scaled: 1 }])
    expect(summary.warnings).toEqual(['a sampling rate of 2147483648 is not believed; 1000000 counts in its place'])
  })

  test('times that no calendar has are unknown', async () => {
    const { rows } = await decodeRows(
      bytesOf('{"sampler_address":"","bytes":1,"time_flow_start_ns":-1e99,"time_flow_end_ns":1e400}'),
    )
    expect(rows).toMatchObject([{ startMs: 0, endMs: 0, exporter: '0.0.0.0' }])
  })

  test('a last piece without its end', async () => {
    const json = await decodeRows(Buffer.concat([good, good.subarray(0, 100)]))
    expect(json.rows).toHaveLength(1)
    expect(json.summary.complete).toBe(false)
    const csv = await decodeRows(bytesOf(NFDUMP + LINE + LINE.slice(0, 30)))
    expect(csv.rows).toHaveLength(1)
    expect(csv.summary.complete).toBe(false)
  })

  test('an empty array, and a header alone, hold no flows', async () => {
    expect((await decodeRows(bytesOf('[\n]\n'))).rows).toEqual([])
    expect((await decodeRows(bytesOf(NFDUMP))).rows).toEqual([])
    expect((await decodeRows(bytesOf(`${NFDUMP}No matched flows\n`))).summary.warnings).toEqual([])
  })

  test('names of columns that never end are refused, whatever comes behind them', async () => {
    const names = `ts,te,td,${'x'.repeat(1_100_000)}`
    for (const rest of ['', '\n', '\nfoo,bar\n1,2\n', `\n${names}\n`])
      await expect(decodeRows(bytesOf(names + rest))).rejects.toThrow(
        /byte 0: the names of the columns take more than 1048576/,
      )
  })

  test('lines with CR LF', async () => {
    expect((await decodeRows(bytesOf((NFDUMP + LINE).replaceAll('\n', '\r\n')))).rows).toMatchObject([{ octets: 193 }])
  })
})

test('ten megabytes of nothing but a brace take neither time nor memory', async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield good
    const chunk = Buffer.alloc(65_536, '{"a":')
    for (let n = 0; n < 160; n++) yield chunk
  }
  const before = process.memoryUsage()
  const summary = await decodeFlowFile(endless(), () => {})
  const after = process.memoryUsage()
  expect(summary.records).toBe(1)
  expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(64 * 1024 * 1024)
})
