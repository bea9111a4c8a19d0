import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../directory.ts'
import { MOVE_BEFORE_PART, NO_DIRECTORY_FSYNC, NO_FILE_FSYNC } from './faults.ts'
import { killAt, killPoints } from './kill.ts'
import { violationsOf } from './order.ts'
import { canTrace, type Fault, PRODUCT, spoilProduct } from './product.ts'
import { scenarios } from './scenarios.ts'
import { type Stage, setStage } from './stage.ts'

/* A slice of the sweep: README.md. Each point is three processes, so the whole of it is `npm run test:crash`. */
const POINTS = 6
const SECONDS = 60_000

const tracing = canTrace()
if (!tracing) console.warn('skipped: kills at system calls, and their order: strace is not installed, or may not trace')

const scenarioOf = (name: string) => scenarios.find((each) => each.name === name)!

describe.runIf(tracing)('at system calls', () => {
  test(`ingest is killed at ${POINTS} of them: the next run gives the same bytes`, { timeout: SECONDS }, async () => {
    const stage = await setStage(scenarioOf('ingest'), temporaryDirectory(), PRODUCT)
    const points = killPoints(stage)
    expect(points.length).toBeGreaterThan(60)
    for (let n = 0; n < POINTS; n++) {
      const point = points[Math.floor(((n + 0.5) * points.length) / POINTS)]!
      expect(await killAt(stage, point), point.what).toEqual({ kind: 'sound' })
    }
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
  const spoiltStage = (fault: Fault): Promise<Stage> => {
    const root = temporaryDirectory()
    return setStage(scenarioOf('ingest, nothing stored yet'), root, spoilProduct(join(root, 'flowscan'), fault))
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
})
