import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type LoadedConfig, parseConfig } from '../../ingest/config/load.ts'
import { fsck, repairStore } from '../../ingest/run/fsck.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import type { Repair } from '../../ingest/run/repair.ts'
import { readJson, writeJson } from '../../ingest/store/files.ts'
import { copyOf, hashTree } from '../directory.ts'
import { BASE_SLOT, CONFIG, laterFlowFile, writeFlowFiles } from '../flow-files.ts'
import { thisProcess } from '../holder.ts'

const DAY = '2024-05-01'
const STORED = ['data/parts', 'data/series', 'data/boards']

let prepared: string
let base: string
let data: string
let loaded: LoadedConfig
const load = (directory: string) => parseConfig(CONFIG, join(directory, 'flowscan.config.ts'))

beforeAll(async () => {
  prepared = mkdtempSync(join(tmpdir(), 'flowscan-'))
  writeFlowFiles(join(prepared, 'flows'), 3)
  await ingest(load(prepared))
})

afterAll(() => rmSync(prepared, { recursive: true }))

/** A store of three ingested files. */
beforeEach(() => {
  base = copyOf(prepared)
  loaded = load(base)
  data = loaded.config.data
})

const parts = () => readdirSync(join(data, 'parts', DAY)).map((name) => join('parts', DAY, name))
const kinds = (deep = false) => fsck(data, deep).defects.map(({ kind, path }) => `${kind} ${path}`)
const flip = (path: string) => {
  const bytes = readFileSync(join(data, path))
  bytes[bytes.length >> 1]! ^= 4
  writeFileSync(join(data, path), bytes)
}
const swap = (a: string, b: string) => {
  renameSync(join(data, a), join(data, 'aside'))
  renameSync(join(data, b), join(data, a))
  renameSync(join(data, 'aside'), join(data, b))
}

test('a sound store has no findings, however deep one looks, and nothing is changed', () => {
  const before = hashTree(base, 'data', 'saved')
  expect(fsck(data, true)).toEqual({ parts: 3, derived: 6, isCompared: true, defects: [] })
  expect(hashTree(base, 'data', 'saved')).toEqual(before)
})

test('a directory that does not exist yet holds nothing that could be damaged', () => {
  expect(fsck(join(base, 'nowhere'), true).defects).toEqual([])
})

const DERIVED = [
  'series/5m/2024-05-01.json.gz',
  'series/30m/2024-05-01.json.gz',
  'series/2h/2024-05.json.gz',
  'series/1d/2024.json.gz',
  'series/index.json.gz',
  'boards/2024-05-01.json.gz',
]

/** Every way in which a disk, or a person, damages a file. */
const DAMAGES: readonly { name: string; damage: (path: string) => void }[] = [
  { name: 'one bit flipped', damage: flip },
  { name: 'cut short', damage: (path) => truncateSync(join(data, path), 30) },
  { name: 'without any byte', damage: (path) => truncateSync(join(data, path), 0) },
  { name: 'filled with zeros', damage: (path) => writeFileSync(join(data, path), Buffer.alloc(2000)) },
]

describe.each(DAMAGES)('case 105: $name', ({ damage }) => {
  test('is found in every stored file, and repaired byte for byte', async () => {
    const before = hashTree(base, ...STORED)
    for (const path of [...DERIVED, parts()[1]!]) {
      damage(path)
      expect(kinds(), path).toContain(`damage ${path}`)
      await repairStore(loaded, false, () => {})
      expect(hashTree(base, ...STORED), path).toEqual(before)
    }
    expect(kinds(true)).toEqual([])
  })
})

test('all damaged at once: all is repaired, and what was damaged lies in quarantine', async () => {
  const before = hashTree(base, ...STORED)
  const paths = [...DERIVED, ...parts()]
  for (const path of paths) flip(path)
  expect(fsck(data, false).defects.filter(({ kind }) => kind === 'damage')).toHaveLength(paths.length)
  await repairStore(loaded, false, () => {})
  expect(hashTree(base, ...STORED)).toEqual(before)
  expect(readdirSync(join(data, 'quarantine'))).toHaveLength(paths.length)
})

test.each([
  { name: 'two parts', files: () => [parts()[0]!, parts()[1]!] as const },
  { name: 'two series', files: () => [DERIVED[0]!, DERIVED[1]!] as const },
  { name: 'a series and a board', files: () => [DERIVED[0]!, DERIVED[5]!] as const },
])('$name that changed places are found and repaired', async ({ files }) => {
  const before = hashTree(base, ...STORED)
  const [a, b] = files()
  swap(a, b)
  expect(kinds()).toEqual(expect.arrayContaining([`damage ${a}`, `damage ${b}`]))
  await repairStore(loaded, false, () => {})
  expect(hashTree(base, ...STORED)).toEqual(before)
})

test('a part in the directory of another day is found, and put aside', async () => {
  const before = hashTree(base, ...STORED)
  const [, part] = parts()
  const wrong = part!.replaceAll(DAY, '2024-05-03')
  mkdirSync(join(data, 'parts', '2024-05-03'))
  renameSync(join(data, part!), join(data, wrong))
  expect(kinds()).toContain(`damage ${wrong}`)
  await repairStore(loaded, false, () => {})
  expect(hashTree(base, ...STORED)).toEqual(before)
})

test('a series whose checksum is right and whose numbers are wrong is found by looking deep', async () => {
  const before = hashTree(base, ...STORED)
  const path = join(data, DERIVED[3]!)
  const { cells, ...rest } = readJson(path)!.value as { cells: { total: { in: { octets: number[] } } } }
  cells.total.in.octets[0]!++
  writeJson(path, { ...rest, cells })
  expect(kinds()).toEqual([])
  expect(kinds(true)).toEqual([`damage ${DERIVED[3]}`])
  await repairStore(loaded, true, () => {})
  expect(hashTree(base, ...STORED)).toEqual(before)
})

test('a series of another time is found by what it was made from', async () => {
  const before = hashTree(base, ...STORED)
  const old = readFileSync(join(data, DERIVED[1]!))
  writeFlowFiles(join(base, 'flows'), 4)
  await ingest(loaded)
  const current = hashTree(base, ...STORED)
  expect(current).not.toEqual(before)
  writeFileSync(join(data, DERIVED[1]!), old)
  expect(kinds()).toContain(`damage ${DERIVED[1]}`)
  await repairStore(loaded, false, () => {})
  expect(hashTree(base, ...STORED)).toEqual(current)
})

test.each(DERIVED)('%s that has gone is made anew', async (path) => {
  const before = hashTree(base, ...STORED)
  rmSync(join(data, path))
  expect(kinds()).not.toEqual([])
  await repairStore(loaded, false, () => {})
  expect(hashTree(base, ...STORED)).toEqual(before)
})

test('a part whose counts do not add up is told of, with the sum', () => {
  const [path] = parts()
  const part = readJson(join(data, path!))!.value as {
    slots: { cells: { 'service/https': { in: number[] } } }[]
    total: { octets: number }
  }
  part.slots.at(-1)!.cells['service/https'].in[0]! += 7
  writeJson(join(data, path!), part)
  const [defect] = fsck(data, false).defects
  expect(defect).toMatchObject({ kind: 'unbalanced', path })
  expect(defect!.found).toMatch(/^service in in 2024-05-01T10:40:00Z adds up to \d+ octets, but the total has \d+$/)
})

test.each([
  { name: 'made again from its flow file', isSaved: true },
  { name: 'given up, and its slot is no gap', isSaved: false },
])('a superseded part that rots is found and $name; no number changes', async ({ isSaved }) => {
  const longer = parts()
  const path = join(base, 'flows', 'ft-v05.2024-05-01.105000+0000')
  writeFileSync(path, laterFlowFile(600, 2).subarray(0, 20_010))
  utimesSync(path, BASE_SLOT, BASE_SLOT)
  await ingest(loaded)
  const [shorter] = parts().filter((each) => !longer.includes(each) && !each.includes('superseded')) as [string]
  expect(fsck(data, true)).toEqual({ parts: 4, derived: 6, isCompared: true, defects: [] })
  const before = hashTree(base, ...STORED)
  flip(shorter)
  if (!isSaved) rmSync(join(base, 'saved'), { recursive: true })
  expect(kinds()).toEqual([`damage ${shorter}`])
  const repairs: Repair[] = []
  await repairStore(loaded, false, (repair) => repairs.push(repair))
  expect(repairs).toMatchObject([{ path: join(data, shorter), isGap: false }])
  const after = hashTree(base, ...STORED)
  if (!isSaved) delete before[join('data', shorter)]
  expect(after).toEqual(before)
  expect(kinds(true)).toEqual([])
})

test('promise 35: looking at damage changes nothing', () => {
  for (const path of [...DERIVED, ...parts()]) flip(path)
  const before = hashTree(base, 'data', 'saved')
  expect(fsck(data, false).defects.filter(({ kind }) => kind === 'damage')).toHaveLength(9)
  expect(hashTree(base, 'data', 'saved')).toEqual(before)
})

test('what a killed run left to do is no damage', () => {
  rmSync(join(data, parts()[2]!))
  const found = kinds()
  expect(found.length).toBeGreaterThan(0)
  expect(found.every((line) => line.startsWith('pending '))).toBe(true)
})

test('leftovers and files of others are listed and never touched', async () => {
  const others = ['notes.txt', 'parts/2024-05-01/.tmp-1-abc', 'series/5m/old', 'parts/README']
  for (const path of others) writeFileSync(join(data, path), 'mine')
  expect(kinds().sort()).toEqual(others.map((path) => `stranger ${path}`).sort())
  await repairStore(loaded, false, () => {})
  for (const path of others) expect(readFileSync(join(data, path), 'utf8')).toBe('mine')
})

test('the command prints a table and ends with 65, 0 once repaired, 75 while a run is at work', () => {
  const cli = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname
  const config = join(base, 'flowscan.config.json')
  writeFileSync(config, JSON.stringify(CONFIG))
  const run = (...options: string[]) =>
    spawnSync(process.execPath, [cli, 'fsck', '--config', config, ...options], { encoding: 'utf8' })
  expect(run('--deep')).toMatchObject({
    status: 0,
    stdout: '3 parts, 6 derived files, 0 findings; all derived anew and compared\n',
  })
  flip(DERIVED[0]!)
  const damaged = run()
  expect(damaged.status).toBe(65)
  expect(damaged.stdout).toMatch(/^damage +series\/5m\/2024-05-01\.json\.gz +stored file is damaged .* --repair/m)
  const repaired = run('--repair')
  expect(repaired.status).toBe(0)
  expect(repaired.stderr).toMatch(
    /series\/5m\/2024-05-01\.json\.gz: damaged or gone; what was left of it is in quarantine; made anew/,
  )
  expect(run().status).toBe(0)
  writeFileSync(join(data, 'lock'), JSON.stringify(thisProcess()))
  expect(run()).toMatchObject({ status: 75 })
})
