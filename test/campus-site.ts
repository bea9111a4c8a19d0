import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LoadedConfig, loadConfig } from '../ingest/config/load.ts'
import type { Config } from '../ingest/config/schema.ts'
import { isoTime } from '../ingest/model/time.ts'
import { ingest } from '../ingest/run/ingest.ts'
import { synthesizeStretch } from '../ingest/synthesize/index.ts'
import { buildSite } from '../site/build.ts'

const SHIPPED = new URL('../flowscan.config.ts', import.meta.url).pathname
export interface CampusOptions {
  /** Unix seconds. */
  readonly end: number
  readonly hours: number
  readonly flowsPerSlot: number
  /** Of the shipped config. */
  readonly change?: (config: Config) => Config
}

/** The demo's campus up to `end` below `base`: ingested, and built into `public`. */
export async function buildCampusSite(base: string, options: CampusOptions): Promise<Config> {
  const { config } = await ingestCampus(base, options)
  await buildSite(config)
  return config
}

/** The same without a site. */
export async function ingestCampus(
  base: string,
  { end, hours, flowsPerSlot, change }: CampusOptions,
): Promise<LoadedConfig> {
  const flows = join(base, 'demo', 'flows')
  mkdirSync(flows, { recursive: true })
  synthesizeStretch({ dir: flows, from: end - hours * 3600, to: end, seed: 1, flowsPerSlot })
  const events = join(base, 'events.txt')
  writeFileSync(events, eventsBefore(end))
  const shipped = await loadConfig(SHIPPED)
  const own = {
    ...shipped.config,
    data: join(base, 'data'),
    flows: [{ ...shipped.config.flows[0]!, dir: flows, saved: join(base, 'demo', 'saved') }],
    site: { ...shipped.config.site, dir: join(base, 'public'), events },
  }
  const loaded = { ...shipped, config: change?.(own) ?? own }
  await ingest(loaded)
  return loaded
}

/** One that took its time, and two so near to each other that they share a number's place on a phone. */
function eventsBefore(end: number): string {
  const minutes = (before: number) => isoTime(end - before * 60)
  return [
    `${minutes(180)} - ${minutes(120)} New firmware on the border routers, with more words than a telephone has room for in one line`,
    `${minutes(60)} Power failure <in> the "machine room"`,
    `${minutes(55)} Power is back`,
  ].join('\n')
}
