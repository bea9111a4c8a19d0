import { createReadStream, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import type { HostLimits } from '../../ingest/aggregate/hosts.ts'
import { type FlowFile, tallyFile } from '../../ingest/aggregate/tally-file.ts'
import { loadConfig } from '../../ingest/config/load.ts'
import type { Config } from '../../ingest/config/schema.ts'
import { createFlowReader } from '../../ingest/decode/flow-reader.ts'
import type { HostBound, HostList, HostRow, Part } from '../../ingest/model/part.ts'
import { synthesizeFile } from '../../ingest/synthesize/index.ts'
import { temporaryDirectory } from '../directory.ts'

const SLOT = Date.UTC(2026, 10, 23, 13) / 1000
const ALL = 100_000
const FEW: HostLimits = { exact: 700, parts: 100 }
const { config: shipped, fingerprint } = await loadConfig(new URL('../../flowscan.config.ts', import.meta.url).pathname)

function flowFile(path: string, chunk: number): FlowFile {
  const chunks = () => createReadStream(path, { highWaterMark: chunk })
  return {
    name: basename(path),
    bytes: statSync(path).size,
    source: 'flows',
    read: createFlowReader(chunks, shipped.site.timeZone),
  }
}

async function tally(path: string, { keep = 10, chunk = 1 << 16, limits }: Options = {}): Promise<Part> {
  const config: Config = { ...shipped, scoreboard: { top: keep, keep } }
  return (await tallyFile(flowFile(path, chunk), config, fingerprint, limits)).part
}
interface Options {
  keep?: number
  chunk?: number
  limits?: HostLimits
}

/** What is left of a list of every host when only what has more than `completeAbove` of some counter may stay. */
function cut({ rows, kept }: HostList, completeAbove: HostBound): HostList {
  const isAbove = ([, ...counters]: HostRow) => counters.some((counter, at) => counter > completeAbove[at]!)
  return { distinct: null, kept, completeAbove, rows: rows.filter(isAbove) }
}

test.each([
  { format: 'flow-tools', compression: 'zlib', name: 'ft-v05.2026-11-23.130000+0000' },
  { format: 'nfcapd', compression: 'lz4', name: 'nfcapd.202611231300+0000' },
] as const)('a $format file of too many hosts is read twice and gives the same part', async (each) => {
  const path = join(temporaryDirectory(), each.name)
  await synthesizeFile({ ...each, path, flows: 60_000, slot: SLOT, hosts: 20_000 })
  const { hosts: all, ...whole } = await tally(path, { keep: ALL })
  expect(all.outside.distinct).toBeGreaterThan(19_000)
  expect(all.inside.distinct).toBeGreaterThan(FEW.exact)

  const found = await tally(path, { keep: ALL, limits: FEW })
  const { hosts, ...same } = found
  expect(same).toEqual(whole)
  for (const [list, everyone] of [
    [hosts.inside, all.inside],
    [hosts.outside, all.outside],
    ...Object.keys(all.networks).map((id) => [hosts.networks[id]!, all.networks[id]!] as const),
  ] as const) {
    expect(list).toEqual(cut(everyone, list.completeAbove!))
    expect(list.rows.length).toBeLessThan(everyone.rows.length)
  }
  expect(hosts.inside.rows.length).toBeGreaterThan(10)
  expect(hosts.outside.rows.length).toBeGreaterThan(3)

  const again = await tally(path, { keep: ALL, limits: FEW, chunk: 1000 })
  expect(JSON.stringify(again)).toBe(JSON.stringify(found))
})

test('where only the hosts outside are too many, those inside are exact', async () => {
  const path = join(temporaryDirectory(), 'nfcapd.202611231300+0000')
  await synthesizeFile({ path, format: 'nfcapd', compression: 'none', flows: 60_000, slot: SLOT, hosts: 20_000 })
  const exact = await tally(path)
  const limits = { exact: exact.hosts.inside.distinct!, parts: 500 }
  const { hosts } = await tally(path, { limits })
  expect(hosts.outside.completeAbove).toBeDefined()
  expect([hosts.inside, hosts.networks]).toEqual([exact.hosts.inside, exact.hosts.networks])
})
