import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Product } from '../crash/product.ts'
import { caseOf, describeCase } from './damage.ts'
import { createStage, judge } from './judge.ts'
import { makeStore, setClock } from './store.ts'

export interface RotOptions {
  readonly product: Product
  /** The first case, and how many. */
  readonly from: number
  readonly cases: number
  readonly seed: number
  readonly isGeneration: boolean
}

/** What came of some cases. */
export interface RotResult {
  readonly cases: number
  readonly files: number
  readonly byKind: Readonly<Record<string, number>>
  /** `fsck` told of it; every byte was again as before. */
  readonly detected: number
  readonly whole: number
  readonly problems: readonly string[]
}

/** Lets a store rot, case by case, in a directory of its own. */
export async function rot({ product, from, cases, seed, isGeneration }: RotOptions): Promise<RotResult> {
  const base = mkdtempSync(join(tmpdir(), 'flowscan-rot-'))
  const realNow = Date.now
  try {
    const store = await makeStore(product, join(base, 'store'), isGeneration)
    const stage = createStage(store, join(base, 'stage'))
    const byKind: Record<string, number> = {}
    const problems: string[] = []
    let [detected, whole] = [0, 0]
    setClock()
    for (let number = from; number < from + cases; number++) {
      const given = caseOf(number, seed, join(store.base, 'data'), store.files)
      const { isDetected, isWhole, problem } = await judge(stage, given)
      byKind[given.damage.kind] = (byKind[given.damage.kind] ?? 0) + 1
      if (isDetected) detected++
      if (isWhole) whole++
      if (problem !== null) problems.push(`${describeCase(given)}: ${problem}`)
    }
    return { cases, files: store.files.length, byKind, detected, whole, problems }
  } finally {
    Date.now = realNow
    rmSync(base, { recursive: true, force: true })
  }
}
