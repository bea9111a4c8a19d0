import { type ChildProcess, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { parseConfig } from '../../ingest/config/load.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import { canMount, system } from '../crash/mounts.ts'
import { type Fault, PRODUCT, runFlowscan, spoilProduct, startFlowscan } from '../crash/product.ts'
import { isTemporary, pathsOf, trace } from '../crash/strace.ts'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { CONFIG, writeFlowFiles } from '../flow-files.ts'
import { isWithout } from '../programs.ts'

/* What only whole processes show: two at once, one that was made worse, a disk that does not keep what it was given. */

const STORED = ['data/parts', 'data/series', 'data/boards', 'saved']
const stored = (base: string) => hashTree(base, ...STORED)

/** A directory with flow files that wait. */
function setUp(files: number): string {
  const base = temporaryDirectory()
  writeFlowFiles(join(base, 'flows'), files)
  writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify(CONFIG))
  return base
}

/** What comes of so many flow files when nothing disturbs. */
async function undisturbed(files: number): Promise<{ [path: string]: string }> {
  const base = setUp(files)
  await ingest(parseConfig(CONFIG, join(base, 'flowscan.config.json')))
  return stored(base)
}

async function stopAtWork(child: ChildProcess, data: string): Promise<void> {
  while (!existsSync(join(data, 'lock'))) await setTimeout(1)
  child.kill('SIGSTOP')
}

test('promise 14, case 109: while a run is at work, others end with 75 within a second, and it goes on as if alone', async () => {
  const base = setUp(4)
  const long = startFlowscan(PRODUCT, base, 'ingest')
  await stopAtWork(long.child, join(base, 'data'))
  const before = hashTree(base, 'data', 'flows')
  let best = Number.POSITIVE_INFINITY
  // Where many tests run at once, not every start of Node takes less.
  for (let attempt = 0; attempt < 10 && best > 1000; attempt++) {
    const { code, stderr, ms } = await runFlowscan(PRODUCT, base, 'run')
    expect(code).toBe(75)
    expect(stderr).toMatch(/lock: process \d+ is at work on this data directory/)
    best = Math.min(best, ms)
  }
  expect(best).toBeLessThan(1000)
  expect(hashTree(base, 'data', 'flows')).toEqual(before)
  long.child.kill('SIGCONT')
  expect((await long.ended).code).toBe(0)
  expect(stored(base)).toEqual(await undisturbed(4))
})

const NO_LOCK: Fault = {
  name: 'everybody has the lock',
  file: 'ingest/run/lock.js',
  from: 'if (createLock(path, mine)) {',
  to: 'if (createLock(path, mine) || true) {',
}

test('promise 14: where the lock does not keep them apart, three at once count every flow once', async () => {
  const base = setUp(6)
  const product = spoilProduct(temporaryDirectory(), NO_LOCK)
  await Promise.all([0, 1, 2].map(() => runFlowscan(product, base, 'ingest')))
  expect((await runFlowscan(PRODUCT, base, 'ingest')).code).toBe(0)
  expect(stored(base)).toEqual(await undisturbed(6))
})

const FORGETS_FLOWS: Fault = {
  name: 'flows of all but the first protocol count nowhere',
  file: 'ingest/classify/protocol.js',
  from: 'memberships: memberIsCode(all.length + 1),',
  to: 'memberships: memberIsCode(1),',
}

test('promise 2: a flowscan that forgets flows stores nothing of the file, says so, and leaves it where it is', async () => {
  const base = setUp(1)
  const { code, stderr } = await runFlowscan(spoilProduct(temporaryDirectory(), FORGETS_FLOWS), base, 'ingest')
  expect(code).toBe(70)
  expect(stderr).toMatch(/protocol in in \S+ adds up to \d+ octets, but the total has \d+/)
  expect(existsSync(join(base, 'data', 'parts'))).toBe(false)
  expect(readdirSync(join(base, 'flows'))).toHaveLength(1)
  expect((await runFlowscan(PRODUCT, base, 'ingest')).code).toBe(0)
  expect(stored(base)).toEqual(await undisturbed(1))
})

const WRONG_TEMPLATE: Fault = {
  name: 'a template asks for what its page does not have',
  file: 'site/pages/about.js',
  from: "template: 'about'",
  to: "template: 'quality'",
}

test('case 107: a build whose template throws ends with 78, the old site stays; the next one goes on', {
  timeout: 120_000,
}, async () => {
  const base = setUp(3)
  expect((await runFlowscan(PRODUCT, base, 'run')).code).toBe(0)
  const site = () => hashTree(join(base, 'public'), 'current/')
  const before = site()
  writeFlowFiles(join(base, 'flows'), 4)
  const { code, stderr } = await runFlowscan(spoilProduct(temporaryDirectory(), WRONG_TEMPLATE), base, 'run')
  expect(code).toBe(78)
  expect(stderr).toMatch(/quality\.njk/)
  expect(site()).toEqual(before)
  expect(readdirSync(join(base, 'public/releases')).filter((name) => name.startsWith('.'))).toEqual([])
  expect((await runFlowscan(PRODUCT, base, 'run')).code).toBe(0)
  expect(site()).not.toEqual(before)
})

test.skipIf(isWithout('a disk that gives back other bytes', 'strace'))(
  'promise 3: a part that does not read back as it was written keeps its flow file where it is',
  async () => {
    const base = setUp(1)
    const expected = await undisturbed(1)
    const part = Object.keys(expected).find((path) => path.startsWith('data/parts'))!
    const argv = ['-f', '-qq', '-P', join(base, part), '-e', 'trace=read', '-e', 'inject=read:retval=100:when=1']
    const cli = ['dist/flowscan/cli.js', 'ingest', '--config', join(base, 'flowscan.config.json')]
    const { status, stderr } = spawnSync('strace', [...argv, process.execPath, ...cli], {
      encoding: 'utf8',
      cwd: PRODUCT,
    })
    expect(stderr).toMatch(/reads back other than it was written; is the disk failing\?/)
    expect(status).toBe(74)
    expect(readdirSync(join(base, 'flows'))).toHaveLength(1)
    expect((await runFlowscan(PRODUCT, base, 'ingest')).code).toBe(0)
    expect(stored(base)).toEqual(expected)
  },
)

test.skipIf(isWithout('an fsync that fails once', 'strace'))(
  'case 99: after an fsync that failed nobody asks again: the temporary file goes, the part is written anew',
  async () => {
    const names = ['openat', 'fsync', 'rename', 'unlink']
    const base = setUp(1)
    const ofPart = (path: string) => path.startsWith('data/parts/') && isTemporary(path)
    const probe = setUp(1)
    const { calls } = await trace(PRODUCT, probe, 'ingest', names)
    const at = calls.find((call) => call.name === 'fsync' && pathsOf(call, probe).some(ofPart))!.at
    const run = await trace(PRODUCT, base, 'ingest', names, [{ call: 'fsync', at, what: 'error=EIO', isMain: true }])
    const told = run.calls.filter((call) => pathsOf(call, base).some(ofPart))
    expect(told.map(({ name, isInjected }) => [name, isInjected])).toEqual([
      ['openat', false],
      ['fsync', true],
      ['unlink', false],
    ])
    expect(run.code).toBe(74)
    expect(readdirSync(join(base, 'flows'))).toHaveLength(1)
    expect((await runFlowscan(PRODUCT, base, 'ingest')).code).toBe(0)
    expect(stored(base)).toEqual(await undisturbed(1))
  },
)

test.skipIf(!canMount())(
  'case 98: where the file system has become read-only a run ends with 74, the site stays, and the next run goes on',
  async () => {
    const base = temporaryDirectory()
    const disk = join(base, 'disk')
    mkdirSync(disk)
    system('mount', '-t', 'tmpfs', 'tmpfs', disk)
    onTestFinished(() => system('umount', disk))
    const config = { ...CONFIG, data: 'disk/data', site: { dir: 'disk/public' } }
    writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify(config))
    writeFlowFiles(join(base, 'flows'), 1)
    expect((await runFlowscan(PRODUCT, base, 'run')).code).toBe(0)
    writeFlowFiles(join(base, 'flows'), 2)
    const seen = () => hashTree(base, 'disk', 'disk/public/current/', 'flows')
    const before = seen()
    system('mount', '-o', 'remount,ro', disk)
    const { code, stderr } = await runFlowscan(PRODUCT, base, 'run')
    expect([code, stderr]).toEqual([74, expect.stringMatching(/EROFS: read-only file system/)])
    expect(seen()).toEqual(before)
    system('mount', '-o', 'remount,rw', disk)
    expect((await runFlowscan(PRODUCT, base, 'ingest')).code).toBe(0)
    expect(readdirSync(join(base, 'saved', '2024-05-01'))).toHaveLength(2)
  },
)

test('case 93: a config that changes during a run: the run goes by what it read', async () => {
  const base = temporaryDirectory()
  mkdirSync(join(base, 'data'))
  // So many that threads count them.
  writeFlowFiles(join(base, 'flows'), 13)
  const config = join(base, 'flowscan.config.ts')
  writeFileSync(
    config,
    `import { writeFileSync } from 'node:fs'
writeFileSync(${JSON.stringify(config)}, 'export default { "subnets": ')
export default ${JSON.stringify(CONFIG)}\n`,
  )
  const { status, stderr } = spawnSync(process.execPath, ['dist/flowscan/cli.js', 'run', '--config', config], {
    encoding: 'utf8',
    cwd: PRODUCT,
  })
  expect(stderr).toMatch(/13 counted.*site built/s)
  expect(status).toBe(0)
  expect(readFileSync(config, 'utf8')).toMatch(/subnets": $/)
  expect(stored(base)).toEqual(await undisturbed(13))
})
