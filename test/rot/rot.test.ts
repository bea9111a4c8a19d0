import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Fault, PRODUCT, spoilProduct } from '../crash/product.ts'
import { configFor } from '../soak/flowscan.ts'
import { caseOf, type Damage, describeCase } from './damage.ts'
import { createStage, judge, linkTree, type Stage } from './judge.ts'
import { makeStore, SHAPE, setClock } from './store.ts'

/* A slice of what `npm run test:rot` does (README.md). */
const CASES = 30
/** Prime to the number of files and of kinds, so that a few cases meet many of both. */
const STRIDE = 1009
const SECONDS = 120_000

const realNow = Date.now
const directories: string[] = []
async function stageOf(product: string, isGeneration: boolean): Promise<Stage> {
  const base = mkdtempSync(join(tmpdir(), 'flowscan-'))
  directories.push(base)
  const store = await makeStore(product, join(base, 'store'), isGeneration)
  setClock()
  return createStage(store, join(base, 'stage'))
}
afterAll(() => {
  Date.now = realNow
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

const problemsOf = async (stage: Stage, cases: number): Promise<string[]> => {
  const { base, files } = stage.store
  const problems: string[] = []
  for (let n = 0; n < cases; n++) {
    const given = caseOf(n * STRIDE, 2, join(base, 'data'), files)
    const { problem } = await judge(stage, given)
    if (problem !== null) problems.push(`${describeCase(given)}: ${problem}`)
  }
  return problems
}

describe('a store that rots', () => {
  let stage: Stage
  let rebuilt: Stage
  beforeAll(async () => {
    stage = await stageOf(PRODUCT, false)
    rebuilt = await stageOf(PRODUCT, true)
  }, SECONDS)

  test(`in ${CASES} ways: fsck tells, and no number is wrong`, { timeout: SECONDS }, async () => {
    expect(await problemsOf(stage, CASES / 2)).toEqual([])
    expect(await problemsOf(rebuilt, CASES / 2)).toEqual([])
  })

  const DELETION: Damage = { kind: 'deletion' }
  const ZEROS: Damage = { kind: 'zeros', at: 0, length: 100_000 }
  test.each([
    { name: 'the mark of a superseded part goes', file: /\.superseded-by-/, damage: DELETION, hasSaved: true },
    { name: 'the other mark of the two goes', file: /\.supersedes-/, damage: DELETION, hasSaved: false },
    { name: 'a mark is damaged', file: /\.supersedes-/, damage: ZEROS, hasSaved: true },
    {
      name: 'a superseded part is damaged',
      file: /^parts.*0850Z-border-1-c[0-9a-f]{31}\.json/,
      damage: ZEROS,
      hasSaved: true,
    },
    {
      name: 'all parts of a segment are damaged, no flow file is left',
      file: /01-30.*\.parts/,
      damage: ZEROS,
      hasSaved: false,
    },
    {
      name: 'one part of a segment is damaged, no flow file is left',
      file: /01-30.*\.parts/,
      damage: { kind: 'flip', at: 300, bits: 1 } as Damage,
      hasSaved: false,
    },
    {
      name: 'the board of a day goes whose parts have faded',
      file: /^boards\/2027-01-26/,
      damage: DELETION,
      hasSaved: true,
    },
  ])('$name: fsck tells, and no number is wrong', async ({ file, damage, hasSaved }) => {
    const path = stage.store.files.find((each) => file.test(each))!
    expect(await judge(stage, { number: 0, path, damage, hasSaved })).toMatchObject({ isDetected: true, problem: null })
  })

  test('a rebuild where the file of the generation has gone begins another and removes nothing', async () => {
    const { flowscan, base } = rebuilt.store
    const loaded = configFor(flowscan, join(rebuilt.base, 'again'), SHAPE)
    const { data } = loaded.config
    linkTree(join(base, 'data'), data)
    rmSync(join(data, 'generation-2', 'generation.json.gz'))
    mkdirSync(loaded.config.site.dir, { recursive: true })
    const { current, kept } = await flowscan.rebuild(loaded, { from: '2027-02-03' })
    expect(current).toMatch(/generation-3$/)
    expect(kept).toBeGreaterThan(0)
    expect(flowscan.listDays(data)).toHaveLength(10)
  })
})

const NAMES_UNCHECKED: Fault = {
  name: 'a derived file is taken for what its name says',
  file: 'ingest/store/derived-file.js',
  from: 'if (!isOwn(value))',
  to: 'if (!isOwn)',
}

const NOTHING_COUNTED_AGAIN: Fault = {
  name: 'saved flow files are not looked for',
  file: 'ingest/run/recount.js',
  from: 'for (const file of listSaved(config).get(day) ?? []) {',
  to: 'for (const file of []) {',
}

describe('the harness notices when', () => {
  test.each([
    {
      fault: NAMES_UNCHECKED,
      file: /^boards\/2027-01-26/,
      damage: { kind: 'swap', other: 'boards/2027-01-25.json.gz' } as const,
    },
    { fault: NOTHING_COUNTED_AGAIN, file: /^parts.*border-2/, damage: { kind: 'flip', at: 200, bits: 1 } as const },
  ])('$fault.name', { timeout: SECONDS }, async ({ fault, file, damage }) => {
    const directory = mkdtempSync(join(tmpdir(), 'flowscan-'))
    directories.push(directory)
    const stage = await stageOf(spoilProduct(directory, fault), false)
    const path = stage.store.files.find((each) => file.test(each))!
    expect((await judge(stage, { number: 0, path, damage, hasSaved: true })).problem).toMatch(/wrong number|have gone/)
  })
})
