import { chmodSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../directory.ts'
import { failAt, type Trouble, troublesOf } from './error.ts'
import { MOVE_BEFORE_PART, NO_DIRECTORY_FSYNC, NO_FILE_FSYNC, SILENCE_IS_ABSENCE } from './faults.ts'
import { killAt, killPoints } from './kill.ts'
import { violationsOf } from './order.ts'
import { canTrace, type Fault, PRODUCT, spoilProduct } from './product.ts'
import { hashOfRemains } from './remains.ts'
import { scenarios } from './scenarios.ts'
import { disturb, disturbInHost, type Stage, setStage } from './stage.ts'

/* A slice of what `npm run test:crash` does (README.md): each point is three processes. */
const KILLS = 4
const TROUBLES = 3
const SECONDS = 120_000

const tracing = canTrace()
if (!tracing) console.warn('skipped: kills and errors at system calls: strace is not installed, or may not trace')

const scenarioOf = (name: string) => scenarios.find((each) => each.name === name)!

/** So many, spread over all. */
function someOf<T>(all: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, n) => all[Math.floor(((n + 0.5) * all.length) / count)]!)
}

/** The disk does not tell whether the name in `saved` is taken. */
const isAboutTakenName = ({ point, what }: Trouble) =>
  /^access saved\/2024-05-01\/ft-v05.2024-05-01.104000\+0000 /.test(point.what) && what === 'error=EIO'

describe.runIf(tracing)('at system calls', () => {
  let stage: Stage
  beforeAll(async () => {
    const root = mkdtempSync(join(tmpdir(), 'flowscan-'))
    stage = await setStage(scenarioOf('ingest'), root, PRODUCT)
    return () => rmSync(root, { recursive: true })
  }, SECONDS)

  test(`ingest is killed at ${KILLS} of them: the next run gives the same bytes`, { timeout: SECONDS }, async () => {
    const points = killPoints(stage)
    expect(points.length).toBeGreaterThan(60)
    for (const point of someOf(points, KILLS)) expect(await killAt(stage, point), point.what).toEqual({ kind: 'sound' })
  })

  test(`${TROUBLES} of them fail: nothing is lost, the next run gives the same bytes`, {
    timeout: SECONDS,
  }, async () => {
    const troubles = troublesOf(stage)
    expect(troubles.length).toBeGreaterThan(1000)
    for (const trouble of someOf(troubles, TROUBLES))
      expect(await failAt(stage, trouble), `${trouble.what} ${trouble.point.what}`).toEqual({ kind: 'sound' })
  })

  test('a run in a process in which others ran before leaves what one in its own leaves', {
    timeout: SECONDS,
  }, async () => {
    const hashes = async (way: typeof disturb): Promise<string[]> => {
      const left: string[] = []
      for (const { point, what } of someOf(troublesOf(stage), TROUBLES))
        await way(stage, point, what, 0, async (_run, base) => {
          left.push(hashOfRemains(base))
          return null
        })
      return left
    }
    expect(await hashes(disturbInHost)).toEqual(await hashes(disturb))
  })

  test('ingest, nothing stored yet: nothing depends on what is not durable', { timeout: SECONDS }, async () => {
    expectOrder(await setStage(scenarioOf('ingest, nothing stored yet'), temporaryDirectory(), PRODUCT))
  })
})

function expectOrder({ calls, before }: Stage): void {
  expect(calls.filter((call) => call.name === 'fsync').length).toBeGreaterThan(15)
  expect(violationsOf(calls, before)).toEqual([])
}

describe.runIf(tracing)('a build', () => {
  let stage: Stage
  beforeAll(async () => {
    const root = mkdtempSync(join(tmpdir(), 'flowscan-'))
    stage = await setStage(scenarioOf('build'), root, PRODUCT)
    return () => rmSync(root, { recursive: true })
  }, SECONDS)

  test('build: nothing depends on what is not durable', () => expectOrder(stage))

  test.each([
    {
      name: 'the disk does not tell which assets of the release before are there',
      point: /^(openat|getdents64) public\/releases\/1\/assets\/? /,
      what: 'error=EACCES',
    },
    {
      name: 'a published window cannot be read back',
      point: /^openat public\/data\/5m\/\.tmp-.*\/total-0\.json\.gz /,
      what: 'error=EMFILE',
    },
    {
      name: 'a published window cannot be compared with the pages',
      point: /^close public\/data\/5m\/2024-05-01-\w+\/total-0\.json\.gz #1/,
      what: 'error=EIO',
    },
  ])('$name: a whole release, or the old one', { timeout: SECONDS }, async ({ point, what }) => {
    const troubles = troublesOf(stage).filter((each) => point.test(each.point.what) && each.what === what)
    expect(troubles).not.toEqual([])
    for (const trouble of troubles) expect(await failAt(stage, trouble), trouble.point.what).toEqual({ kind: 'sound' })
  })
})

describe.runIf(tracing)('once refused', () => {
  test.each([
    {
      name: 'repair',
      claim: 'a repair for which a saved flow file cannot be read gives nothing up: the next makes it good',
      isMeant: ({ point, what }: Trouble) =>
        (/^openat saved\/2024-05-01\/ft-v05/.test(point.what) && what === 'error=EMFILE') ||
        (/^pread64 saved\/2024-05-01\/ft-v05.2024-05-01.104000\+0000 #3/.test(point.what) && what === 'error=EIO'),
    },
    {
      name: 'prune',
      claim: 'what the disk does not tell of is not taken for gone',
      isMeant: ({ point, what }: Trouble) =>
        /^(access|statx) data\/sealed #[1-5]$/.test(point.what) && what === 'error=EIO',
    },
    {
      name: 'rebuild',
      claim: 'a rebuild for which a saved flow file cannot be read ends with another code than 0',
      isMeant: ({ point, what }: Trouble) =>
        /^pread64 saved\/2024-05-01\/.* #2$/.test(point.what) && what === 'error=EIO',
    },
  ])('$claim', { timeout: SECONDS }, async ({ name, isMeant }) => {
    const stage = await setStage(scenarioOf(name), temporaryDirectory(), PRODUCT)
    const troubles = troublesOf(stage).filter(isMeant)
    expect(troubles.length).toBeGreaterThan(1)
    for (const trouble of troubles) expect(await failAt(stage, trouble), trouble.point.what).toEqual({ kind: 'sound' })
  })
})

describe('what a run left', () => {
  const CHANGES: readonly { name: string; change: (base: string) => void; isOther: boolean }[] = [
    { name: 'nothing', change: () => {}, isOther: false },
    {
      name: 'a byte of a file',
      change: (base) => writeFileSync(join(base, 'data/parts/a.json.gz'), 'b'),
      isOther: true,
    },
    {
      name: 'the mode of a file',
      change: (base) => chmodSync(join(base, 'data/parts/a.json.gz'), 0o600),
      isOther: true,
    },
    { name: 'an empty directory', change: (base) => mkdirSync(join(base, 'data/boards')), isOther: true },
    {
      name: 'a temporary name',
      change: (base) => writeFileSync(join(base, 'data/parts/.tmp-1-0a'), ''),
      isOther: true,
    },
    {
      name: 'another process under a temporary name',
      change: (base) => renameSync(join(base, 'saved/.tmp-12-01'), join(base, 'saved/.tmp-345-02')),
      isOther: false,
    },
    { name: 'another process in the lock', change: (base) => putLock(base, '{"pid":7,"boot":"b"}'), isOther: false },
    { name: 'a torn lock', change: (base) => putLock(base, '{"pi'), isOther: true },
    {
      name: 'a second name of a file',
      change: (base) => {
        rmSync(join(base, 'saved/b'))
        linkSync(join(base, 'data/parts/a.json.gz'), join(base, 'saved/b'))
      },
      isOther: true,
    },
    { name: 'the time of a flow file', change: (base) => utimesSync(join(base, 'saved/b'), 5, 5), isOther: true },
  ]
  const putLock = (base: string, text: string) => writeFileSync(join(base, 'data/lock'), text)

  test.each(CHANGES)('is told apart: $name', ({ change, isOther }) => {
    const base = temporaryDirectory()
    for (const path of ['data/parts', 'saved']) mkdirSync(join(base, path), { recursive: true })
    for (const path of ['data/parts/a.json.gz', 'saved/b', 'saved/.tmp-12-01']) writeFileSync(join(base, path), 'a')
    for (const path of ['saved/b', 'saved/.tmp-12-01']) utimesSync(join(base, path), 1, 1)
    putLock(base, '{"pid":6,"boot":"a"}')
    const before = hashOfRemains(base)
    change(base)
    expect(hashOfRemains(base) !== before).toBe(isOther)
  })
})

describe.runIf(tracing)('the harness notices', () => {
  const spoiltStage = (fault: Fault, name = 'ingest, nothing stored yet'): Promise<Stage> => {
    const root = temporaryDirectory()
    return setStage(scenarioOf(name), root, spoilProduct(join(root, 'flowscan'), fault))
  }

  test.each([
    { fault: NO_FILE_FSYNC, tells: /^rename data\/parts\/.*\.tmp-\* -> .*before these are durable/ },
    { fault: NO_DIRECTORY_FSYNC, tells: /^rename flows\/.* -> saved\/.*before these are durable: .*data\/parts/ },
  ])('$fault.name', { timeout: SECONDS }, async ({ fault, tells }) => {
    const { calls, before } = await spoiltStage(fault)
    expect(violationsOf(calls, before)).toContainEqual(expect.stringMatching(tells))
  })

  test(MOVE_BEFORE_PART.name, { timeout: SECONDS }, async () => {
    const stage = await spoiltStage(MOVE_BEFORE_PART)
    const point = killPoints(stage).find(({ what }) => what.startsWith('create data/parts'))!
    expect(await killAt(stage, point)).toEqual({
      kind: 'broken',
      problem: expect.stringMatching(/^after the next run: missing: data/),
    })
  })

  test(SILENCE_IS_ABSENCE.name, { timeout: SECONDS }, async () => {
    const stage = await spoiltStage(SILENCE_IS_ABSENCE, 'ingest')
    const found = new Set<string>()
    for (const trouble of troublesOf(stage).filter(isAboutTakenName)) found.add((await failAt(stage, trouble)).kind)
    expect(found).toContain('broken')
  })
})
