import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { PRODUCT } from '../crash/product.ts'
import type { RotOptions, RotResult } from './whole.ts'

/** What `npm run test:rot` was asked for. */
export interface Options {
  readonly cases: number
  readonly seed: number
  readonly from: number
  readonly workers: number
  readonly record: boolean
}

/** Cases of one thread, after which it says what came of them. */
const AT_ONCE = 500

/** A stretch of the cases of one of the two stores. */
type Piece = Omit<RotOptions, 'product'>

/** Half of the cases in a store as it grew, half in one that was rebuilt. Returns how many problems there were. */
export async function runWhole({ cases, seed, from, workers, record }: Options): Promise<number> {
  const began = performance.now()
  const end = from + Math.ceil(cases / 2)
  const pieces = [false, true].flatMap((isGeneration) =>
    Array.from({ length: Math.ceil((end - from) / AT_ONCE) }, (_, n): Piece => {
      const first = from + n * AT_ONCE
      return { from: first, cases: Math.min(AT_ONCE, end - first), seed, isGeneration }
    }),
  )
  const results: (readonly [Piece, RotResult])[] = []
  const queue = pieces.values()
  const work = async (): Promise<void> => {
    for (const piece of queue) {
      const result = await inThread(piece)
      results.push([piece, result])
      console.log(`${results.length} of ${pieces.length}: ${JSON.stringify({ ...piece, ...result })}`)
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  const stores = [false, true].map((isGeneration) =>
    results
      .filter(([piece]) => piece.isGeneration === isGeneration)
      .map(([, result]) => result)
      .reduce(add),
  )
  const report = describe(stores, { seed, from }, (performance.now() - began) / 1000)
  console.log(report)
  if (record) writeFileSync(new URL('RESULT.md', import.meta.url), report)
  return stores.flatMap(({ problems }) => problems).length
}

async function inThread(piece: Piece): Promise<RotResult> {
  const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { ...piece, product: PRODUCT } })
  const [result] = (await once(worker, 'message')) as [RotResult]
  return result
}

function add(a: RotResult, b: RotResult): RotResult {
  const kinds = new Set([...Object.keys(a.byKind), ...Object.keys(b.byKind)])
  return {
    cases: a.cases + b.cases,
    files: a.files,
    byKind: Object.fromEntries([...kinds].map((kind) => [kind, (a.byKind[kind] ?? 0) + (b.byKind[kind] ?? 0)])),
    detected: a.detected + b.detected,
    whole: a.whole + b.whole,
    problems: [...a.problems, ...b.problems],
  }
}

function describe(
  results: readonly RotResult[],
  { seed, from }: { seed: number; from: number },
  seconds: number,
): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: PRODUCT, encoding: 'utf8' }).trim()
  const sum = (of: (result: RotResult) => number) => results.reduce((total, result) => total + of(result), 0)
  const problems = results.flatMap((result) => result.problems)
  const cases = sum((result) => result.cases)
  return `# What rot did

${new Date().toISOString().slice(0, 10)}, commit ${commit}, Node ${process.version}: ${cases} cases from ${from} on, seed ${seed}, ${Math.round(seconds)} s. **${problems.length} problems**: no wrong number is one.

| store | files | cases | by kind | told by fsck | byte for byte again |
|---|---|---|---|---|---|
${results.map((result, at) => rowOf(['as it grew', 'a generation'][at]!, result)).join('\n')}

Half of the cases had no flow files to count again: there a gap, or fewer files, is the right end. What fsck did not tell of changes nothing (README.md).
${problems.map((problem) => `\n- ${problem}`).join('')}`
}

function rowOf(name: string, { files, cases, byKind, detected, whole }: RotResult): string {
  const kinds = Object.entries(byKind).map(([kind, count]) => `${kind} ${count}`)
  return `| ${name} | ${files} | ${cases} | ${kinds.join(', ')} | ${detected} | ${whole} |`
}
