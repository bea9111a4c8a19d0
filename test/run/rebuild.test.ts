import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { parseConfig } from '../../ingest/config/load.ts'
import { isoTime } from '../../ingest/model/time.ts'
import { fsck } from '../../ingest/run/fsck.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import { acquireLock } from '../../ingest/run/lock.ts'
import { query } from '../../ingest/run/query.ts'
import { rebuild } from '../../ingest/run/rebuild.ts'
import { verify } from '../../ingest/run/verify.ts'
import { readJson, writeJson } from '../../ingest/store/files.ts'
import { buildSite } from '../../site/build.ts'
import { copyOf, hashTree, temporaryDirectory } from '../directory.ts'
import { BASE_SLOT, CONFIG, laterFlowFile, writeFlowFiles } from '../flow-files.ts'

const DAY = '2024-05-01'
/** What the config becomes: another network, one service less. */
const { smtp: _smtp, ...services } = CONFIG.services
const CHANGED = { ...CONFIG, networks: { ...CONFIG.networks, half: '198.51.100.0/25' }, services }

let prepared: string
let base: string
const load = (directory: string, config: object = CHANGED) =>
  parseConfig(config, join(directory, 'flowscan.config.json'))

/** Flow files of the evening of 30 April to the morning of 2 May; long flows reach over midnight. */
function writeThreeDays(directory: string, hours: readonly number[]): void {
  writeFlowFiles(directory, 2)
  for (const hour of hours) {
    const seconds = hour * 3600
    const stamp = new Date((BASE_SLOT + seconds) * 1000).toISOString().replace('T', '.').replace(/:/g, '').slice(0, 17)
    writeFileSync(join(directory, `ft-v05.${stamp}+0000`), laterFlowFile(seconds))
  }
}

const HOURS = [-24, -11, 14, 24]
const NOW = { flows: { settleSeconds: 0 } }

async function ingestAll(directory: string, config: object): Promise<void> {
  writeThreeDays(join(directory, 'flows'), HOURS)
  await ingest(load(directory, { ...config, ...NOW }))
}

beforeAll(async () => {
  prepared = mkdtempSync(join(tmpdir(), 'flowscan-'))
  await ingestAll(prepared, CONFIG)
})

afterAll(() => rmSync(prepared, { recursive: true }))

beforeEach(() => {
  base = copyOf(prepared)
})

const STORE = ['parts', 'series', 'boards']
const stored = (root: string) => hashTree(root, ...[...STORE, 'sealed'].filter((name) => existsSync(join(root, name))))
const asked = (config = CHANGED) =>
  query(load(base, config).config, {
    what: 'network',
    step: '30m',
    from: isoTime(BASE_SLOT - 2 * 86_400),
    to: isoTime(BASE_SLOT + 2 * 86_400),
  }).series

test('every day counted again is what a fresh store would be, byte for byte; what counted before stays', async () => {
  const before = hashTree(base, 'data', 'saved')
  const fresh = temporaryDirectory()
  await ingestAll(fresh, CHANGED)
  const rebuilt = await rebuild(load(base), { from: '2024-04-01' })
  expect(rebuilt).toMatchObject({ days: ['2024-04-30', DAY, '2024-05-02'], counted: 6, kept: 0, complaints: [] })
  expect(readlinkSync(join(base, 'data', 'current'))).toBe('generation-2')
  expect(stored(join(base, 'data', 'generation-2'))).toEqual(stored(join(fresh, 'data')))
  for (const [path, hash] of Object.entries(before)) expect(hashTree(base, 'data', 'saved')[path]).toBe(hash)
  expect(fsck(join(base, 'data'), true).defects).toEqual([])
  expect((await verify(load(base))).map(({ equal, differences }) => [equal, differences])).toEqual([
    [2, []],
    [2, []],
    [2, []],
  ])
})

test('a run after it adds to the new generation, as if it had always been', async () => {
  const fresh = temporaryDirectory()
  await ingestAll(fresh, CHANGED)
  await rebuild(load(base), { from: '2024-04-01' })
  for (const directory of [base, fresh]) {
    writeThreeDays(join(directory, 'flows'), [1, 25])
    await ingest(load(directory, { ...CHANGED, ...NOW }))
  }
  expect(stored(join(base, 'data', 'generation-2'))).toEqual(stored(join(fresh, 'data')))
  // The way back, and what came since.
  rmSync(join(base, 'data', 'current'))
  const back = await verify(load(base, CONFIG), { countsMissing: true })
  expect(back.map(({ equal, counted, differences }) => [equal, counted, differences.length])).toEqual([
    [2, 0, 0],
    [2, 1, 0],
    [2, 1, 0],
  ])
  const whole = stored(join(base, 'data', 'generation-2'))
  await rebuild(load(base, CONFIG), { from: DAY })
  expect(readlinkSync(join(base, 'data', 'current'))).toBe('generation-3')
  expect(stored(join(base, 'data', 'generation-2'))).toEqual(whole)
})

test('what an ended rebuild by another plan left is no use, and goes', async () => {
  await rebuild(load(base), { from: DAY })
  rmSync(join(base, 'data', 'current'))
  const path = join(base, 'data', 'generation-2', 'generation.json.gz')
  writeJson(path, { ...(readJson(path)!.value as object), days: {} })
  const { current } = await rebuild(load(base), { from: '2024-05-02' })
  expect(current).toBe(join(base, 'data', 'generation-2'))
  expect(fsck(join(base, 'data'), true).defects).toEqual([])
})

test('days that were sealed are counted again, and sealed again by the next run', async () => {
  const fresh = temporaryDirectory()
  const more = async (directory: string, config: object, hour: number) => {
    writeThreeDays(join(directory, 'flows'), [hour])
    await ingest(load(directory, { ...config, ...NOW }))
  }
  await more(base, CONFIG, 120)
  expect(readdirSync(join(base, 'data', 'sealed'))).toHaveLength(2 * 3)
  await rebuild(load(base), { from: DAY })
  expect(readdirSync(join(base, 'data', 'generation-2', 'sealed'))).toHaveLength(2)
  expect(fsck(join(base, 'data'), true).defects).toEqual([])
  await rebuild(load(base), { from: '2024-04-01' })
  await more(base, CHANGED, 121)
  await ingestAll(fresh, CHANGED)
  for (const hour of [120, 121]) await more(fresh, CHANGED, hour)
  expect(stored(join(base, 'data', 'generation-3'))).toEqual(stored(join(fresh, 'data')))
})

test('a flow file that came cut short, then whole, counts once again', async () => {
  const twice = async (config: object) => {
    const directory = temporaryDirectory()
    const [path] = writeFlowFiles(join(directory, 'flows'), 1)
    const whole = readFileSync(path!)
    for (const bytes of [whole.subarray(0, whole.length - 640), whole]) {
      writeFileSync(path!, bytes)
      await ingest(load(directory, { ...config, ...NOW }))
    }
    return directory
  }
  const [directory, fresh] = [await twice(CONFIG), await twice(CHANGED)]
  expect(readdirSync(join(directory, 'data', 'parts', DAY))).toHaveLength(4)
  await rebuild(load(directory), { from: DAY })
  expect(stored(join(directory, 'data', 'generation-2'))).toEqual(stored(join(fresh, 'data')))
  expect(fsck(join(directory, 'data'), true).defects).toEqual([])
})

test('from a day on: days before it keep their bytes, the day before gets what long flows reach into it with', async () => {
  const before = stored(join(base, 'data'))
  const rebuilt = await rebuild(load(base), { from: '2024-05-02' })
  expect(rebuilt.days).toEqual(['2024-05-02'])
  const after = stored(join(base, 'data', 'generation-2'))
  const same = Object.keys(before).filter((path) => path.includes('2024-04-30') || path.startsWith(`parts/${DAY}`))
  expect(same.length).toBeGreaterThan(4)
  for (const path of same) expect(after[path], path).toBe(before[path])
  expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort())
  expect(after['series/1d/2024.json.gz']).not.toBe(before['series/1d/2024.json.gz'])
  expect(fsck(join(base, 'data'), true).defects).toEqual([])
})

test('parts whose flow file has gone keep their counts and are told of', async () => {
  rmSync(join(base, 'saved', '2024-04-30'), { recursive: true })
  const rebuilt = await rebuild(load(base), { from: '2024-04-01' })
  expect(rebuilt).toMatchObject({ counted: 4, kept: 2 })
  const [before, after] = [stored(join(base, 'data')), stored(join(base, 'data', 'generation-2'))]
  for (const path of Object.keys(before).filter((path) => path.startsWith('parts/2024-04-30')))
    expect(after[path]).toBe(before[path])
  expect(fsck(join(base, 'data'), true).defects).toEqual([])
})

test('a flow file that cannot be counted any more is told of, its part stays', async () => {
  const [name] = readdirSync(join(base, 'saved', DAY))
  writeFileSync(join(base, 'saved', DAY, name!), 'damaged')
  const { complaints, kept } = await rebuild(load(base), { from: DAY, to: DAY })
  expect(complaints).toEqual([expect.stringContaining(`${name}: byte 0: `)])
  expect(kept).toBe(1)
})

test('a build that is under way sees one generation: the new one waits for it', async () => {
  const { config } = load(base)
  const release = acquireLock(config.site.dir)
  const done = rebuild(load(base), { from: DAY })
  const index = join(base, 'data', 'generation-2', 'series', 'index.json.gz')
  while (!existsSync(index)) await pause(20)
  await pause(300)
  expect(existsSync(join(base, 'data', 'current'))).toBe(false)
  release()
  await done
  expect(existsSync(join(base, 'data', 'current'))).toBe(true)
})

test('the archive of the site shows days counted again anew, and leaves the others', async () => {
  const first = await buildSite(load(base).config)
  expect(first.archived).toBe(6 + 3)
  await rebuild(load(base), { from: '2024-05-02' })
  const again = await buildSite(load(base).config)
  expect(again.archived).toBe(2 + 1)
})

test('days of which nothing is stored are a mistake, and nothing changes', async () => {
  const before = hashTree(base, 'data')
  await expect(rebuild(load(base), { from: '2030-01-01' })).rejects.toThrow('nothing is stored of 2030-01-01 or later')
  expect(hashTree(base, 'data')).toEqual(before)
})

const CLI = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname

test('case 104: killed at any moment, what counts is the old or the new, never both; called again it comes to the same end', async () => {
  const config = join(base, 'flowscan.config.json')
  writeFileSync(config, JSON.stringify(CHANGED))
  const old = asked()
  const whole = copyOf(base)
  const began = performance.now()
  expect(
    spawnSync(process.execPath, [
      CLI,
      'rebuild',
      '--config',
      join(whole, 'flowscan.config.json'),
      '--from',
      '2024-04-01',
    ]).status,
  ).toBe(0)
  const ms = performance.now() - began
  const expected = hashTree(join(whole, 'data'), ...STORE.map((name) => `generation-2/${name}`))
  let midway = 0
  for (let kill = 0; kill < 8; kill++) {
    const child = spawn(process.execPath, [CLI, 'rebuild', '--config', config, '--from', '2024-04-01'], {
      stdio: 'ignore',
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), ms * (0.3 + kill / 10))
    await once(child, 'exit')
    clearTimeout(timer)
    if (existsSync(join(base, 'data', 'current'))) break
    if (existsSync(join(base, 'data', 'generation-2'))) midway++
    expect(asked()).toEqual(old)
    expect(hashTree(join(base, 'data'), ...STORE)).toEqual(hashTree(join(prepared, 'data'), ...STORE))
  }
  expect(midway).toBeGreaterThan(0)
  if (!existsSync(join(base, 'data', 'current')))
    expect(spawnSync(process.execPath, [CLI, 'rebuild', '--config', config, '--from', '2024-04-01']).status).toBe(0)
  expect(hashTree(join(base, 'data'), ...STORE.map((name) => `generation-2/${name}`))).toEqual(expected)
  expect(asked()).not.toEqual(old)
})

test('a run that comes between two attempts is counted in the end', async () => {
  const config = join(base, 'flowscan.config.json')
  writeFileSync(config, JSON.stringify(CHANGED))
  const child = spawn(process.execPath, [CLI, 'rebuild', '--config', config, '--from', '2024-04-01'], {
    stdio: 'ignore',
  })
  const parts = join(base, 'data', 'generation-2', 'parts')
  const watch = setInterval(() => existsSync(parts) && readdirSync(parts).length > 1 && child.kill('SIGKILL'), 1)
  await once(child, 'exit')
  clearInterval(watch)
  writeThreeDays(join(base, 'flows'), [1, 2])
  await ingest(load(base, { ...CHANGED, ...NOW }))
  const { current } = await rebuild(load(base), { from: '2024-04-01' })
  const fresh = temporaryDirectory()
  await ingestAll(fresh, CHANGED)
  writeThreeDays(join(fresh, 'flows'), [1, 2])
  await ingest(load(fresh, { ...CHANGED, ...NOW }))
  expect(stored(current)).toEqual(stored(join(fresh, 'data')))
})

test('the command needs a day', () => {
  const { status, stderr } = spawnSync(process.execPath, [CLI, 'rebuild'], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 64, stderr: expect.stringContaining("required option '--from <day>'") })
})
