import { createReadStream, readFileSync, statSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { tallyFile } from '../../ingest/aggregate/tally-file.ts'
import { parseConfig } from '../../ingest/config/load.ts'
import { createFlowReader } from '../../ingest/decode/flow-reader.ts'
import { DIRECTIONS, IN, OUT } from '../../ingest/model/direction.ts'
import type { Counts } from '../../ingest/model/measure.ts'
import type { Part } from '../../ingest/model/part.ts'
import { rankHosts } from '../../ingest/store/boards.ts'

/*
 * Like for like: the counters that CUFlow 1.55 itself kept for a flow file, against ours for the same file and the
 * same configuration (test/fixtures/cuflow/CUFlow.cf, translated line by line).
 */
const NAME = 'ft-v05.2026-11-23.165317+0000'
const fixtures = new URL('../fixtures/', import.meta.url).pathname
const expected = JSON.parse(readFileSync(`${fixtures}cuflow/${NAME}.cuflow.json`, 'utf8')) as CuflowCounters

interface CuflowCounts {
  bytes: number
  pkts: number
  flows: number
}
type Ways = { in: CuflowCounts; out: CuflowCounts }
interface CuflowCounters {
  records: number
  hits: number
  total: Ways
  multicast: Ways
  network: Record<string, Ways>
  protocol: Record<string, Ways>
  tos: Record<string, Ways>
  service: Record<string, { src: Ways; dst: Ways }>
  router: Record<string, { total: Ways }>
  scoreboard: Record<'in' | 'out', Record<'bytes' | 'pkts' | 'flows', (CuflowCounts & { addr: string })[]>>
}

const { config, fingerprint } = parseConfig(
  {
    subnets: ['198.51.100.0/24', '203.0.113.0/24'],
    networks: {
      campus: '198.51.100.0/24',
      servers: '203.0.113.0/25,203.0.113.200',
      mailservers: '203.0.113.0/28',
      dns1: '198.51.100.1',
    },
    routers: { fred: '127.0.0.2', barney: '127.0.0.3' },
    services: {
      ftp: '20-21/tcp',
      ssh: '22/tcp',
      smtp: '25/tcp,465/tcp,587/tcp',
      domain: '53/udp,53/tcp',
      http: '80/tcp,8080/tcp',
      https: '443/tcp,443/udp',
      imaps: '993/tcp',
    },
    protocols: { icmp: 1, tcp: 6, udp: 17, gre: 47, esp: 50 },
    tos: { normal: 0, low: '1-63', high: '64-255' },
    scoreboard: { top: 10 },
    compat: 'cuflow',
  },
  '/flowscan.config.ts',
)

let part: Part

beforeAll(async () => {
  const path = `${fixtures}flow-tools/${NAME}`
  const file = {
    name: NAME,
    bytes: statSync(path).size,
    source: 'flows',
    read: createFlowReader(() => createReadStream(path), config.site.timeZone),
  }
  part = (await tallyFile(file, config, fingerprint)).part
})

const NONE: CuflowCounts = { bytes: 0, pkts: 0, flows: 0 }
const toCuflow = (counts: Readonly<Counts> | undefined): CuflowCounts =>
  counts === undefined ? NONE : { bytes: Number(counts[0]), pkts: Number(counts[1]), flows: Number(counts[2]) }

function ways(cell: string): Ways {
  expect(part.slots).toHaveLength(1)
  const counts = part.slots[0]!.cells[cell]
  return { in: toCuflow(counts?.in), out: toCuflow(counts?.out) }
}

describe("compat 'cuflow' gives CUFlow's own numbers", () => {
  test('for the total, and its hit ratio', () => {
    expect(ways('total')).toEqual(expected.total)
    const flows = DIRECTIONS.map((way) => Number(part.quality.flowsByDirection[way]))
    expect([flows[IN]! + flows[OUT]!, flows.reduce((sum, each) => sum + each)]).toEqual([
      expected.hits,
      expected.records,
    ])
    expect(`${expected.hits}/${expected.records}`).toBe('599/1200')
  })

  test('for each network, protocol and TOS class, and multicast', () => {
    const found = (dimension: string, names: object) =>
      Object.fromEntries(Object.keys(names).map((name) => [name, ways(`${dimension}/${name}`)]))
    expect(found('network', expected.network)).toEqual(expected.network)
    expect(found('protocol', expected.protocol)).toEqual(expected.protocol)
    expect(found('tos', expected.tos)).toEqual(expected.tos)
    expect(ways('protocol/multicast')).toEqual(expected.multicast)
  })

  test('for each service by source port and by destination port', () => {
    const found = Object.keys(expected.service).map((name) => [
      name,
      { src: ways(`service-src/${name}`), dst: ways(`service-dst/${name}`) },
    ])
    expect(Object.fromEntries(found)).toEqual(expected.service)
  })

  test('for each router; the exporter that CUFlow.cf does not list is ours as other', () => {
    expect({
      '127.0.0.2': { total: ways('router/fred') },
      '127.0.0.3': { total: ways('router/barney') },
      '127.0.0.4': { total: ways('router/other') },
    }).toEqual(expected.router)
  })

  test.each(['in', 'out'] as const)('for the three top-ten lists %s', (direction) => {
    const measures = { bytes: 'octets', pkts: 'packets', flows: 'flows' } as const
    const first = direction === 'in' ? 1 : 4
    for (const [theirs, measure] of Object.entries(measures) as [
      keyof typeof measures,
      'octets' | 'packets' | 'flows',
    ][]) {
      const rows = rankHosts(part.hosts.inside, { direction, measure }, 10)
      const found = rows.map((row) => ({ addr: row[0], ...toCuflow(row.slice(first, first + 3) as Counts) }))
      expect(found).toEqual(expected.scoreboard[direction][theirs])
    }
  })
})
