import { parseArgs } from 'node:util'
import { createJiti } from 'jiti'

/*
 * npm run test:rot -- [--cases 20000] [--seed 1] [--from 0] [--workers 2] [--record]
 *
 * Damages a small store of the compiled flowscan in every way that a disk does, and tells what fsck overlooks and which number is wrong
 * afterwards (README.md). `--record` writes RESULT.md.
 */
const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    workers: { type: 'string', default: '2' },
    record: { type: 'boolean', default: false },
  },
})
const [cases, seed, from, workers] = ['cases', 'seed', 'from', 'workers'].map(wholeNumber)

const jiti = createJiti(import.meta.url, { fsCache: false })
const { runWhole } = await jiti.import('./report.ts')
const problems = await runWhole({ cases, seed, from, workers, record: values.record })
process.exitCode = problems > 0 ? 1 : 0

function wholeNumber(name) {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= 0) return value
  console.error(`--${name} ${values[name]}: expected a whole number`)
  process.exit(64)
}
