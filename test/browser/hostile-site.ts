import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConfigInput } from '../../ingest/config/index.ts'
import { parseConfig } from '../../ingest/config/load.ts'
import type { Config } from '../../ingest/config/schema.ts'
import type { CellCounts, Part } from '../../ingest/model/part.ts'
import { healthPath } from '../../ingest/store/health.ts'
import { buildSite } from '../../site/build.ts'
import { DAY, part, store } from '../site/stored.ts'

/*
 * A site in which everything that somebody can name is named by given texts: the organization, the members of every dimension, each seen
 * alone and together with others, and whatever a damaged file, or what a run tells of it, brings onto the quality page.
 */
export interface Texts {
  /** What may stand in a config, shared out among the dimensions; turned by `turn` places, so that others get others. */
  readonly fit: readonly string[]
  readonly turn?: number
  /** Of files and damage: any text. */
  readonly told: readonly string[]
}

const SECTIONS = ['networks', 'services', 'protocols', 'tos', 'asNumbers', 'routers'] as const
const NAMES = {
  networks: 'network',
  services: 'service',
  protocols: 'protocol',
  tos: 'tos',
  asNumbers: 'as',
  routers: 'router',
}
/** What makes the n-th member of a section one of its own. */
const VALUES = {
  networks: (n: number) => ({ prefixes: `192.0.${Math.floor(n / 64) + 2}.${(n % 64) * 4}/30` }),
  services: (n: number) => ({ ports: `${n + 1}/tcp` }),
  protocols: (n: number) => ({ numbers: n + 1 }),
  tos: (n: number) => ({ values: n }),
  asNumbers: (n: number) => ({ numbers: 64_512 + n }),
  routers: (n: number) => ({ addresses: `198.51.100.${n + 1}` }),
}
/** Parts with warnings; the quality page shows three of each. */
const SLOTS = 12

export interface HostileSite {
  readonly config: Config
  /** By the address of its page. */
  readonly labels: ReadonlyMap<string, string>
}

export async function buildHostileSite(base: string, texts: Texts): Promise<HostileSite> {
  const shares = shareOut(texts)
  const members = SECTIONS.map((section, at) => {
    const entries = shares[at]!.map((label, n) => [`m${n}`, { label, ...VALUES[section](n) }] as const)
    // Its id is a name that every object has.
    const first = [['constructor', { ...entries[0]![1] }] as const, ...entries.slice(1)]
    return [section, Object.fromEntries(first)] as const
  })
  writeFileSync(join(base, 'events'), eventsOf(texts))
  const { config } = parseConfig(
    {
      organization: shares[0]![0]!,
      subnets: '192.0.0.0/16',
      ...(Object.fromEntries(members) as Partial<ConfigInput>),
      site: { events: 'events' },
      reports: {
        pairs: [
          ['network', 'service'],
          ['router', 'service'],
        ],
      },
    },
    join(base, 'flowscan.config.json'),
  )
  store(config, ...Array.from({ length: SLOTS }, (_, at) => partWith(config, texts.told, at)))
  tell(config, texts.told)
  await buildSite(config)
  const labels = SECTIONS.flatMap((section) =>
    config[section].map(({ id, label }) => [`${section === 'asNumbers' ? 'as' : section}/${id}/`, label] as const),
  )
  return { config, labels: new Map(labels) }
}

/** A line for each text, in the minutes that are stored; charts show the newest of them. */
function eventsOf({ told, turn = 0 }: Texts): string {
  const lines = told.map((text, at) => {
    const second = ((at + turn * 40) % told.length) * 15
    return `${new Date((DAY + second) * 1000).toISOString().slice(0, 19)}Z ${text}`
  })
  return `${lines.join('\n')}\n`
}

/** As many texts for each section, each text in one. */
function shareOut({ fit, turn = 0 }: Texts): string[][] {
  const shares: string[][] = SECTIONS.map(() => [])
  fit.forEach((text, at) => {
    shares[(at + turn) % shares.length]!.push(text)
  })
  return shares
}

/** Every member is seen, each network and router with two services, so that charts name them. */
function partWith(config: Config, told: readonly string[], at: number): Part {
  const take = (from: number, count: number) => Array.from({ length: count }, (_, n) => told[(from + n) % told.length]!)
  const whole = part(at, {
    http: [300_000, 60_000],
    quality: {
      warnings: take(at * 3, 3),
      exporters: Object.fromEntries(take(at * 5, 5).map((address) => [address, { flows: 7, sampleRate: 1 }])),
    },
  })
  const [{ cells, ...slot }] = whole.slots as [Part['slots'][number]]
  const seen = SECTIONS.flatMap((section) =>
    config[section].map(({ id }) => [`${NAMES[section]}/${id}`, SEEN] as const),
  )
  const pairs = (['networks', 'routers'] as const).flatMap((section) =>
    config[section].flatMap(({ id }, n) =>
      [0, 1].map((next) => {
        const service = config.services[(n + next) % config.services.length]!.id
        return [`${NAMES[section]}/${id},service/${service}`, SEEN] as const
      }),
    ),
  )
  return { ...whole, slots: [{ ...slot, cells: { total: cells.total!, ...Object.fromEntries([...seen, ...pairs]) } }] }
}
const SEEN: CellCounts = { in: [30_000, 30, 3], out: [6000, 6, 1] }

function tell({ data }: Config, told: readonly string[]): void {
  const since = new Date(DAY * 1000).toISOString()
  const health = {
    schema: 1,
    at: since,
    lastSuccess: since,
    newestSlot: since,
    lagSeconds: 0,
    lastRun: { files: { counted: 1 }, error: null },
    quarantine: {
      count: told.length,
      newest: told.map((text) => ({ file: text, source: text, when: since, reason: text })),
    },
    pending: 0,
    copies: told.map((text) => ({ file: text, of: text })),
    late: told.map((text) => ({ file: text, source: text, slot: text, changedSeconds: 1, countedSeconds: 700 })),
    gaps: [],
    free: null,
    alarms: told.map((text) => ({ subject: text, what: text, mend: text, since: text })),
  }
  mkdirSync(data, { recursive: true })
  writeFileSync(healthPath(data), JSON.stringify(health))
}
