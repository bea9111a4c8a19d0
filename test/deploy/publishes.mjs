import { parseArgs } from 'node:util'
import { createJiti } from 'jiti'

/*
 * npm run test:publish -- [--publishes 1000] [--visitors 4] [--record]
 *
 * Publishes a site again and again with the compiled flowscan, under nginx as it is shipped, while visitors walk through it, and
 * tells what they met (README.md). `--record` writes RESULT.md.
 */
const { values } = parseArgs({
  options: {
    publishes: { type: 'string', default: '1000' },
    visitors: { type: 'string', default: '4' },
    record: { type: 'boolean', default: false },
  },
})
const [publishes, visitors] = ['publishes', 'visitors'].map(wholeNumber)

const jiti = createJiti(import.meta.url, { fsCache: false })
const { runWhole } = await jiti.import('./report.ts')
const faults = await runWhole({ publishes, visitors, record: values.record })
process.exitCode = faults > 0 ? 1 : 0

function wholeNumber(name) {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value > 0) return value
  console.error(`--${name} ${values[name]}: expected a whole number above 0`)
  process.exit(64)
}
