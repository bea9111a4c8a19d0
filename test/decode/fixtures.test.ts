import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodeFlowFile } from '../../ingest/decode/index.ts'
import { formatAddress } from '../../ingest/model/address.ts'
import type { FlowBatch, FlowFileSummary } from '../../ingest/model/flow-batch.ts'
import { inspectFile } from '../../ingest/run/inspect.ts'

/*
 * Every flow file under fixtures/ with the numbers that its own reference tool read out of it. To add a case, drop in
 * the file, expected/<name>.json, and expected/<name>.csv.gz where records are to be compared one by one.
 */
const OWN = new URL('../fixtures/', import.meta.url).pathname
const SHARED = new URL('../../../shared/fixtures/', import.meta.url).pathname

interface Expected {
  [key: string]: unknown
  records: number
  crossCheck?: unknown
}

interface Fixture {
  name: string
  path: string
  expected: Expected
  csv: string | null
}

const roots = [OWN, ...(existsSync(SHARED) ? [SHARED] : [])]
const fixtures: Fixture[] = roots.flatMap((root) =>
  ['flow-tools', 'nfcapd'].flatMap((folder) =>
    readdirSync(`${root}${folder}`)
      .filter((file) => root === OWN || /^(real|upstream)-/.test(file))
      .map((file) => {
        const name = file.replace(/\.(ft|nf)$/, '')
        const csv = `${root}expected/${name}.csv.gz`
        return {
          name: file,
          path: `${root}${folder}/${file}`,
          expected: JSON.parse(readFileSync(`${root}expected/${name}.json`, 'utf8')) as Expected,
          csv: existsSync(csv) ? csv : null,
        }
      }),
  ),
)

test('there are fixtures of every format', () => {
  expect(fixtures.filter(({ path }) => path.includes('/flow-tools/')).length).toBeGreaterThanOrEqual(40)
  expect(fixtures.filter(({ path }) => path.includes('/nfcapd/')).length).toBeGreaterThanOrEqual(33)
})

/** The reference computes times without the wrap of sysUpTime; files in which a record wraps are compared by the right window instead. */
const WRAPPED = /uptimewrap/
const COMPARED = [
  'records',
  'flows',
  'packets',
  'octets',
  'byProtocol',
  'topSrcByOctets',
  'topDstByOctets',
  'byExporter',
  'byTos',
  'bySrcAS',
  'minFirstMs',
  'maxLastMs',
] as const

/** Where records stand for many flows (`dflows` in all), the reference's `flows` by key are records. */
const isSummed = ({ dflows }: Expected) => dflows !== undefined && dflows !== null
const withoutFlows = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, each) => (key === 'flows' ? undefined : each))

describe('inspect gives the numbers of the reference tool', () => {
  test.each(fixtures)('$name', async ({ name, path, expected }) => {
    const found = (await inspectFile(path)) as unknown as Record<string, unknown>
    for (const key of COMPARED) {
      if (expected[key] === undefined || expected[key] === null) continue
      if (WRAPPED.test(name) && key.endsWith('Ms')) continue
      if (/v1005-big/.test(name) && key === 'byExporter') continue
      if (isSummed(expected) && key === 'flows') expect(found.flows).toBe(expected.dflows)
      else if (isSummed(expected)) expect(withoutFlows(found[key]), key).toEqual(withoutFlows(expected[key]))
      else expect(found[key], key).toEqual(expected[key])
    }
    expect(found.outPackets ?? 0).toBe(expected.outPackets ?? 0)
    expect(found.outOctets ?? 0).toBe(expected.outOctets ?? 0)
  })
})

test('times before the wrap of sysUpTime lie where they belong', async () => {
  const { minFirstMs, maxLastMs } = await inspectFile(`${OWN}flow-tools/syn-v5-uptimewrap-little-z0.ft`)
  expect(new Date(minFirstMs!).toISOString().slice(0, 15)).toBe('2024-05-01T10:3')
  expect(new Date(maxLastMs!).toISOString().slice(0, 16)).toBe('2024-05-01T10:44')
})

interface Row {
  src: string
  dst: string
  srcPort: number
  dstPort: number
  protocol: number
  tos: number
  octets: number
  packets: number
  srcAs: number
  dstAs: number
  input: number
  output: number
  exporter: string
}

async function decodeRows(path: string): Promise<{ rows: Row[]; times: [number, number][]; summary: FlowFileSummary }> {
  const rows: Row[] = []
  const times: [number, number][] = []
  const summary = await decodeFlowFile(createReadStream(path), (batch: FlowBatch, { exporters }) => {
    for (let i = 0; i < batch.length; i++) {
      if (batch.reverse[i] === 1) continue
      times.push([batch.startMs[i]!, batch.endMs[i]!])
      rows.push({
        src: formatAddress(batch.srcAddr, i * 4),
        dst: formatAddress(batch.dstAddr, i * 4),
        srcPort: batch.srcPort[i]!,
        dstPort: batch.dstPort[i]!,
        protocol: batch.protocol[i]!,
        tos: batch.tos[i]!,
        octets: batch.octets[i]!,
        packets: batch.packets[i]!,
        srcAs: batch.srcAs[i]!,
        dstAs: batch.dstAs[i]!,
        input: batch.ingressIfIndex[i]!,
        output: batch.egressIfIndex[i]!,
        exporter: exporters[batch.exporter[i]!]!,
      })
    }
  })
  return { rows, times, summary }
}

/** The reference tool's records as text by column. */
function csvRecords(path: string): Record<string, string>[] {
  const [header, ...lines] = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n')
  const names = header!.replace(/^#:/, '').split(',')
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, at) => [names[at]!, cell])))
}

const COLUMNS = {
  flowTools: {
    src: 'srcaddr',
    dst: 'dstaddr',
    srcPort: 'srcport',
    dstPort: 'dstport',
    protocol: 'prot',
    tos: 'tos',
    octets: 'doctets',
    packets: 'dpkts',
    srcAs: 'src_as',
    dstAs: 'dst_as',
    input: 'input',
    output: 'output',
    exporter: 'exaddr',
  },
  nfdump: {
    src: 'srcAddr',
    dst: 'dstAddr',
    srcPort: 'srcPort',
    dstPort: 'dstPort',
    protocol: 'proto',
    tos: 'tos',
    octets: 'inBytes',
    packets: 'inPackets',
    srcAs: 'srcAS',
    dstAs: 'dstAS',
    input: 'input',
    output: 'output',
    exporter: 'routerIP',
  },
} as const

/** nfdump's csv has a row of its own for the outer addresses of a tunnel, before that of the flow in it. */
function withoutTunnels(records: Record<string, string>[]): Record<string, string>[] {
  const same = ['firstSeen', 'lastSeen', 'inPackets', 'inBytes']
  const isOuter = (record: Record<string, string>, next: Record<string, string> | undefined) =>
    record.proto === '47' &&
    next !== undefined &&
    next.proto !== '47' &&
    same.every((column) => record[column] === next[column])
  return records.filter((record, at) => !isOuter(record, records[at + 1]))
}

describe('records agree one by one with the reference tool', () => {
  test.each(fixtures.filter(({ csv }) => csv !== null))('$name', async ({ name, path, csv }) => {
    const isFlowTools = path.includes('/flow-tools/')
    const columns = isFlowTools ? COLUMNS.flowTools : COLUMNS.nfdump
    const expected = /nfpcapd/.test(name) ? withoutTunnels(csvRecords(csv!)) : csvRecords(csv!)
    const { rows, times } = await decodeRows(path)
    const isIcmp = (row: Row) => row.protocol === 1 || row.protocol === 58
    expect(rows.length).toBe(expected.length)
    for (const [at, row] of rows.entries()) {
      const record = expected[at]!
      for (const [field, column] of Object.entries(columns)) {
        const theirs = record[column]
        if (theirs === undefined) continue
        if (field === 'exporter' && /v1005-big/.test(name)) continue
        if (field === 'dstAs' && /v8\.12-big/.test(name)) continue
        // nfdump prints ICMP's type and code as `3.1` where the port would be.
        if (field === 'dstPort' && !isFlowTools && isIcmp(row)) {
          expect(`${row.dstPort >>> 8}.${row.dstPort & 255}`, `${at} icmp`).toBe(theirs)
          continue
        }
        const ours = row[field as keyof Row]
        expect(typeof ours === 'number' ? String(ours) : ours, `record ${at} ${field}`).toBe(theirs)
      }
      if (
        !isFlowTools &&
        record.firstSeen !== undefined &&
        times[at]![0] > 1e12 &&
        !record.firstSeen.startsWith('0000')
      ) {
        expect(new Date(times[at]![0]).toISOString().replace('T', ' ').slice(0, 23)).toBe(record.firstSeen)
      }
    }
  })
})
