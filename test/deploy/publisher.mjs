import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/*
 * node publisher.mjs PRODUCT CONFIG FROM PUBLISHES
 *
 * A process that ingests and builds as `flowscan run` does, one slot after the other from FROM (unix seconds) on, and writes a line for each. One process, so that most of
 * its time goes into publishing. It uses the compiled flowscan in PRODUCT.
 */
const [product, configPath, from, publishes] = process.argv.slice(2)
const load = (file) => import(pathToFileURL(join(product, 'dist', file)).href)
const { loadConfig } = await load('ingest/config/load.js')
const { ingest } = await load('ingest/run/ingest.js')
const { synthesizeSlot } = await load('ingest/synthesize/index.js')
const { buildSite } = await load('site/build.js')

const loaded = await loadConfig(configPath)
const { dir } = loaded.config.flows[0]
for (let at = 0; at < Number(publishes); at++) {
  synthesizeSlot({ dir, slot: Number(from) + at * 300, seed: 1, flowsPerSlot: 60 })
  await ingest(loaded)
  const { rendered } = await buildSite(loaded.config)
  console.log(rendered)
}
