import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { ConfigInput } from '../../ingest/config/index.ts'
import { parseConfig } from '../../ingest/config/load.ts'
import type { Config } from '../../ingest/config/schema.ts'
import { toJson } from '../../ingest/model/counter.ts'
import type { CellCounts, HostList, HostRow, Part, PartQuality } from '../../ingest/model/part.ts'
import { startOfDay } from '../../ingest/model/time.ts'
import { derive } from '../../ingest/store/derive.ts'
import { commitPart } from '../../ingest/store/part.ts'
import { temporaryDirectory } from '../directory.ts'

/* A small store made by hand, so that a test can be read with its numbers. */

export const DAY = startOfDay('2026-11-23')

export const CONFIG: ConfigInput = {
  organization: 'Test University',
  subnets: '192.0.2.0/24',
  networks: {
    campus: { label: 'Campus', prefixes: '192.0.2.0/25' },
    lab: { label: 'Lab', prefixes: '192.0.2.0/26' },
    dorm: { label: 'Dorm', prefixes: '192.0.2.128/25' },
  },
  services: { http: { label: 'Web', ports: '80/tcp' }, dns: { label: 'DNS', ports: '53/udp' } },
  routers: { border: '198.51.100.1' },
  scoreboard: { top: 3 },
}

/** The config of a new directory, with changes. */
export function configOf(changes: Partial<ConfigInput> = {}): Config {
  const directory = temporaryDirectory()
  return parseConfig({ ...CONFIG, ...changes }, join(directory, 'flowscan.config.ts')).config
}

/** Octets in and out by service; a packet is 1,000 octets, a flow 10,000. All of it is the campus network's. */
export interface Traffic {
  readonly http?: readonly [octetsIn: number, octetsOut: number]
  readonly dns?: readonly [octetsIn: number, octetsOut: number]
  readonly hosts?: readonly HostRow[]
  readonly lost?: number | null
  readonly implausible?: number
  /** Which file it was: two of one slot differ. */
  readonly file?: number
  readonly source?: string
  readonly complete?: boolean
  /** Flows that pass through. */
  readonly transit?: number
  readonly quality?: Partial<PartQuality>
  /** What flows were counted by; nobody says when absent. */
  readonly counted?: readonly string[]
}

/** What a flow file of the slot (five minutes after the day began, counted from 0) would have become. */
export function part(
  at: number,
  {
    http = [0, 0],
    dns = [0, 0],
    hosts = [],
    lost = 0,
    implausible = 0,
    file = 0,
    source = 'flows',
    complete = true,
    transit = 0,
    quality = {},
    counted,
  }: Traffic,
): Part {
  const slot = DAY + at * 300
  const both = [http[0] + dns[0], http[1] + dns[1]] as const
  const cells = {
    total: { ...counts(both), ...(transit > 0 ? { transit: [transit, transit, transit] as const } : {}) },
    'service/http': counts(http),
    'service/dns': counts(dns),
    'network/campus': counts(both),
    'network/campus,service/http': counts(http),
    'network/campus,service/dns': counts(dns),
    'router/border': { ...counts(both), ...(transit > 0 ? { transit: [transit, transit, transit] as const } : {}) },
    'router/border,service/http': counts(http),
    'router/border,service/dns': counts(dns),
  }
  const seen = Object.fromEntries(Object.entries(cells).filter(([, cell]) => Object.keys(cell).length > 0))
  const inside: HostList = { distinct: hosts.length, kept: 100, rows: hosts }
  const none: HostList = { distinct: 0, kept: 100, rows: [] }
  return {
    schema: 1,
    source,
    slot,
    id: createHash('sha256')
      .update(toJson([slot, seen, hosts, lost, implausible, file, source, complete, transit, quality, counted]))
      .digest('hex'),
    config: 'test',
    file: { bytes: 1, format: 'flow-tools', complete, startMs: null },
    total: { records: 1, octets: both[0] + both[1], packets: 1, flows: 1 },
    ...(counted === undefined ? {} : { counted }),
    slots: [{ slot, cells: seen }],
    hosts: { inside, outside: none, networks: { campus: inside } },
    quality: {
      lost,
      skewed: 0,
      overlong: 0,
      reversed: 0,
      implausible,
      undersized: 0,
      flowsByDirection: { in: 1, out: 1, internal: 0, transit: 0 },
      exporters: {},
      warnings: [],
      ...quality,
    },
  }
}

function counts([octetsIn, octetsOut]: readonly [number, number]): CellCounts {
  const way = (octets: number) => [octets, octets / 1000, octets / 10_000] as const
  return {
    ...(octetsIn > 0 ? { in: way(octetsIn) as unknown as [number, number, number] } : {}),
    ...(octetsOut > 0 ? { out: way(octetsOut) as unknown as [number, number, number] } : {}),
  }
}

/** Stores parts and brings the series up to date. */
export function store({ data }: Config, ...parts: readonly Part[]): void {
  for (const each of parts) commitPart(data, each)
  derive(data)
}
