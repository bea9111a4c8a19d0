import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type LoadedConfig, parseConfig } from '../../ingest/config/load.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import { query } from '../../ingest/run/query.ts'
import type { Repair } from '../../ingest/run/repair.ts'
import { seriesPath } from '../../ingest/store/derive.ts'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { BASE_SLOT, CONFIG, writeFlowFiles } from '../flow-files.ts'

const DAY = '2024-05-01'
const STORED = ['data/parts', 'data/series', 'data/boards', 'saved']

/** A store of four ingested files. */
async function setUp(): Promise<{ base: string; data: string; loaded: LoadedConfig }> {
  const base = temporaryDirectory()
  mkdirSync(join(base, 'flows'))
  const loaded = parseConfig(CONFIG, join(base, 'flowscan.config.ts'))
  writeFlowFiles(join(base, 'flows'), 4)
  await ingest(loaded)
  return { base, data: loaded.config.data, loaded }
}

/** Flips one bit in the middle of a file. */
function rot(path: string): void {
  const bytes = readFileSync(path)
  bytes[bytes.length >> 1]! ^= 4
  writeFileSync(path, bytes)
}

async function ingestAgain(loaded: LoadedConfig): Promise<Repair[]> {
  const repairs: Repair[] = []
  await ingest(loaded, { onRepair: (repair) => repairs.push(repair) })
  return repairs
}

const partOf = (data: string, at: number) => {
  const directory = join(data, 'parts', DAY)
  return join(directory, readdirSync(directory)[at]!)
}

test('a damaged part is set aside and made again from its saved flow file, byte for byte', async () => {
  const { base, data, loaded } = await setUp()
  const before = hashTree(base, ...STORED)
  const path = partOf(data, 1)
  rot(path)
  rmSync(seriesPath(data, '5m', DAY))
  const repairs = await ingestAgain(loaded)
  expect(repairs).toEqual([{ path, from: expect.stringContaining(join(base, 'saved', DAY)) }])
  expect(hashTree(base, ...STORED)).toEqual(before)
  const [aside] = readdirSync(join(data, 'quarantine'))
  expect(readdirSync(join(data, 'quarantine', aside!)).sort()).toEqual([expect.stringMatching(/^2024/), 'reason.json'])
})

test('a damaged part whose flow file has gone leaves a gap; all else stays', async () => {
  const { base, data, loaded } = await setUp()
  const range = { what: 'total', step: '5m', from: '2024-05-01T10:40:00Z', to: '2024-05-01T11:00:00Z' } as const
  const flowsIn = () => query(loaded.config, range).series.total!.in.flows
  const before = flowsIn()
  expect(before.every((value) => Number(value) > 0)).toBe(true)
  const path = partOf(data, 1)
  rot(path)
  rmSync(seriesPath(data, '5m', DAY))
  rmSync(join(base, 'saved'), { recursive: true })
  expect(await ingestAgain(loaded)).toEqual([{ path, from: null }])
  const after = flowsIn()
  expect(after[1]).toBeNull()
  expect([after[2], after[3]]).toEqual([before[2], before[3]])
  expect(await ingestAgain(loaded)).toEqual([])
})

test.each([
  'series/5m/2024-05-01',
  'series/30m/2024-05-01',
  'series/2h/2024-05',
  'series/1d/2024',
  'boards/2024-05-01',
])('%s, when it has gone, is made anew by the next run, whether or not a file waits', async (name) => {
  const { base, data, loaded } = await setUp()
  const before = hashTree(base, ...STORED)
  rmSync(join(data, `${name}.json.gz`))
  await ingest(loaded)
  expect(hashTree(base, ...STORED)).toEqual(before)
})

test('the fixture covers the slots that these tests look at', () => {
  expect(new Date(BASE_SLOT * 1000).toISOString()).toBe('2024-05-01T10:40:00.000Z')
})
