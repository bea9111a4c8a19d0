import { describe, expect, test } from 'vitest'
import { type Fault, PRODUCT, spoilProduct } from '../crash/product.ts'
import { temporaryDirectory } from '../directory.ts'
import { truthOf } from './oracle.ts'
import { runDays } from './runs.ts'
import { type SoakOptions, soak } from './whole.ts'

/* A slice of what `npm run test:soak` does (README.md): weeks in which clocks are put back, with ages to match. */
const SHAPE = {
  seed: 1740,
  start: Date.parse('2027-10-20T00:00:00Z') / 1000,
  retention: { '5m': 10, '30m': 14, '2h': 20, '1d': Number.POSITIVE_INFINITY },
}

function soakFor(days: number, more: Partial<SoakOptions> = {}) {
  return soak({
    product: PRODUCT,
    shape: { ...SHAPE, days },
    restartEvery: 20,
    builds: false,
    perform: runDays,
    ...more,
  })
}

test('a month, with late, doubled, cut and damaged files, gaps and wrong clocks: every number is right', async () => {
  const { runs, problems, years } = await soakFor(30)
  expect(problems).toEqual([])
  expect(runs).toBe(30)
  expect(years[0]!.values).toBeGreaterThan(50_000)
}, 60_000)

const SLOT_FROM_CLOCK: Fault = {
  name: 'the slot comes from the clock',
  file: 'ingest/aggregate/file-slot.js',
  from: 'const ms = [captureStartMs,',
  to: 'const ms = [Date.now() - 600_000 - 86_400_000,',
}

const AGES_BY_CLOCK: Fault = {
  name: 'ages count from the clock',
  file: 'ingest/run/prune.js',
  from: `const planned = planFading(data, retention);
    const faded = doubt === null ? planned : planLeftovers(data);`,
  to: `const age = (days) => days - (now - newest) / 86_400;
    const planned = planFading(data, Object.fromEntries(Object.entries(retention).map(([kind, days]) => [kind, age(days)])));
    const faded = planned;`,
}

const NAMES_COUNT: Fault = {
  name: 'a copy under another name counts',
  file: 'ingest/aggregate/tally-file.js',
  from: 'partId(file.source, slot, content)',
  to: 'partId(file.source, slot, content + file.name)',
}

describe('the soak notices when', () => {
  test.each([
    { fault: SLOT_FROM_CLOCK, days: 2, tells: /seconds known: expected 0, found 300/ },
    { fault: AGES_BY_CLOCK, days: 13, tells: /gone while the clock was wrong: series/ },
    { fault: NAMES_COUNT, days: 8, tells: /known: \d+ files, expected/ },
  ])(
    '$fault.name',
    async ({ fault, days, tells }) => {
      const product = spoilProduct(temporaryDirectory(), fault)
      expect((await soakFor(days, { product })).problems).toContainEqual(expect.stringMatching(tells))
    },
    60_000,
  )

  test('a single number differs', async () => {
    const { problems } = await soakFor(2, {
      truthOf: (...given) => {
        const truth = truthOf(...given)
        for (const point of truth.slots.values()) if (point.known > 0) point.sums[0]! += 1n
        return truth
      },
    })
    expect(problems).toContainEqual(expect.stringMatching(/total in octets: expected \d+, found \d+/))
  })
})
