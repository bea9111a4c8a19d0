import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LoadedConfig } from '../../ingest/config/load.ts'
import type { Product } from '../crash/product.ts'
import { type Shape, ZONE } from './plan.ts'

/** What a soak imports of a compiled flowscan. */
export async function importProduct(product: Product) {
  const load = (path: string) => import(join(product, 'dist/ingest', path))
  const [{ parseConfig }, { ingest }, { fsck }, { readSeries }, { readDayBoard }, { buildSite }] = (await Promise.all([
    load('config/load.js'),
    load('run/ingest.js'),
    load('run/fsck.js'),
    load('store/series.js'),
    load('store/boards.js'),
    load('../site/build.js'),
  ])) as [
    typeof import('../../ingest/config/load.ts'),
    typeof import('../../ingest/run/ingest.ts'),
    typeof import('../../ingest/run/fsck.ts'),
    typeof import('../../ingest/store/series.ts'),
    typeof import('../../ingest/store/boards.ts'),
    typeof import('../../site/build.ts'),
  ]
  return { parseConfig, ingest, fsck, readSeries, readDayBoard, buildSite }
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
