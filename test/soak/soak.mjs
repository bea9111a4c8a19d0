import { parseArgs } from 'node:util'
import { createJiti } from 'jiti'

/*
 * npm run test:soak -- [--days 3650] [--seed 1] [--restart 100] [--no-builds] [--record]
 *
 * Lets years pass for the compiled flowscan, by a clock of its own, and compares what it tells with sums of the flows themselves (README.md).
 * `--record` writes RESULT.md.
 */
const { values } = parseArgs({
  allowNegative: true,
  options: {
    days: { type: 'string', default: '3650' },
    seed: { type: 'string', default: '1' },
    restart: { type: 'string', default: '100' },
    builds: { type: 'boolean', default: true },
    record: { type: 'boolean', default: false },
  },
})
const [days, seed, restartEvery] = ['days', 'seed', 'restart'].map(wholeNumber)

const jiti = createJiti(import.meta.url, { fsCache: false })
const { runWhole } = await jiti.import('./report.ts')
const problems = await runWhole({ days, seed, restartEvery, builds: values.builds, record: values.record })
process.exitCode = problems > 0 ? 1 : 0

function wholeNumber(name) {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value > 0) return value
  console.error(`--${name} ${values[name]}: expected a whole number above 0`)
  process.exit(64)
}
