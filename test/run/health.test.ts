import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Health } from '../../ingest/store/health.ts'
import { temporaryDirectory } from '../directory.ts'
import { BASE_SLOT, CONFIG, laterFlowFile, writeFlowFiles } from '../flow-files.ts'
import { thisProcess } from '../holder.ts'
import { isWithout } from '../programs.ts'

const CLI = new URL('../../dist/ingest/cli.js', import.meta.url).pathname
const POISON = new URL('poison.mjs', import.meta.url).pathname
const SOUND = 'ft-v05.2024-05-01.104000+0000'
const BAD = 'ft-v05.2024-05-01.110000+0000'

function setUp(flows: object = {}) {
  const base = temporaryDirectory()
  mkdirSync(join(base, 'flows'))
  const config = join(base, 'flowscan.config.json')
  writeFileSync(config, JSON.stringify({ ...CONFIG, flows }))
  return {
    base,
    put(name: string, bytes: Uint8Array | string) {
      writeFileSync(join(base, 'flows', name), bytes)
      utimesSync(join(base, 'flows', name), BASE_SLOT, BASE_SLOT)
    },
    run(command = 'ingest', env: Record<string, string> = {}) {
      const argv = [CLI, command, '--config', config]
      return spawnSync(process.execPath, argv, { cwd: '/', encoding: 'utf8', env: { ...process.env, ...env } })
    },
    health: (): Health => JSON.parse(readFileSync(join(base, 'data', 'health.json'), 'utf8')),
  }
}

const poisoned = (word: string) => Buffer.concat([laterFlowFile(1200), Buffer.from(word)])

test.each([
  { name: 'an exception', word: 'POISON', reason: /failed 3 times on it: .*a mistake in flowscan/s, deaths: 0 },
  { name: 'too little memory', word: 'GREED', reason: /failed 3 times on it: .*memory/s, deaths: 1 },
])(
  'a file that makes flowscan fail ($name) stops no other, and is set aside after three attempts',
  ({ word, reason, deaths }) => {
    const { base, put, run, health } = setUp()
    const env = { NODE_OPTIONS: `--import=${POISON} --max-old-space-size=200` }
    put(BAD, poisoned(word))
    // With nothing known of it, it is counted in the thread that all depends on; after that never again.
    for (let death = 0; death < deaths; death++) expect(run('ingest', env).signal).toBe('SIGABRT')
    for (const attempt of [1, 2]) {
      put(SOUND.replace('40', String(40 + attempt)), laterFlowFile(attempt * 60))
      const { status, stderr } = run('ingest', env)
      expect(stderr).toMatch(/flow files: 1 counted, 1 made flowscan fail/)
      expect(status).toBe(70)
      expect(health()).toMatchObject({ pending: 1, lastRun: { files: { counted: 1, failed: 1 } } })
      expect(health().alarms.map(({ subject }) => subject)).toContain('flow files')
    }
    const { status, stderr } = run('ingest', env)
    expect(stderr).toMatch(/1 set aside/)
    expect(status).toBe(0)
    expect(readdirSync(join(base, 'flows'))).toEqual([])
    expect(health()).toMatchObject({
      pending: 0,
      quarantine: { count: 1, newest: [{ file: BAD, source: 'flows', reason: expect.stringMatching(reason) }] },
    })
    expect(existsSync(join(base, 'data', 'left.json.gz'))).toBe(false)
  },
)

test('health.json tells of a run what somebody who watches over it wants to know', () => {
  const { base, put, run, health } = setUp()
  const paths = writeFlowFiles(join(base, 'flows'), 4)
  rmSync(paths[1]!)
  put(BAD, 'no flow file')
  const before = Date.now()
  expect(run().status).toBe(0)
  const first = health()
  expect(first).toMatchObject({
    schema: 1,
    newestSlot: '2024-05-01T10:55:00Z',
    lastRun: { files: { counted: 3, quarantined: 1, known: 0 }, error: null },
    quarantine: { count: 1, newest: [{ file: BAD, when: '2024-05-01T11:00:00Z' }] },
    copies: [],
    gaps: [{ source: 'flows', from: '2024-05-01T10:45:00Z', to: '2024-05-01T10:50:00Z' }],
    alarms: [{ subject: 'quarantine', since: first.at }],
  })
  expect(Date.parse(first.lastSuccess!)).toBeGreaterThan(before - 1000)
  expect(first.lagSeconds).toBeGreaterThan((before - Date.parse('2024-05-01T11:00:00Z')) / 1000 - 1)
  expect(first.free!.bytes).toBeGreaterThan(0)
  put('ft-v05.2024-05-01.105501+0000', readFileSync(join(base, 'saved', '2024-05-01', 'ft-v05.2024-05-01.105500+0000')))
  run()
  expect(health().copies).toEqual([
    {
      file: join(base, 'flows', 'ft-v05.2024-05-01.105501+0000'),
      of: join(base, 'saved', '2024-05-01', 'ft-v05.2024-05-01.105500+0000'),
    },
  ])
  expect(health().alarms[0]!.since).toBe(first.at)
})

test('a flow file that is counted long after its slot is late, unless it waited before there was anything', () => {
  const { base, put, run, health } = setUp()
  put(SOUND, laterFlowFile(0))
  run()
  expect(health().late).toEqual([])
  const name = SOUND.replace('1040', '1100')
  put(name, laterFlowFile(1200))
  utimesSync(join(base, 'flows', name), BASE_SLOT + 1507, BASE_SLOT + 1507)
  const before = Date.now() / 1000
  run()
  expect(health().late).toEqual([
    {
      file: join(base, 'flows', name),
      source: 'flows',
      slot: '2024-05-01T11:00:00Z',
      changedSeconds: 7,
      countedSeconds: expect.any(Number),
    },
  ])
  expect(health().late![0]!.countedSeconds).toBeGreaterThanOrEqual(Math.floor(before) - BASE_SLOT - 1500)
  run()
  expect(health().late).toHaveLength(1)
})

test('the site that a run builds tells of that run; one that changes nothing renders nothing', async () => {
  const { base, put, run, health } = setUp()
  put(SOUND, laterFlowFile(0))
  put(BAD, 'no flow file')
  expect(run('run').status).toBe(0)
  const page = readFileSync(join(base, 'public', 'current', 'quality', 'index.html'), 'utf8')
  expect(page).toContain(`${BAD}: byte 0: not a flow file`)
  const { lastSuccess } = health()
  // It tells seconds.
  await setTimeout(1000 - (Date.now() % 1000))
  expect(run('run').stderr).toMatch(/: 0 pages rendered/)
  expect(Date.parse(health().lastSuccess!)).toBeGreaterThan(Date.parse(lastSuccess!))
})

test.skipIf(isWithout('the alarm of deploy/README.md', 'jq'))('the one alarm of deploy/README.md', () => {
  const { base, run, health } = setUp()
  run()
  const text = readFileSync(new URL('../../deploy/README.md', import.meta.url), 'utf8')
  const [condition, again] = [...text.matchAll(/jq -e '([^']+)'/g)].map(([, found]) => found!)
  expect(again).toBe(condition)
  const path = join(base, 'data', 'health.json')
  const isWell = () => spawnSync('jq', ['-e', condition!, path]).status === 0
  expect(isWell()).toBe(true)
  for (const lastSuccess of [new Date(Date.now() - 1_000_000).toISOString().replace(/\.\d+/, ''), null]) {
    writeFileSync(path, JSON.stringify({ ...health(), lastSuccess }))
    expect(isWell()).toBe(false)
  }
})

test('a run that fails says so and leaves the time of the last success; the next mends both', () => {
  const { base, run, health } = setUp()
  writeFlowFiles(join(base, 'flows'), 1)
  run()
  const { lastSuccess } = health()
  renameSync(join(base, 'flows'), join(base, 'away'))
  expect(run().status).toBe(74)
  expect(health()).toMatchObject({
    lastSuccess,
    lastRun: { error: expect.stringMatching(/flows: cannot be read; make it/) },
  })
  expect(health().alarms).toMatchObject([{ subject: 'run', what: expect.stringMatching(/cannot be read/) }])
  renameSync(join(base, 'away'), join(base, 'flows'))
  expect(run().status).toBe(0)
  expect(health()).toMatchObject({ lastRun: { error: null }, alarms: [] })
})

test('a run that finds another at work says nothing', () => {
  const { base, run } = setUp()
  mkdirSync(join(base, 'data'))
  writeFileSync(join(base, 'data', 'lock'), JSON.stringify(thisProcess()))
  expect(run().status).toBe(75)
  expect(existsSync(join(base, 'data', 'health.json'))).toBe(false)
})

test('case 92: with a mistake in the config nothing is ingested, and what is stored and told stays', () => {
  const { base, run, health } = setUp()
  writeFlowFiles(join(base, 'flows'), 1)
  run()
  const before = health()
  writeFlowFiles(join(base, 'flows'), 2)
  writeFileSync(join(base, 'flowscan.config.json'), '{ "subnets": ')
  expect(run('run').status).toBe(78)
  expect(readdirSync(join(base, 'flows'))).toHaveLength(2)
  expect(health()).toEqual(before)
})
