import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../directory.ts'
import { failAt, type Trouble, troublesOf } from './error.ts'
import { MOVE_BEFORE_PART, NO_DIRECTORY_FSYNC, NO_FILE_FSYNC, SILENCE_IS_ABSENCE } from './faults.ts'
import { killAt, killPoints } from './kill.ts'
import { violationsOf } from './order.ts'
import { canTrace, type Fault, PRODUCT, spoilProduct } from './product.ts'
import { scenarios } from './scenarios.ts'
import { type Stage, setStage } from './stage.ts'

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

  test.each(['ingest, nothing stored yet', 'build'])(
    '%s: nothing depends on what is not durable',
    { timeout: SECONDS },
    async (name) => {
      const { calls, before } = await setStage(scenarioOf(name), temporaryDirectory(), PRODUCT)
      expect(calls.filter((call) => call.name === 'fsync').length).toBeGreaterThan(15)
      expect(violationsOf(calls, before)).toEqual([])
    },
  )
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
