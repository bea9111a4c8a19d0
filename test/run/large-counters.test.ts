import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../../ingest/config/load.ts'
import { parseAddress } from '../../ingest/model/address.ts'
import type { Counter } from '../../ingest/model/counter.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import { inspectFile } from '../../ingest/run/inspect.ts'
import { query, queryQuality } from '../../ingest/run/query.ts'
import { readScoreboard } from '../../ingest/run/scoreboard.ts'
import { readDayBoard } from '../../ingest/store/boards.ts'
import { seriesPath } from '../../ingest/store/derive.ts'
import { partPath, readSlotParts } from '../../ingest/store/part.ts'
import { readSeries } from '../../ingest/store/series.ts'
import { windowOf } from '../../ingest/store/windows.ts'
import { COLLECTORS } from '../../ingest/synthesize/collector.ts'
import { createExportedFlows } from '../../ingest/synthesize/exported-flows.ts'
import { EXPORTERS } from '../../ingest/synthesize/exporter.ts'
import { buildSite } from '../../site/build.ts'

/*
 * Flow files whose counters add up to more than 2^63: of nfcapd, whose counters have 64 bits, with one record of 2^64 - 1 octets
 * among them; of flow-tools, whose counters have 32, under a config that samples.
 */
const SLOT = Date.parse('2026-11-23T16:35:00Z') / 1000
const FLOWS = 2400
const DAY_MS = 86_400_000
const RATE = 1_000_000
const HOSTS = ['198.51.100.10', '198.51.100.11', '198.51.100.12'] as const
/** Of a flow: odd, so that rounding would show, and nearly all that a line of 400 Gb/s carries in a day. */
const OCTETS = { nfcapd: 4_319_999_999_999_999, 'flow-tools': 4_294_967_295 }

describe.each([
  { format: 'nfcapd', rate: 1, timing: 'spread', implausible: 1 },
  { format: 'flow-tools', rate: RATE, timing: 'export', implausible: 0 },
] as const)('case 64: counters beyond 2^53 in a file of $format', ({ format, rate, timing, implausible }) => {
  const base = mkdtempSync(join(tmpdir(), 'flowscan-'))
  const loaded = parseConfig(
    {
      subnets: '198.51.100.0/24',
      networks: { campus: '198.51.100.0/24' },
      services: { https: '443/tcp' },
      routers: { edge: { addresses: '198.51.100.1', sampleRate: rate } },
      flows: { dir: 'flows', settleSeconds: 0 },
      timing,
    },
    join(base, 'flowscan.config.ts'),
  )
  const { config } = loaded
  const each = BigInt(OCTETS[format]) * BigInt(rate)
  const all = each * BigInt(FLOWS)
  const ofHost = all / BigInt(HOSTS.length)
  const path = join(config.flows[0]!.dir, COLLECTORS[format].nameOf(SLOT))
  const days = { from: '2026-11-22', to: '2026-11-24' }
  let inspected: Counter

  beforeAll(async () => {
    mkdirSync(config.flows[0]!.dir, { recursive: true })
    writeFlowFile(path, format)
    inspected = (await inspectFile(path)).octets
    await ingest(loaded)
    await buildSite(config)
  })
  afterAll(() => rmSync(base, { recursive: true }))

  test('inspect adds them up', () => {
    expect(BigInt(inspected)).toBe(BigInt(OCTETS[format]) * BigInt(FLOWS))
  })

  test('case 62: the part has every octet but those of the record that no line carries', () => {
    const [part] = readSlotParts(config.data, SLOT)
    const { total, slots, hosts, quality } = part!
    expect(all).toBeGreaterThan(2n ** 63n)
    expect([total.octets, total.flows, quality.implausible]).toEqual([all, FLOWS, implausible])
    expect(addUp(slots.map(({ cells }) => cells['network/campus,service/https']!.in![0]))).toBe(all)
    expect(slots.length > 288).toBe(timing === 'spread')
    expect(hosts.inside.rows.map(([address, octets]) => [address, octets])).toEqual(HOSTS.map((host) => [host, ofHost]))
    expect(storedText(partPath(config.data, part!)).includes(`"octets":"${all}"`)).toBe(true)
  })

  test.each(['5m', '30m', '2h', '1d'] as const)('series at %s have every octet, and query prints them', (step) => {
    const { cells, known } = readSeries(config.data, step, { from: SLOT - 2 * 86_400, to: SLOT + 86_400 })
    const { octets } = cells.get('service/https')!.in!.sum
    expect(addUp(octets)).toBe(all)
    const [point] = known.flatMap((seconds, at) => (seconds > 0 ? [octets[at]!] : []))
    const printed = query(config, { what: 'service/https', step, ...days }).series.https!.in.octets
    expect(printed.filter((value) => value !== null)).toEqual([point])
    if (timing === 'export') expect(point).toBe(all)
    const window = windowOf(step, SLOT).name
    const json = typeof point === 'bigint' ? `"${point}"` : `${point}`
    expect(storedText(seriesPath(config.data, step, window)).includes(json)).toBe(true)
  })

  test('case 62: what was left out is a series, which query prints and pages show', () => {
    const { quality } = queryQuality(config, { step: '5m', ...days })
    expect(quality.implausible.filter((flows) => flows !== null)).toEqual([implausible])
    expect(addUp(Object.values(quality).flat())).toBe(BigInt(implausible))
    const html = readFileSync(join(config.site.dir, 'current', 'total/index.html'), 'utf8')
    expect(html.includes('<th scope="row">implausible</th><td>1</td>')).toBe(implausible === 1)
  })

  test('boards rank the hosts and share by them', () => {
    const stored = readDayBoard(config.data, '2026-11-23')!.board
    expect(stored.total.in[0]).toBe(all)
    expect(stored.inside.rows.map((row) => row[1])).toEqual(HOSTS.map(() => ofHost))
    const [first, ...rest] = readScoreboard(config, '2026-11-23T16:35Z').in.octets
    expect([first!.address, first!.in.octets, rest.length]).toEqual([HOSTS[0], ofHost, HOSTS.length - 1])
    expect(first!.share).toBeCloseTo(1 / 3, 12)
  })

  test('pages show them', () => {
    const page = (name: string) => readFileSync(join(config.site.dir, 'current', name), 'utf8')
    expect(page('scoreboard/overall/index.html')).toContain('<td class="own">3.4')
    expect(page('scoreboard/overall/index.html')).toContain('33.3\u202f%')
    const { total, hosts } = JSON.parse(page('scoreboard/2026/11/23/1635/board.json'))
    expect([total.in[0], hosts[0][1]]).toEqual([String(all), String(ofHost)])
  })
})

/** From outside to three hosts in turn, each flow a day long. */
function writeFlowFile(path: string, format: 'nfcapd' | 'flow-tools'): void {
  const exporter = { ...EXPORTERS[0]!, format }
  const file = { path, exporter, compression: 'none' as const, captureStart: SLOT, captureEnd: SLOT + 300 }
  const writer = COLLECTORS[format].create(file)
  const flows = createExportedFlows(FLOWS + 1)
  flows.length = format === 'nfcapd' ? FLOWS + 1 : FLOWS
  for (let i = 0; i < flows.length; i++) {
    flows.srcAddr.set(parseAddress('192.0.2.1')!, i * 4)
    flows.dstAddr.set(parseAddress(HOSTS[i % HOSTS.length]!)!, i * 4)
    flows.dstPort[i] = 443
    flows.protocol[i] = 6
    flows.octets[i] = OCTETS[format]
    flows.packets[i] = 1_000_000
    flows.endMs[i] = SLOT * 1000 + 1000 + i
    flows.startMs[i] = flows.endMs[i]! - DAY_MS
    flows.exportMs[i] = SLOT * 1000 + 10_000
  }
  if (format === 'nfcapd') flows.octets[FLOWS] = MARK
  writer.write(flows)
  writer.close()
  if (format === 'nfcapd') replaceMark(path)
}

/** Octets of one record, until they are 2^64 - 1. */
const MARK = 0x1234_5678_9abc

function replaceMark(path: string): void {
  const bytes = readFileSync(path)
  const mark = Buffer.alloc(8)
  mark.writeBigUInt64LE(BigInt(MARK))
  bytes.fill(0xff, bytes.indexOf(mark), bytes.indexOf(mark) + 8)
  writeFileSync(path, bytes)
}

function storedText(path: string): string {
  return gunzipSync(readFileSync(path)).toString()
}

function addUp(values: readonly (Counter | null)[]): bigint {
  return values.reduce<bigint>((sum, value) => sum + BigInt(value ?? 0), 0n)
}
