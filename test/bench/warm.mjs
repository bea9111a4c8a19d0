import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { loadConfig } from '../../dist/ingest/config/load.js'
import { openFlowFile } from '../../dist/ingest/run/flow-file.js'
import { createTallier } from '../../dist/ingest/run/tallier.js'
import { commitEncoded } from '../../dist/ingest/store/part.js'

// What a file costs in a process that has read some already: node warm.mjs CONFIG FILE RUNS
const [config, path, runs] = process.argv.slice(2)
const loaded = await loadConfig(config)
const tallier = createTallier(loaded, 1, availableParallelism())
const found = []
for (let run = -2; run < Number(runs); run++) {
  const data = mkdtempSync(join(loaded.config.data, 'warm-'))
  const [cpu, wall] = [process.cpuUsage(), performance.now()]
  const name = basename(path)
  const opened = openFlowFile({ path, name, place: name, source: loaded.config.flows[0] }, Date.now())
  const tallied = await tallier.tally(opened)
  commitEncoded(data, tallied.part)
  const { user, system } = process.cpuUsage(cpu)
  opened.close()
  if (run >= 0) found.push({ cpu: (user + system) / 1e6, wall: (performance.now() - wall) / 1000 })
  rmSync(data, { recursive: true })
}
const median = (key) => found.map((run) => run[key]).sort((a, b) => a - b)[Math.floor(found.length / 2)]
console.log(JSON.stringify({ cpu: median('cpu'), wall: median('wall'), memory: process.resourceUsage().maxRSS * 1024 }))
