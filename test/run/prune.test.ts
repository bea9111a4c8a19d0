import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type LoadedConfig, parseConfig } from '../../ingest/config/load.ts'
import { DAY_SECONDS, dayOf, isoTime } from '../../ingest/model/time.ts'
import { fsck } from '../../ingest/run/fsck.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import { fadeSlowly, prune } from '../../ingest/run/prune.ts'
import { query } from '../../ingest/run/query.ts'
import { rebuild } from '../../ingest/run/rebuild.ts'
import { verify } from '../../ingest/run/verify.ts'
import { listDays } from '../../ingest/store/part.ts'
import { listWindows } from '../../ingest/store/series-index.ts'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { BASE_SLOT, CONFIG, laterFlowFile } from '../flow-files.ts'

const DAYS = 12
const STORED = ['data/parts', 'data/sealed', 'data/series', 'data/boards', 'saved']
const day = (at: number) => dayOf(BASE_SLOT + at * DAY_SECONDS)

function put(base: string, ...seconds: readonly number[]): void {
  for (const each of seconds) {
    const stamp = new Date((BASE_SLOT + each) * 1000).toISOString().replace('T', '.').replace(/:/g, '').slice(0, 17)
    const path = join(base, 'flows', `ft-v05.${stamp}+0000`)
    writeFileSync(path, laterFlowFile(each, 400))
    utimesSync(path, BASE_SLOT, BASE_SLOT)
  }
}

/** A store of twelve days with two slots each. */
async function setUp(
  retention: object,
  first = 0,
): Promise<{ base: string; data: string; loaded: LoadedConfig; newest: number }> {
  const base = temporaryDirectory()
  for (const name of ['flows', 'data/parts', 'data/sealed']) mkdirSync(join(base, name), { recursive: true })
  const loaded = parseConfig({ ...CONFIG, retention }, join(base, 'flowscan.config.ts'))
  const starts = Array.from({ length: DAYS }, (_, at) => first + at * DAY_SECONDS)
  put(base, ...starts.flatMap((start) => [start, start + 300]))
  await ingest(loaded)
  return { base, data: loaded.config.data, loaded, newest: BASE_SLOT + starts.at(-1)! + 300 }
}

function flowsOf({ config }: LoadedConfig, step: '30m' | '2h' | '1d') {
  const range = { from: isoTime(BASE_SLOT - DAY_SECONDS), to: isoTime(BASE_SLOT + DAYS * DAY_SECONDS) }
  return query(config, { what: 'total', step, ...range }).series
}

test('five-minute values and parts fade; coarser values, boards and flow files stay, and nothing is derived from what is left', async () => {
  const { base, data, loaded } = await setUp({ '5m': '7d' })
  const coarser = ['data/series/30m', 'data/series/2h', 'data/series/1d', 'data/boards', 'saved']
  const before = hashTree(base, ...coarser)
  const rehearsed = prune(loaded, true)
  expect(listWindows(data, '5m')).toHaveLength(DAYS)
  expect(prune(loaded, false)).toEqual(rehearsed)
  expect(listWindows(data, '5m')[0]).toBe(day(DAYS - 1 - 7))
  // The day before is kept, for its parts reach into the first.
  expect(listDays(data)[0]).toBe(day(DAYS - 1 - 8))
  expect(hashTree(base, ...coarser)).toEqual(before)
  const faded = hashTree(base, ...STORED)
  await ingest(loaded)
  expect(hashTree(base, ...STORED)).toEqual(faded)
  expect(fsck(data, true).defects).toEqual([])
  const days = await verify(loaded, { countsMissing: true, threads: 1 })
  expect(days[0]!.day).toBe(day(DAYS - 1 - 7))
  expect(hashTree(base, ...STORED)).toEqual(faded)
})

test.each(['series/index', 'series/1d/2024', 'series/2h/2024-05'])(
  '%s, when it has gone, is made anew from what is left',
  async (name) => {
    const { base, data, loaded } = await setUp({ '5m': '7d' })
    prune(loaded, false)
    const before = hashTree(base, ...STORED)
    rmSync(join(data, `${name}.json.gz`))
    await ingest(loaded)
    const after = hashTree(base, ...STORED)
    // The floor of the boards cannot be told from what is stored.
    if (name === 'series/index') for (const each of [before, after]) delete each['data/series/index.json.gz']
    expect(after).toEqual(before)
  },
)

test('half hours fade to two hours, whose values stay; days are made from these when their file has gone', async () => {
  const { base, data, loaded } = await setUp({ '5m': '7d', '30m': '7d' })
  const before = { '2h': flowsOf(loaded, '2h'), '1d': flowsOf(loaded, '1d') }
  prune(loaded, false)
  expect(listWindows(data, '30m')[0]).toBe(day(DAYS - 1 - 7))
  rmSync(join(data, 'series/1d/2024.json.gz'))
  await ingest(loaded)
  expect({ '2h': flowsOf(loaded, '2h'), '1d': flowsOf(loaded, '1d') }).toEqual(before)
  expect(fsck(data, true).defects).toEqual([])
  expect(readdirSync(join(base, 'saved'))).toHaveLength(DAYS)
})

test('case 17: a flow file of a day that has faded is set aside with the reason; one of a day that is kept is merged', async () => {
  const { base, data, loaded } = await setUp({ '5m': '7d' })
  prune(loaded, false)
  const before = hashTree(base, 'data/parts', 'data/sealed', 'data/series')
  put(base, 600)
  expect((await ingest(loaded)).counts).toMatchObject({ quarantined: 1, counted: 0 })
  expect(hashTree(base, 'data/parts', 'data/sealed', 'data/series')).toEqual(before)
  put(base, 6 * DAY_SECONDS + 600)
  expect((await ingest(loaded)).counts).toMatchObject({ quarantined: 0, counted: 1 })
  expect(fsck(data, true).defects).toEqual([])
})

test('a run lets two days fade, and none by a clock that must be wrong', async () => {
  const { data, loaded, newest } = await setUp({ '5m': '7d' }, 1000 * DAY_SECONDS)
  const count = () => listWindows(data, '5m').length
  expect([fadeSlowly(loaded, newest + 3650 * DAY_SECONDS), count()]).toEqual([
    expect.stringMatching(/7 days old/),
    DAYS,
  ])
  expect([fadeSlowly(loaded, newest + 600), count()]).toEqual([null, DAYS - 2])
  expect([fadeSlowly(loaded, newest + 600), count()]).toEqual([null, DAYS - 4])
  expect([fadeSlowly(loaded, newest + 600), count()]).toEqual([null, DAYS - 4])
})

test('rebuild counts again what is kept, and leaves what has faded as it is', async () => {
  const { base, data, loaded } = await setUp({ '5m': '7d', '30m': '8d' })
  const before = { '2h': flowsOf(loaded, '2h'), '1d': flowsOf(loaded, '1d') }
  prune(loaded, false)
  const stored = hashTree(base, ...STORED)
  const { days } = await rebuild(loaded, { from: day(0) })
  expect(days[0]).toBe(day(DAYS - 1 - 7))
  // Seals the days again.
  await ingest(loaded)
  const generation = Object.entries(hashTree(join(data, 'current/'), 'parts', 'series', 'boards'))
  expect(generation.filter(([path, hash]) => stored[join('data', path)] !== hash)).toEqual([])
  expect({ '2h': flowsOf(loaded, '2h'), '1d': flowsOf(loaded, '1d') }).toEqual(before)
  prune(loaded, false)
  expect(fsck(data, true).defects).toEqual([])
})

test('what a prune that was killed left goes with the next, or with the next run', async () => {
  const { base, data, loaded } = await setUp({ '5m': '7d' })
  const segments = readdirSync(join(data, 'sealed')).filter((name) => name < `${day(2)}z` && name.endsWith('.parts.gz'))
  const kept = segments.map((name) => ({
    path: join(data, 'sealed', name),
    bytes: readFileSync(join(data, 'sealed', name)),
  }))
  prune(loaded, false)
  const before = hashTree(base, ...STORED)
  for (const again of [() => prune(loaded, false), () => ingest(loaded)]) {
    for (const { path, bytes } of kept) writeFileSync(path, bytes)
    writeFileSync(join(data, 'series/.tmp-1-x'), '')
    await again()
    expect(hashTree(base, ...STORED)).toEqual(before)
  }
})

test('by size, the oldest days go first', async () => {
  const { data, loaded } = await setUp({ maxBytes: 1 })
  const faded = prune(loaded, false)
  expect(faded?.bytes).toBeGreaterThan(0)
  expect(listWindows(data, '5m')).toHaveLength(7)
})
