import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type LoadedConfig, parseConfig } from '../../ingest/config/load.ts'
import { isoTime } from '../../ingest/model/time.ts'
import { repairStore } from '../../ingest/run/fsck.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import { query } from '../../ingest/run/query.ts'
import type { Repair } from '../../ingest/run/repair.ts'
import { repairing } from '../../ingest/run/up-to-date.ts'
import { seriesPath } from '../../ingest/store/derive.ts'
import { readJson, writeJson } from '../../ingest/store/files.ts'
import { readSlotParts } from '../../ingest/store/part.ts'
import { readSeries } from '../../ingest/store/series.ts'
import { copyOf, hashTree } from '../directory.ts'
import { BASE_SLOT, CONFIG, writeFlowFiles } from '../flow-files.ts'

const DAY = '2024-05-01'
const STORED = ['data/parts', 'data/series', 'data/boards', 'saved']

const prepared = new Map<number, string>()

afterAll(() => {
  for (const path of prepared.values()) rmSync(path, { recursive: true })
})

/** A store of some ingested files. */
async function setUp(files = 4): Promise<{ base: string; data: string; loaded: LoadedConfig }> {
  const load = (base: string) => parseConfig(CONFIG, join(base, 'flowscan.config.ts'))
  if (!prepared.has(files)) {
    const path = mkdtempSync(join(tmpdir(), 'flowscan-'))
    prepared.set(files, path)
    writeFlowFiles(join(path, 'flows'), files)
    await ingest(load(path))
  }
  const base = copyOf(prepared.get(files)!)
  const loaded = load(base)
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

const CLI = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname

/** Runs `flowscan ingest`; kills it after a time. */
async function ingestKilled(base: string, ms: number): Promise<void> {
  const config = join(base, 'flowscan.config.json')
  const child = spawn(process.execPath, [CLI, 'ingest', '--config', config], { cwd: '/', stdio: 'ignore' })
  const timer = setTimeout(() => child.kill('SIGKILL'), ms)
  await once(child, 'exit')
  clearTimeout(timer)
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
  expect(repairs).toEqual([{ path, from: [expect.stringContaining(join(base, 'saved', DAY))], isGap: false }])
  expect(hashTree(base, ...STORED)).toEqual(before)
  const [aside] = readdirSync(join(data, 'quarantine'))
  expect(readdirSync(join(data, 'quarantine', aside!)).sort()).toEqual([expect.stringMatching(/^2024/), 'reason.json'])
})

test('a damaged part whose flow file has gone leaves a gap; all else stays', async () => {
  const { base, data, loaded } = await setUp()
  const range = { what: 'total', step: '5m', from: isoTime(BASE_SLOT), to: isoTime(BASE_SLOT + 1200) } as const
  const flowsIn = () => query(loaded.config, range).series.total!.in.flows
  const before = flowsIn()
  expect(before.every((value) => Number(value) > 0)).toBe(true)
  const path = partOf(data, 1)
  rot(path)
  rmSync(seriesPath(data, '5m', DAY))
  rmSync(join(base, 'saved'), { recursive: true })
  expect(await ingestAgain(loaded)).toEqual([{ path, from: [], isGap: true }])
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

const NAMES = [
  'series/5m/2024-05-01',
  'series/30m/2024-05-01',
  'series/2h/2024-05',
  'series/1d/2024',
  'series/index',
  'boards/2024-05-01',
]

test.each(NAMES)('%s, when it is damaged, is set aside and made anew as soon as a run reads it', async (name) => {
  const { base, data, loaded } = await setUp()
  const before = hashTree(base, ...STORED)
  const path = join(data, `${name}.json.gz`)
  rot(path)
  const waiting = writeFlowFiles(join(base, 'flows'), 5)
  for (const known of waiting.slice(0, 4)) rmSync(known)
  expect(await ingestAgain(loaded)).toEqual([{ path, derived: true }])
  const [aside] = readdirSync(join(data, 'quarantine'))
  expect(readdirSync(join(data, 'quarantine', aside!)).sort()).toEqual([basename(path), 'reason.json'])
  const fresh = await setUp(5)
  expect(hashTree(base, ...STORED)).toEqual(hashTree(fresh.base, ...STORED))
  expect(hashTree(base, ...STORED)).not.toEqual(before)
})

test('what a build reads and finds damaged is made anew, and the build done again', async () => {
  const { base, data, loaded } = await setUp()
  const before = hashTree(base, ...STORED)
  const [part, series] = [partOf(data, 0), seriesPath(data, '1d', '2024')]
  rot(part)
  rot(series)
  const repairs: Repair[] = []
  const build = async () => [
    readSlotParts(data, BASE_SLOT).length,
    readSeries(data, '1d', { from: BASE_SLOT, to: BASE_SLOT + 1 }).known,
  ]
  expect(await repairing(loaded, build, (repair) => repairs.push(repair))).toEqual([1, [1200]])
  expect(repairs.map(({ path }) => path)).toEqual([part, series])
  expect(hashTree(base, ...STORED)).toEqual(before)
})

test.each(NAMES)('case 103: %s of a newer schema is refused and nothing is changed', async (name) => {
  const { base, data, loaded } = await setUp()
  const path = join(data, `${name}.json.gz`)
  writeJson(path, { ...(readJson(path)!.value as object), schema: 2 })
  const before = hashTree(base, ...STORED)
  await expect(repairStore(loaded, false, () => {})).rejects.toThrow('schema 2, but this flowscan reads 1')
  rmSync(partOf(data, 0))
  await expect(ingest(loaded)).rejects.toThrow('schema 2, but this flowscan reads 1')
  expect(readJson(path)?.value).toMatchObject({ schema: 2 })
  expect(Object.keys(before)).toContain(`data/${name}.json.gz`)
})

test('case 103: what a newer flowscan stored keeps waiting flow files where they are', async () => {
  const { base, data, loaded } = await setUp()
  const path = partOf(data, 3)
  writeJson(path, { ...(readJson(path)!.value as object), schema: 2 })
  writeFlowFiles(join(base, 'flows'), 5)
  const before = hashTree(base, ...STORED, 'flows')
  await expect(ingest(loaded)).rejects.toThrow('schema 2, but this flowscan reads 1')
  expect(hashTree(base, ...STORED, 'flows')).toEqual(before)
})

test.each([
  { name: 'flow files are saved', isSaved: true },
  { name: 'flow files have gone', isSaved: false },
])('promise 12: what was damaged is kept as it was found, where $name', async ({ isSaved }) => {
  const { base, data, loaded } = await setUp()
  if (!isSaved) rmSync(join(base, 'saved'), { recursive: true })
  const paths = [
    ...readdirSync(join(data, 'parts', DAY)).map((name) => `parts/${DAY}/${name}`),
    ...NAMES.map((name) => `${name}.json.gz`),
  ]
  for (const path of paths) rot(join(data, path))
  const damaged = paths.map((path) => readFileSync(join(data, path)))
  const flowFiles = () => Object.values(hashTree(base, 'flows', ...(isSaved ? ['saved'] : []))).sort()
  const before = flowFiles()
  await repairStore(loaded, false, () => {})
  const kept = readdirSync(join(data, 'quarantine'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'reason.json')
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)))
  for (const [at, bytes] of damaged.entries())
    expect(
      kept.some((each) => each.equals(bytes)),
      paths[at],
    ).toBe(true)
  expect(flowFiles()).toEqual(before)
})

test('killed while it is made again, at any moment: nothing is lost', async () => {
  const { base, data, loaded } = await setUp()
  writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify(CONFIG))
  const before = hashTree(base, ...STORED)
  for (let ms = 150; ms < 750; ms += 60) {
    for (const at of [0, 1, 2, 3]) rot(partOf(data, at))
    rmSync(seriesPath(data, '5m', DAY))
    await ingestKilled(base, ms)
    await ingest(loaded)
    expect(hashTree(base, ...STORED)).toEqual(before)
  }
})

test('a part that another flowscan wrote is refused and stays as it is', async () => {
  const { base, data, loaded } = await setUp()
  const path = partOf(data, 1)
  writeJson(path, { ...(readJson(path)!.value as object), schema: 2 })
  rmSync(seriesPath(data, '5m', DAY))
  const before = hashTree(base, 'data/parts', 'saved')
  await expect(ingest(loaded)).rejects.toThrow('schema 2, but this flowscan reads 1')
  expect(hashTree(base, 'data/parts', 'saved')).toEqual(before)
})
