import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type LoadedConfig, parseConfig } from '../../ingest/config/load.ts'
import { DAY_SECONDS } from '../../ingest/model/time.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import type { Repair } from '../../ingest/run/repair.ts'
import { listDays, listParts, readPart } from '../../ingest/store/part.ts'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { BASE_SLOT, CONFIG, laterFlowFile } from '../flow-files.ts'

const STORED = ['data/parts', 'data/sealed', 'data/series', 'data/boards', 'saved']
/** Days and slots of the flow files, from the first on. */
const FILES = [0, 1, 2, 3, 4].flatMap((day) => [0, 1, 2].map((slot) => day * DAY_SECONDS + slot * 300))
const FIRST = '2024-05-01'

function setUp(): { base: string; data: string; loaded: LoadedConfig } {
  const base = temporaryDirectory()
  for (const name of ['flows', 'saved', 'data/parts', 'data/sealed']) mkdirSync(join(base, name), { recursive: true })
  writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify(CONFIG))
  const loaded = parseConfig(CONFIG, join(base, 'flowscan.config.json'))
  return { base, data: loaded.config.data, loaded }
}

function put(base: string, ...seconds: readonly number[]): void {
  for (const each of seconds) {
    const stamp = new Date((BASE_SLOT + each) * 1000).toISOString().replace('T', '.').replace(/:/g, '').slice(0, 17)
    const path = join(base, 'flows', `ft-v05.${stamp}+0000`)
    writeFileSync(path, laterFlowFile(each, (each / 300) % 7))
    utimesSync(path, BASE_SLOT, BASE_SLOT)
  }
}

/** A store of five days, of which two are sealed. */
async function setUpSealed() {
  const store = setUp()
  put(store.base, ...FILES)
  await ingest(store.loaded)
  return { ...store, before: hashTree(store.base, ...STORED) }
}

async function ingestAgain(loaded: LoadedConfig): Promise<Repair[]> {
  const repairs: Repair[] = []
  await ingest(loaded, { onRepair: (repair) => repairs.push(repair) })
  return repairs
}

const isGap = (repair: Repair) => 'isGap' in repair && repair.isGap

const sealedFile = (data: string, ending: string, day = FIRST) =>
  join(data, 'sealed', readdirSync(join(data, 'sealed')).find((name) => name.startsWith(day) && name.endsWith(ending))!)

test('days that were over for 48 hours take two files each, and hold the same parts', async () => {
  const { data, base } = await setUpSealed()
  expect(readdirSync(join(data, 'parts'))).toEqual(['2024-05-03', '2024-05-04', '2024-05-05'])
  expect(readdirSync(join(data, 'sealed')).map((name) => name.slice(0, 10))).toEqual([
    ...['2024-05-01', '2024-05-01', '2024-05-02', '2024-05-02'],
  ])
  expect(listDays(data)).toHaveLength(5)
  expect(listParts(data, FIRST).map((part) => readPart(data, part).slot)).toEqual(
    [0, 300, 600].map((at) => BASE_SLOT + at),
  )
  const lines = execFileSync('zcat', [sealedFile(data, '.parts.gz')], { encoding: 'utf8' })
    .trim()
    .split('\n')
  expect(lines.map((line) => Object.keys(JSON.parse(line))[0])).toEqual(Array(3).fill(['schema', 'sha256']).flat())
  expect(readdirSync(join(base, 'saved', FIRST))).toHaveLength(3)
})

test('in any order, also late for a sealed day, the same files give the same bytes', async () => {
  const { before } = await setUpSealed()
  for (const order of [[...FILES].reverse(), FILES.filter((_, at) => at !== 1)]) {
    const other = setUp()
    for (const each of order) {
      put(other.base, each)
      await ingest(other.loaded)
    }
    put(other.base, FILES[1]!)
    await ingest(other.loaded)
    expect(hashTree(other.base, ...STORED)).toEqual(before)
  }
})

test('an empty directory that a kill left behind a sealed day goes', async () => {
  const { base, data, loaded } = await setUpSealed()
  mkdirSync(join(data, 'parts', FIRST))
  await ingest(loaded)
  expect(readdirSync(join(base, 'data/parts'))).toEqual(['2024-05-03', '2024-05-04', '2024-05-05'])
})

test('a file that was counted before is known, though its part is sealed', async () => {
  const { base, loaded, before } = await setUpSealed()
  put(base, FILES[0]!)
  expect((await ingest(loaded)).counts).toMatchObject({ known: 1, counted: 0 })
  expect(hashTree(base, ...STORED)).toEqual(before)
})

function rot(path: string): void {
  const bytes = readFileSync(path)
  bytes[bytes.length >> 1]! ^= 4
  writeFileSync(path, bytes)
}

const LEDGER = '.json.gz'
const SEGMENT = '.parts.gz'

test.each<readonly [string, (data: string) => void]>([
  ['a part in it is damaged', (data) => rot(sealedFile(data, SEGMENT))],
  [
    'it is cut short',
    (data) => writeFileSync(sealedFile(data, SEGMENT), readFileSync(sealedFile(data, SEGMENT)).subarray(0, 3000)),
  ],
  ['its ledger is damaged', (data) => rot(sealedFile(data, LEDGER))],
  ['its ledger is empty', (data) => writeFileSync(sealedFile(data, LEDGER), '')],
  ['its ledger has gone', (data) => rmSync(sealedFile(data, LEDGER))],
  ['it has gone', (data) => rmSync(sealedFile(data, SEGMENT))],
  ['both have gone', (data) => [LEDGER, SEGMENT].map((ending) => rmSync(sealedFile(data, ending)))],
  [
    'its ledger is that of another day',
    (data) => copyFileSync(sealedFile(data, LEDGER, '2024-05-02'), sealedFile(data, LEDGER)),
  ],
  [
    'it is that of another day',
    (data) => copyFileSync(sealedFile(data, SEGMENT, '2024-05-02'), sealedFile(data, SEGMENT)),
  ],
])('a sealed day is the same again when %s', async (_, damage) => {
  const { base, data, loaded, before } = await setUpSealed()
  damage(data)
  rmSync(join(data, 'series/5m', `${FIRST}.json.gz`))
  const repairs = await ingestAgain(loaded)
  expect(hashTree(base, ...STORED)).toEqual(before)
  expect(await ingestAgain(loaded)).toEqual([])
  expect(repairs.some(isGap)).toBe(false)
})

test('a damaged part of a sealed day whose flow file has gone leaves a gap; the other parts stay', async () => {
  const { base, data, loaded } = await setUpSealed()
  rot(sealedFile(data, SEGMENT))
  rmSync(join(base, 'saved'), { recursive: true })
  rmSync(join(data, 'series/5m', `${FIRST}.json.gz`))
  expect((await ingestAgain(loaded)).some(isGap)).toBe(true)
  expect(listParts(data, FIRST).map(({ slot }) => slot)).toEqual([BASE_SLOT, BASE_SLOT + 600])
  expect(await ingestAgain(loaded)).toEqual([])
})

const CLI = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname

test('killed while it seals or mends, at any moment: the next run ends with the same bytes', async () => {
  const { base, data, loaded, before } = await setUpSealed()
  const late = FILES[1]!
  for (let ms = 160; ms < 460; ms += 38) {
    // All of it has to be sealed again, and one segment to be mended.
    for (const day of ['2024-05-01', '2024-05-02']) rot(sealedFile(data, ms % 2 ? LEDGER : SEGMENT, day))
    put(base, late)
    rmSync(join(data, 'series/5m', `${FIRST}.json.gz`))
    const child = spawn(process.execPath, [CLI, 'ingest', '--config', join(base, 'flowscan.config.json')], {
      stdio: 'ignore',
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), ms)
    await once(child, 'exit')
    clearTimeout(timer)
    await ingest(loaded)
    rmSync(join(data, 'quarantine'), { recursive: true, force: true })
    expect(hashTree(base, ...STORED), `killed after ${ms} ms`).toEqual(before)
  }
})
