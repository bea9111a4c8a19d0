import { parseArgs } from 'node:util'
import { createJiti } from 'jiti'

/*
 * npm run test:crash -- [--only kill/ingest] [--every 1] [--errors EIO,ENOSPC] [--dealt] [--random 200] [--power 100] [--workers 2] [--fresh] [--record]
 *
 * Disturbs the compiled flowscan in every way of README.md and tells what it broke. Broken off, it goes on where it was when it is called
 * again. `--record` writes RESULT.md.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    every: { type: 'string', default: '1' },
    errors: { type: 'string' },
    dealt: { type: 'boolean', default: false },
    random: { type: 'string', default: '200' },
    power: { type: 'string', default: '100' },
    workers: { type: 'string', default: '2' },
    fresh: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
})
const { only, dealt: isDealt, fresh, record } = values
const errors = values.errors?.split(',')
const [every, randomKills, powerCuts, workers] = ['every', 'random', 'power', 'workers'].map(wholeNumber)

const jiti = createJiti(import.meta.url, { fsCache: false })
const { runWhole } = await jiti.import('./whole.ts')
const broken = await runWhole({ only, every, errors, isDealt, randomKills, powerCuts, workers, fresh, record })
process.exitCode = broken > 0 ? 1 : 0

function wholeNumber(name) {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value > 0) return value
  console.error(`--${name} ${values[name]}: expected a whole number above 0`)
  process.exit(64)
}
