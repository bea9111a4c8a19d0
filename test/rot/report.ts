import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { PRODUCT } from '../crash/product.ts'
import { type RotResult, rot } from './whole.ts'

/** What `npm run test:rot` was asked for. */
export interface Options {
  readonly cases: number
  readonly seed: number
  readonly from: number
  readonly record: boolean
}

const SAYS_EVERY_MS = 30_000

/** Half of the cases in a store as it grew, half in one that was rebuilt. Returns how many problems there were. */
export async function runWhole({ cases, seed, from, record }: Options): Promise<number> {
  const began = performance.now()
  const results: RotResult[] = []
  for (const isGeneration of [false, true]) {
    let said = performance.now()
    const onCase = (done: number) => {
      if (performance.now() - said < SAYS_EVERY_MS) return
      said = performance.now()
      console.log(`${isGeneration ? 'a generation' : 'the first store'}: ${done} of ${Math.ceil(cases / 2)}`)
    }
    results.push(await rot({ product: PRODUCT, from, cases: Math.ceil(cases / 2), seed, isGeneration, onCase }))
  }
  const report = describe(results, { seed, from }, (performance.now() - began) / 1000)
  console.log(report)
  if (record) writeFileSync(new URL('RESULT.md', import.meta.url), report)
  return results.flatMap(({ problems }) => problems).length
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
