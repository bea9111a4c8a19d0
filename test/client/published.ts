import { gzipSync } from 'node:zlib'
import type { Catalog } from '../../site/client/catalog.ts'
import { Gone } from '../../site/client/published.ts'

/** A small published tree, as a map from addresses to JSON; what is fetched is counted. */
export interface Published {
  readonly files: Map<string, unknown>
  readonly fetched: string[]
  fetch(address: string): Promise<ArrayBuffer>
}

/** `isPacked`: as it lies on disk; else as a browser hands on what a server said is packed. */
export function publish(entries: Readonly<Record<string, unknown>>, isPacked = true): Published {
  const files = new Map(Object.entries(entries))
  const fetched: string[] = []
  return {
    files,
    fetched,
    async fetch(address) {
      fetched.push(address)
      if (!files.has(address)) throw new Gone(address)
      const text = Buffer.from(JSON.stringify(files.get(address)))
      const bytes = isPacked && address.endsWith('.gz') ? gzipSync(text) : text
      return new Uint8Array(bytes).buffer
    },
  }
}

export const END = Date.parse('2026-11-25T15:00:00Z') / 1000

export function catalogOf(change: Partial<Catalog> = {}): Catalog {
  return {
    schema: 1,
    title: 'Example University',
    timeZone: 'Europe/Vienna',
    end: END,
    dimensions: [
      {
        name: 'network',
        plural: 'networks',
        title: 'Networks',
        singular: 'Network',
        overlap: true,
        members: [
          { id: 'library', label: 'Library', color: 'var(--series-1)' },
          { id: 'campus', label: 'Campus', color: 'var(--series-2)' },
        ],
      },
      {
        name: 'service',
        plural: 'services',
        title: 'Services',
        singular: 'Service',
        overlap: false,
        members: [
          { id: 'https', label: 'Web', color: 'var(--series-1)' },
          { id: 'dns', label: 'DNS', color: 'var(--series-2)' },
          { id: 'other', label: 'Other', color: 'var(--series-other)' },
        ],
      },
      {
        name: 'tos',
        plural: 'tos',
        title: 'TOS classes',
        singular: 'TOS class',
        overlap: false,
        members: [{ id: 'normal', label: 'Normal', color: 'var(--series-1)' }],
      },
    ],
    pairs: [['network', 'service']],
    resolutions: {
      '5m': { step: 300, window: 'day', windows: daysTo('2026-11-25', 3) },
      '30m': { step: 1800, window: 'day', windows: daysTo('2026-11-25', 20) },
      '2h': { step: 7200, window: 'month', windows: { '2026-10': 'h10', '2026-11': 'h11' } },
      '1d': { step: 86_400, window: 'year', windows: { '2026': 'h2026' } },
    },
    ...change,
  }
}

/** So many UTC days up to one, each with a hash. */
export function daysTo(last: string, count: number): Record<string, string> {
  const end = Date.parse(`${last}T00:00:00Z`)
  const days = Array.from({ length: count }, (_, back) => new Date(end - back * 86_400_000).toISOString().slice(0, 10))
  return Object.fromEntries(days.reverse().map((day) => [day, `h${day.slice(5)}`]))
}
