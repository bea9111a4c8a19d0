import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LoadedConfig } from '../../ingest/config/load.ts'
import type { Product } from '../crash/product.ts'
import { type Shape, ZONE } from './plan.ts'

/** What the soak and the rot harness call of a compiled flowscan. */
export async function importProduct(product: Product) {
  const load = <Module>(path: string): Promise<Module> => import(join(product, 'dist', path))
  const { parseConfig } = await load<typeof import('../../ingest/config/load.ts')>('ingest/config/load.js')
  const { ingest } = await load<typeof import('../../ingest/run/ingest.ts')>('ingest/run/ingest.js')
  const { fsck, repairStore } = await load<typeof import('../../ingest/run/fsck.ts')>('ingest/run/fsck.js')
  const { prune } = await load<typeof import('../../ingest/run/prune.ts')>('ingest/run/prune.js')
  const { rebuild } = await load<typeof import('../../ingest/run/rebuild.ts')>('ingest/run/rebuild.js')
  const { repairing } = await load<typeof import('../../ingest/run/up-to-date.ts')>('ingest/run/up-to-date.js')
  const { readSeries } = await load<typeof import('../../ingest/store/series.ts')>('ingest/store/series.js')
  const { readDayBoard } = await load<typeof import('../../ingest/store/boards.ts')>('ingest/store/boards.js')
  const { listDays, listParts, listStoredParts, readPart } =
    await load<typeof import('../../ingest/store/part.ts')>('ingest/store/part.js')
  const { buildSite } = await load<typeof import('../../site/build.ts')>('site/build.js')
  const store = { readSeries, readDayBoard, listDays, listParts, listStoredParts, readPart }
  return { parseConfig, ingest, fsck, repairStore, prune, rebuild, repairing, buildSite, ...store }
}

export type Flowscan = Awaited<ReturnType<typeof importProduct>>

/** The config of a soak whose directory is `base`. */
export function configFor({ parseConfig }: Pick<Flowscan, 'parseConfig'>, base: string, shape: Shape): LoadedConfig {
  const { '5m': fine, '30m': half, '2h': two, '1d': day } = shape.retention
  const source = (name: string) => ({ source: name, dir: `flows/${name}`, saved: `saved/${name}` })
  const config = {
    subnets: ['198.51.100.0/24'],
    services: { http: '80/tcp' },
    flows: [source('border-1'), source('border-2')],
    site: { timeZone: ZONE },
    retention: {
      '5m': `${fine}d`,
      '30m': `${half}d`,
      '2h': `${two}d`,
      '1d': day === Infinity ? 'forever' : `${day}d`,
      boards: `${fine}d`,
    },
  }
  for (const { dir } of config.flows) mkdirSync(join(base, dir), { recursive: true })
  const file = join(base, 'flowscan.config.json')
  writeFileSync(file, JSON.stringify(config))
  return parseConfig(config, file)
}
