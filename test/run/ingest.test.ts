import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type LoadedConfig, parseConfig } from '../../ingest/config/load.ts'
import { ingest, type Outcome } from '../../ingest/run/ingest.ts'
import { acquireLock } from '../../ingest/run/lock.ts'
import { query } from '../../ingest/run/query.ts'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { CONFIG, laterFlowFile, writeFlowFiles } from '../flow-files.ts'
import { type Holder, thisProcess } from '../holder.ts'

const STORED = ['parts', 'series', 'boards']

function setUp(flows: object = {}): { base: string; loaded: LoadedConfig } {
  const base = temporaryDirectory()
  mkdirSync(join(base, 'flows'))
  return { base, loaded: parseConfig({ ...CONFIG, flows }, join(base, 'flowscan.config.ts')) }
}

async function outcomes(loaded: LoadedConfig): Promise<Record<string, Outcome>> {
  const found: Record<string, Outcome> = {}
  await ingest(loaded, { onFile: ({ name }, outcome) => Object.assign(found, { [name]: outcome }) })
  return found
}

const kinds = (found: Record<string, Outcome>) => Object.values(found).map(({ kind }) => kind)

/** A file as a collector leaves it, written an hour ago. */
function put(path: string, bytes: Uint8Array | string): void {
  writeFileSync(path, bytes)
  const hourAgo = Date.now() / 1000 - 3600
  utimesSync(path, hourAgo, hourAgo)
}

describe('ingesting', () => {
  test('stores parts and series and moves the files to saved, by day', async () => {
    const { base, loaded } = setUp()
    const paths = writeFlowFiles(join(base, 'flows'), 3)
    expect(kinds(await outcomes(loaded))).toEqual(['counted', 'counted', 'counted'])
    expect(readdirSync(join(base, 'saved', '2024-05-01'))).toEqual(paths.map((path) => basename(path)))
    expect(readdirSync(join(base, 'flows'))).toEqual([])
    expect(query(loaded.config, { what: 'total', step: '1d' }).series.total!.in.flows.at(-1)).toBeGreaterThan(500)
  })

  test('again is a no-op, also when the files come back under other names', async () => {
    const { base, loaded } = setUp()
    writeFlowFiles(join(base, 'flows'), 3)
    await ingest(loaded)
    const before = hashTree(base, 'data/parts', 'data/series', 'data/boards')
    writeFlowFiles(join(base, 'flows'), 3)
    put(join(base, 'flows', 'ft-v05.2024-05-01.111111+0000'), laterFlowFile(0))
    expect(kinds(await outcomes(loaded))).toEqual(['known', 'known', 'known', 'known'])
    expect(hashTree(base, 'data/parts', 'data/series', 'data/boards')).toEqual(before)
  })

  test('in any order and in any batches gives the same bytes', async () => {
    const [once, batches] = [setUp(), setUp()]
    writeFlowFiles(join(once.base, 'flows'), 8)
    await ingest(once.loaded)
    const paths = writeFlowFiles(join(batches.base, 'waiting'), 8)
    for (const order of [[5, 1], [7], [0, 6, 2], [4, 3]]) {
      for (const at of order) renameSync(paths[at]!, join(batches.base, 'flows', basename(paths[at]!)))
      await ingest(batches.loaded)
    }
    for (const tree of STORED)
      expect(hashTree(join(batches.base, 'data'), tree)).toEqual(hashTree(join(once.base, 'data'), tree))
  })

  test('saved: false leaves the files, and reads them once', async () => {
    const { base, loaded } = setUp({ saved: false })
    const paths = writeFlowFiles(join(base, 'flows'), 2)
    put(join(base, 'flows', 'nfcapd.202405011055'), 'no flow file')
    expect(kinds(await outcomes(loaded)).sort()).toEqual(['counted', 'counted', 'quarantined'])
    expect(readdirSync(join(base, 'flows'))).toHaveLength(3)
    expect(await outcomes(loaded)).toEqual({})
    put(paths[0]!, laterFlowFile(600))
    expect(kinds(await outcomes(loaded))).toEqual(['counted'])
  })
})

describe('what is in the directory', () => {
  test('files that are being written, and strangers, are ignored', async () => {
    const { base, loaded } = setUp()
    for (const name of [
      'tmp-v05.2024-05-01.103500+0000',
      'nfcapd.current.1234',
      '.nfstat',
      'README',
      'nfcapd.20240501',
    ])
      put(join(base, 'flows', name), 'x')
    expect(await outcomes(loaded)).toEqual({})
  })

  test('a file that is still warm is left for the next run', async () => {
    const { base, loaded } = setUp()
    writeFileSync(join(base, 'flows', 'ft-v05.2024-05-01.103500+0000'), laterFlowFile(0))
    const [outcome] = Object.values(await outcomes(loaded))
    expect(outcome).toMatchObject({ kind: 'deferred', reason: expect.stringMatching(/left alone for 15 s/) })
  })

  test('links, second names and FIFOs are refused and not touched', async () => {
    const { base, loaded } = setUp()
    put(join(base, 'secret'), laterFlowFile(0))
    symlinkSync(join(base, 'secret'), join(base, 'flows', 'ft-v05.2024-05-01.103500+0000'))
    symlinkSync('ft-v05.2024-05-01.104000+0000', join(base, 'flows', 'ft-v05.2024-05-01.104000+0000'))
    linkSync(join(base, 'secret'), join(base, 'flows', 'ft-v05.2024-05-01.104500+0000'))
    execFileSync('mkfifo', [join(base, 'flows', 'ft-v05.2024-05-01.105000+0000')])
    const found = await outcomes(loaded)
    expect(kinds(found)).toEqual(['refused', 'refused', 'refused', 'refused'])
    expect(readdirSync(join(base, 'flows'))).toHaveLength(4)
  })

  test('a damaged file is set aside with its reason; the others go on', async () => {
    const { base, loaded } = setUp()
    writeFlowFiles(join(base, 'flows'), 2)
    put(join(base, 'flows', 'ft-v05.2024-05-01.120000+0000'), laterFlowFile(0).subarray(0, 30))
    put(join(base, 'flows', 'ft-v05.2024-05-01.120500+0000'), '')
    expect(kinds(await outcomes(loaded)).sort()).toEqual(['counted', 'counted', 'quarantined', 'quarantined'])
    const aside = readdirSync(join(base, 'data', 'quarantine'), { recursive: true })
    expect(aside.filter((name) => String(name).endsWith('reason.json'))).toHaveLength(2)
    expect(aside.filter((name) => /ft-v05/.test(String(name)))).toHaveLength(2)
  })

  test('a name that saved already holds with other content is not written over', async () => {
    const { base, loaded } = setUp()
    const [path] = writeFlowFiles(join(base, 'flows'), 1)
    await ingest(loaded)
    put(path!, laterFlowFile(60))
    await ingest(loaded)
    expect(readdirSync(join(base, 'saved', '2024-05-01'))).toHaveLength(2)
  })

  test('a directory that is missing is an error that says what to do', async () => {
    const { base } = setUp()
    const loaded = parseConfig({ ...CONFIG, flows: { dir: 'nowhere' } }, join(base, 'flowscan.config.ts'))
    await expect(ingest(loaded)).rejects.toThrow(/flows\.dir: .*nowhere: cannot be read; make it/)
  })
})

test('case 106: temporary files and empty directories that killed runs left are no hindrance, and the files go', async () => {
  const [left, clean] = [setUp(), setUp()]
  const { data } = left.loaded.config
  for (const directory of ['parts/2024-05-01', 'parts/2024-05-03', 'series/5m', 'boards', 'sealed', 'quarantine/abc'])
    mkdirSync(join(data, directory), { recursive: true })
  const places = ['', 'parts', 'parts/2024-05-01', 'series/5m', 'boards', 'sealed', 'quarantine/abc']
  for (const place of places) writeFileSync(join(data, place, '.tmp-4194304-0123'), 'half')
  for (const { base, loaded } of [left, clean]) {
    writeFlowFiles(join(base, 'flows'), 2)
    expect(kinds(await outcomes(loaded))).toEqual(['counted', 'counted'])
    await ingest(loaded)
  }
  expect(hashTree(left.base, 'data')).toEqual(hashTree(clean.base, 'data'))
})

describe('the lock', () => {
  test('a second run is told to try later', async () => {
    const { loaded } = setUp()
    const release = acquireLock(loaded.config.data)
    await expect(ingest(loaded)).rejects.toMatchObject({ exitCode: 75 })
    release()
    expect(await outcomes(loaded)).toEqual({})
  })

  test.each<{ name: string; holder: Partial<Holder> }>([
    { name: 'a dead process', holder: { pid: 4_194_304, start: null } },
    { name: 'another boot', holder: { boot: 'another' } },
    { name: 'a process whose number another has now', holder: { start: '1' } },
  ])('promise 15: of $name is taken over at once', async ({ holder }) => {
    const { loaded } = setUp()
    mkdirSync(loaded.config.data)
    const lock = join(loaded.config.data, 'lock')
    const running = thisProcess()
    writeFileSync(lock, JSON.stringify(running))
    await expect(ingest(loaded)).rejects.toMatchObject({ exitCode: 75 })
    writeFileSync(lock, JSON.stringify({ ...running, ...holder }))
    expect(await outcomes(loaded)).toEqual({})
    expect(existsSync(lock)).toBe(false)
  })

  test('promise 15: that is torn is taken over at once', async () => {
    const { loaded } = setUp()
    mkdirSync(loaded.config.data)
    writeFileSync(join(loaded.config.data, 'lock'), '{"pi')
    expect(await outcomes(loaded)).toEqual({})
  })

  test('names that a killed process left while it took the lock are gone after the next run; those of a running one stay', async () => {
    const { loaded } = setUp()
    const { data } = loaded.config
    mkdirSync(data)
    for (const name of ['lock.tmp-4194304', 'lock.tmp-stale-4194304', 'lock.tmp-1'])
      writeFileSync(join(data, name), '{}')
    await ingest(loaded)
    expect(readdirSync(data).filter((name) => name.startsWith('lock'))).toEqual(['lock.tmp-1'])
  })
})
