import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConfigInput } from '../../../ingest/config/index.ts'
import type { HostList, Part } from '../../../ingest/model/part.ts'
import { derive } from '../../../ingest/store/derive.ts'
import { commitPart } from '../../../ingest/store/part.ts'
import { sealOldDays } from '../../../ingest/store/seal.ts'
import { type Figure, median } from './figure.ts'

/** Node reads these certificates, where a machine has them, at every start. flowscan connects to nobody. */
const { NODE_EXTRA_CA_CERTS: _, ...ENVIRONMENT } = process.env
const ROOT = new URL('../../../', import.meta.url).pathname
const NOON = Date.parse('2026-11-23T12:00:00Z') / 1000
const SLOT = 300
const DAY = 86_400
const LIMITS: { readonly [entities: number]: number } = { 20: 1.5, 200: 8, 2000: 60 }
/** So many rebuilds follow each other, a slot each; the last of them ends a half hour, so that weeks move on, too. */
const REBUILDS = 6
/** Of each network so many services are seen. */
const SERVICES_SEEN = 3

/** A rebuild after one slot, a whole process each, of a site whose networks and services are so many together. */
export function measureRebuild(base: string, entities: number, pause: number, tell: (figure: Figure) => void): void {
  const site = createSite(join(base, `site-${entities}`), entities)
  for (let slot = NOON - DAY; slot < NOON; slot += SLOT) commitPart(site.data, partOf(slot, entities))
  derive(site.data)
  build(site.config)
  const runs = rebuilds(site, entities, pause)
  const name = `rebuild after one slot, ${entities} entities`
  const limit = LIMITS[entities]
  tell({
    what: `${name}: CPU, median of ${REBUILDS}`,
    measured: median(runs.map(({ cpu }) => cpu)),
    unit: 's',
    ...(limit && { limit }),
  })
  tell({
    what: `${name}: CPU, at the end of a half hour`,
    measured: runs.at(-1)!.cpu,
    unit: 's',
    ...(limit && { limit }),
  })
  tell({
    what: `${name}: peak memory`,
    measured: Math.max(...runs.map(({ memory }) => memory)) / 1e6,
    unit: 'MB',
    limit: 600,
  })
}

const ARCHIVED = 24
const ENTITIES = 20

/** The same rebuild with a day and with a year of archived scoreboards: a board for every hour of each day. */
export function measureArchive(base: string, pause: number, tell: (figure: Figure) => void): void {
  const [day, year] = [1, 365].map((days) => {
    const site = createSite(join(base, `archive-${days}`), ENTITIES)
    for (let slot = NOON - days * DAY; slot < NOON; slot += DAY / ARCHIVED)
      commitPart(site.data, partOf(slot, ENTITIES))
    derive(site.data)
    sealOldDays(site.data)
    build(site.config)
    return median(rebuilds(site, ENTITIES, pause).map(({ cpu }) => cpu))
  }) as [number, number]
  tell({ what: 'rebuild with a day of scoreboards (24 a day): CPU', measured: day, unit: 's' })
  tell({ what: 'rebuild with a year of them: CPU', measured: year, unit: 's' })
  tell({ what: 'a year ÷ a day', measured: year / day, unit: '', limit: 1.2 })
}

interface BenchSite {
  readonly config: string
  readonly data: string
}

function createSite(folder: string, entities: number): BenchSite {
  const half = entities / 2
  const numbered = (entry: (n: number) => object) =>
    Object.fromEntries(Array.from({ length: half }, (_, n) => [`m${n}`, { label: `Member ${n}`, ...entry(n) }]))
  const config: ConfigInput = {
    subnets: '10.0.0.0/8',
    networks: numbered((n) => ({ prefixes: `10.${n >> 8}.${n & 255}.0/24` })) as NonNullable<ConfigInput['networks']>,
    services: numbered((n) => ({ ports: `${n + 1}/tcp` })) as NonNullable<ConfigInput['services']>,
    reports: { pairs: [['network', 'service']] },
  }
  mkdirSync(join(folder, 'flows'), { recursive: true })
  const path = join(folder, 'flowscan.config.json')
  writeFileSync(path, JSON.stringify(config))
  return { config: path, data: join(folder, 'data') }
}

interface Used {
  /** Seconds. */
  readonly cpu: number
  /** Bytes. */
  readonly memory: number
}

function rebuilds({ config, data }: BenchSite, entities: number, pause: number): Used[] {
  return Array.from({ length: REBUILDS }, (_, at) => {
    sleep(pause)
    commitPart(data, partOf(NOON + at * SLOT, entities))
    derive(data)
    return build(config)
  })
}

function sleep(seconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000)
}

function build(config: string): Used {
  const usage = `${config}.usage`
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', `${ROOT}test/bench/usage.mjs`, `${ROOT}dist/flowscan/cli.js`, 'build', '-c', config],
    { env: { ...ENVIRONMENT, USAGE: usage }, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`flowscan build failed: ${stderr}`)
  return JSON.parse(readFileSync(usage, 'utf8')) as Used
}

/** What a flow file of the slot would have become: every network and service seen, each network with some services, a hundred hosts. */
function partOf(slot: number, entities: number): Part {
  const half = entities / 2
  const octets = (n: number) =>
    Math.round((1e7 * (1.5 + Math.sin(slot / 9000 + n)) * (1 + (((slot / SLOT) * 7919 * (n + 1)) % 97))) / 97)
  const counts = (n: number) =>
    [octets(n), Math.ceil(octets(n) / 800), Math.ceil(octets(n) / 9000)] as [number, number, number]
  const cells = Array.from({ length: half }, (_, n) => n).flatMap((n) => [
    [`network/m${n}`, n],
    [`service/m${n}`, n],
    ...Array.from({ length: SERVICES_SEEN }, (_, next) => [`network/m${n},service/m${(n + next) % half}`, n + next]),
  ]) as [string, number][]
  const seen = Object.fromEntries(
    [['total', 0] as const, ...cells].map(([name, n]) => [name, { in: counts(n), out: counts(n + 1) }]),
  )
  const none: HostList = { distinct: 0, kept: 100, rows: [] }
  const inside: HostList = {
    distinct: 100,
    kept: 100,
    rows: Array.from({ length: 100 }, (_, n) => [
      `10.0.${n}.${(slot / SLOT + n) % 250}`,
      ...counts(n),
      ...counts(n + 3),
    ]),
  }
  return {
    schema: 1,
    source: 'flows',
    slot,
    id: createHash('sha256').update(`${slot} ${entities}`).digest('hex'),
    config: 'bench',
    file: { bytes: 1, format: 'flow-tools', complete: true, startMs: null },
    total: { records: 1, octets: 1, packets: 1, flows: 1 },
    slots: [{ slot, cells: seen }],
    hosts: { inside, outside: none, networks: {} },
    quality: {
      lost: 0,
      skewed: 0,
      overlong: 0,
      reversed: 0,
      implausible: 0,
      undersized: 0,
      flowsByDirection: { in: 1, out: 1, internal: 0, transit: 0 },
      exporters: {},
      warnings: [],
    },
  }
}
