import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type LoadedConfig, parseConfig } from '../../ingest/config/load.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import type { Repair } from '../../ingest/run/repair.ts'
import { scrub } from '../../ingest/store/scrub.ts'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { BASE_SLOT, CONFIG, laterFlowFile } from '../flow-files.ts'

const STORED = ['data/parts', 'data/series', 'data/boards', 'saved']
const WEEK_SLOTS = 2016
/** So many slots later a new round begins, with the oldest day of parts. */
const TO_ROUND = WEEK_SLOTS - ((BASE_SLOT / 300) % WEEK_SLOTS)

function put(base: string, ...slots: readonly number[]): void {
  for (const each of slots) {
    const stamp = new Date((BASE_SLOT + each * 300) * 1000)
      .toISOString()
      .replace('T', '.')
      .replace(/:/g, '')
      .slice(0, 17)
    const path = join(base, 'flows', `ft-v05.${stamp}+0000`)
    writeFileSync(path, laterFlowFile(each * 300, 800))
    utimesSync(path, BASE_SLOT, BASE_SLOT)
  }
}

/** Three slots of a day, and the one with which a round begins. */
async function setUp(): Promise<{ base: string; loaded: LoadedConfig; part: string }> {
  const base = temporaryDirectory()
  mkdirSync(join(base, 'flows'))
  const loaded = parseConfig(CONFIG, join(base, 'flowscan.config.ts'))
  put(base, 0, 1, 2, TO_ROUND)
  await ingest(loaded)
  const directory = join(base, 'data/parts/2024-05-01')
  return { base, loaded, part: join(directory, readdirSync(directory)[1]!) }
}

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

test('a part that nothing reads rots: it is found within a week and made again from its flow file', async () => {
  const { base, loaded, part } = await setUp()
  const before = hashTree(base, ...STORED)
  rot(part)
  expect(await ingestAgain(loaded)).toEqual([{ path: part, from: [expect.stringContaining('saved')], isGap: false }])
  expect(hashTree(base, ...STORED)).toEqual(before)
})

test('where its flow file has gone it stays, and so do the right numbers that were made of it', async () => {
  const { base, loaded, part } = await setUp()
  rot(part)
  rmSync(join(base, 'saved'), { recursive: true })
  const before = hashTree(base, 'data/parts', 'data/series', 'data/boards')
  expect(await ingestAgain(loaded)).toEqual([{ path: part, isLeft: true }])
  expect(hashTree(base, 'data/parts', 'data/series', 'data/boards')).toEqual(before)
})

test('every file is looked at once in a week of slots', async () => {
  const { base, loaded } = await setUp()
  const { data } = loaded.config
  const files = Object.keys(hashTree(base, 'data/parts', 'data/series', 'data/boards')).filter(
    (path) => !/index|2024-05-02T|parts\/2024-05-02/.test(path),
  )
  for (const [at, path] of files.entries()) {
    const sound = readFileSync(join(base, path))
    rot(join(base, path))
    const found = Array.from({ length: 40 }, (_, turn) => turn).filter((turn) => {
      try {
        scrub(data, turn)
        return false
      } catch {
        return true
      }
    })
    expect(found, `${at} ${path}`).toHaveLength(1)
    writeFileSync(join(base, path), sound)
  }
})
