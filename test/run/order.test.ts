import { copyFileSync, mkdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LoadedConfig, parseConfig } from '../../ingest/config/load.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { writeArrival } from '../soak/flow-file.ts'
import { type Arrival, DAY, type PlannedFile, type Shape } from '../soak/plan.ts'

/* Six days, of which the first ones are sealed as soon as the last one comes; one file comes cut and whole. */
const SHAPE: Shape = {
  seed: 9,
  days: 6,
  start: Date.parse('2026-11-10T00:00:00Z') / 1000,
  retention: { '5m': 400, '30m': 1098, '2h': 3660, '1d': Number.POSITIVE_INFINITY },
}
const CUT = 1
const TREES = ['parts', 'sealed', 'series', 'boards']

const ARRIVALS = Array.from({ length: SHAPE.days * 2 }, (_, number): (readonly [PlannedFile, Arrival])[] => {
  const day = Math.floor(number / 2)
  const slot = SHAPE.start + day * DAY + (number % 2 === 0 ? 1 : 20) * 3600
  const stamp = new Date(slot * 1000).toISOString().slice(0, 16).replace(/\D/g, '')
  const whole = { day, name: `nfcapd.${stamp}+0000`, what: 'whole' } as const
  const file: PlannedFile = { number, day, slot, source: 'border-1', flows: 6, arrivals: [] }
  return number === CUT
    ? [
        [file, whole],
        [file, { ...whole, what: 'cut' }],
      ]
    : [[file, whole]]
}).flat()

function setUp(): { base: string; loaded: LoadedConfig } {
  const base = temporaryDirectory()
  mkdirSync(join(base, 'flows'))
  return { base, loaded: parseConfig({ subnets: ['198.51.100.0/24'] }, join(base, 'flowscan.config.ts')) }
}

/** The arrivals of these numbers wait, and a run deals with them; two of one name do not wait together. */
async function runWith(base: string, loaded: LoadedConfig, sources: readonly string[], batch: readonly number[]) {
  for (const round of [batch.filter((at) => at !== CUT), batch.filter((at) => at === CUT)]) {
    for (const at of round) {
      const path = join(base, 'flows', ARRIVALS[at]![1].name)
      copyFileSync(sources[at]!, path)
      utimesSync(path, SHAPE.start, SHAPE.start)
    }
    if (round.length > 0) await ingest(loaded)
  }
}

test('any order, in any batches, with any repeats, gives the same bytes: sealed days and superseded parts, too', {
  timeout: 60_000,
}, async () => {
  const files = temporaryDirectory()
  const sources = ARRIVALS.map(([file, arrival], at) => {
    writeArrival(SHAPE, file, arrival, join(files, String(at)))
    return join(files, String(at))
  })
  const numbers = ARRIVALS.map((_, at) => at)
  const once = setUp()
  await runWith(once.base, once.loaded, sources, numbers)
  await ingest(once.loaded)
  const expected = hashTree(once.loaded.config.data, ...TREES)
  expect(Object.keys(expected).filter((path) => path.startsWith('sealed/')).length).toBeGreaterThan(4)

  const order = fc.shuffledSubarray([...numbers, ...numbers], { minLength: numbers.length * 2 })
  await fc.assert(
    fc.asyncProperty(order, fc.infiniteStream(fc.integer({ min: 1, max: 5 })), async (given, sizes) => {
      const { base, loaded } = setUp()
      for (let rest = given; rest.length > 0; ) {
        const size = sizes.next().value
        await runWith(base, loaded, sources, [...new Set(rest.slice(0, size))])
        rest = rest.slice(size)
      }
      await ingest(loaded)
      expect(hashTree(loaded.config.data, ...TREES)).toEqual(expected)
    }),
    { numRuns: 6 },
  )
})
