import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { PRODUCT } from '../crash/product.ts'
import { bytesByFormula, mebibytes, type SoakResult, soak, totalBytes, type YearRecord } from './whole.ts'

/** What `npm run test:soak` was asked for. */
export interface Options {
  readonly days: number
  readonly seed: number
  readonly restartEvery: number
  readonly builds: boolean
  readonly record: boolean
}

/** By these each kind of file fades within ten years, but days, which stay. */
const RETENTION = { '5m': 400, '30m': 1098, '2h': 2000, '1d': Number.POSITIVE_INFINITY }
const START = Date.parse('2027-01-01T00:00:00Z') / 1000

/** Returns how many problems there were. */
export async function runWhole({ days, seed, restartEvery, builds, record }: Options): Promise<number> {
  const began = performance.now()
  const shape = { seed, days, start: START, retention: RETENTION }
  const result = await soak({ product: PRODUCT, shape, restartEvery, builds, log: console.log })
  const report = describe(result, { days, seed, restartEvery }, (performance.now() - began) / 1000)
  console.log(report)
  if (record) writeFileSync(new URL('RESULT.md', import.meta.url), report)
  return result.problems.length
}

function describe({ years, runs, problems }: SoakResult, given: Partial<Options>, seconds: number): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: PRODUCT, encoding: 'utf8' }).trim()
  const [first, second, last] = [years[0]!, years[1], years.at(-1)!]
  const values = years.reduce((sum, year) => sum + year.values, 0)
  const ratio = (of: (year: YearRecord) => number) => (of(last) / of(first)).toFixed(2)
  const bytes = second === undefined ? null : bytesByFormula(second.amounts, last.expected)
  const builds =
    first.buildMs === null || last.buildMs === null || first === last
      ? ''
      : `\n- The whole site, built anew: ${(first.buildMs / 1000).toFixed(1)} s of processor after year 1, ${(last.buildMs / 1000).toFixed(1)} s after year ${last.year}: ${ratio((year) => year.buildMs!)} times.`
  const size =
    bytes === null
      ? ''
      : `\n- Bytes: ${mebibytes(totalBytes(last.amounts))} at the end, ${mebibytes(bytes)} by the formula.`
  return `# What the soak found

${new Date().toISOString().slice(0, 10)}, commit ${commit}, Node ${process.version}: ${given.days} days, seed ${given.seed}, ${runs} runs in processes of ${given.restartEvery} days, ${Math.round(seconds)} s. **${problems.length} problems**, ${values} values compared.

- Processor time of a run, median of a year: ${first.cpuMs.toFixed(1)} ms in year 1, ${last.cpuMs.toFixed(1)} ms in year ${last.year}: ${ratio((year) => year.cpuMs)} times${second === undefined ? '' : `; in year 2, the first in which the store is full, ${second.cpuMs.toFixed(1)} ms`}.${builds}${size}

| year | values | differ | ms a run | RSS | heap | files | by formula |
|---|---|---|---|---|---|---|---|
${years.map(rowOf).join('\n')}

*Files* and *by formula* leave out the parts of open days and the quarantine. RSS and heap (after a collection) are medians of a year.
${problems.map((problem) => `\n- ${problem}`).join('')}`
}

function rowOf({ year, values, differences, cpuMs, rss, heap, amounts, expected }: YearRecord): string {
  const kinds = Object.keys(expected)
  const found = kinds.reduce((sum, kind) => sum + amounts[kind]!.files, 0)
  const formula = kinds.reduce((sum, kind) => sum + expected[kind]!, 0)
  return `| ${year} | ${values} | ${differences.length} | ${cpuMs.toFixed(1)} | ${mebibytes(rss)} | ${mebibytes(heap)} | ${found} | ${formula} |`
}
