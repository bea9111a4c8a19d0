import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../directory.ts'
import { NO_FILE_FSYNC } from './faults.ts'
import { canMount, runShort, type Shortage } from './mounts.ts'
import { canCutPower, cutPower, makeDisk } from './power.ts'
import { canTrace, PRODUCT, spoilProduct } from './product.ts'
import { killAtMoment, momentOf } from './random.ts'
import { scenarios } from './scenarios.ts'
import { type Stage, setStage } from './stage.ts'

/* A slice of what `npm run test:crash` does: README.md. */
const SECONDS = 120_000
const KILLS = 4

const mounting = canMount()
const cutting = canCutPower()
const scenario = scenarios.find(({ name }) => name === 'ingest, nothing stored yet')!
if (!mounting) console.warn('skipped: full and read-only file systems: mounting takes root')
if (!cutting) console.warn('skipped: power failures: they take root, mkfs.ext4, losetup and perl')

describe.runIf(canTrace())('ingest', () => {
  let stage: Stage
  beforeAll(async () => {
    const root = mkdtempSync(join(tmpdir(), 'flowscan-'))
    stage = await setStage(scenario, root, PRODUCT)
    return () => rmSync(root, { recursive: true })
  }, SECONDS)

  test(`killed at ${KILLS} moments, half of them beside a second one: the same bytes`, {
    timeout: SECONDS,
  }, async () => {
    for (let n = 0; n < KILLS; n++) {
      const moment = momentOf(n + KILLS, 2 * KILLS)
      expect((await killAtMoment(stage, moment)).problem, JSON.stringify(moment)).toBeUndefined()
    }
  })

  test.runIf(mounting).each<Shortage>([{ bytes: 0 }, { bytes: 16_384 }, { inodes: 0 }, { inodes: 9 }, 'read-only'])(
    'where the file system has no more than %o: it says so, and goes on when there is room',
    { timeout: SECONDS },
    async (shortage) => {
      expect(await runShort(stage, shortage)).toEqual({ kind: 'sound' })
    },
  )

  test.runIf(cutting)('bears a power failure', { timeout: SECONDS }, async () => {
    const disk = await makeDisk(stage)
    for (const cut of [0.9, 'at the end'] as const) expect(await cutPower(stage, disk, cut)).toEqual({ kind: 'sound' })
  })

  test.runIf(cutting)('without fsync of files does not: the harness notices', { timeout: SECONDS }, async () => {
    const root = temporaryDirectory()
    const spoilt = await setStage(scenario, root, spoilProduct(join(root, 'flowscan'), NO_FILE_FSYNC))
    const verdict = await cutPower(spoilt, await makeDisk(spoilt), 'at the end')
    expect(verdict).toMatchObject({ kind: 'broken' })
  })
})
