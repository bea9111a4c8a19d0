import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Counter } from '../../ingest/model/counter.ts'
import { DIRECTIONS } from '../../ingest/model/direction.ts'
import { MEASURES } from '../../ingest/model/measure.ts'
import type { CellCounts, HostList, Part } from '../../ingest/model/part.ts'
import { STEPS, type StepName, startOfDay } from '../../ingest/model/time.ts'
import { readDayBoard } from '../../ingest/store/boards.ts'
import { derive, type MissingParts, seriesPath } from '../../ingest/store/derive.ts'
import { commitPart, listParts, partPath, shortId } from '../../ingest/store/part.ts'
import { readSeries } from '../../ingest/store/series.ts'
import { hashTree, temporaryDirectory } from '../directory.ts'

const DAY = startOfDay('2026-11-23')
const NO_HOSTS: HostList = { distinct: 0, kept: 10, rows: [] }
const SERIES = ['series', 'boards']

/** A part of the slot with these cells; `cells` by slot offset (0: its own slot, -1: the one before). */
function part(
  slot: number,
  cells: { [offset: number]: Part['slots'][number]['cells'] },
  hosts: HostList = NO_HOSTS,
): Part {
  const slots = Object.entries(cells)
    .map(([offset, found]) => ({ slot: slot + Number(offset) * 300, cells: found }))
    .sort((a, b) => a.slot - b.slot)
  return {
    schema: 1,
    source: 'flows',
    slot,
    id: createHash('sha256')
      .update(JSON.stringify([slot, cells, hosts]))
      .digest('hex'),
    config: 'test',
    file: { bytes: 1, format: 'flow-tools', complete: true, startMs: null },
    total: { records: 1, octets: 1, packets: 1, flows: 1 },
    slots,
    hosts: { inside: hosts, outside: NO_HOSTS, networks: {} },
    quality: {
      lost: null,
      skewed: skewedIn(slot),
      overlong: 0,
      reversed: 0,
      implausible: 0,
      undersized: 0,
      flowsByDirection: { in: 1, out: 0, internal: 0, transit: 0 },
      exporters: {},
      warnings: [],
    },
  }
}

function addUp(values: readonly Counter[]): number {
  return values.reduce<number>((sum, value) => sum + Number(value), 0)
}

/** Flows in doubt, in some slots more, in some none. */
function skewedIn(slot: number): number {
  return (slot / 300) % 3
}

const total = (octets: number): { total: CellCounts } => ({ total: { in: [octets, 1, 1] } })

function octets(data: string, step: StepName, from: number, to: number, kind: 'sum' | 'max' = 'sum') {
  const { known, cells } = readSeries(data, step, { from, to })
  const values = cells.get('total')?.in?.[kind].octets
  return known.map((seconds, point) => (seconds === 0 ? null : (values?.[point] ?? 0)))
}

describe('series', () => {
  test('flows in doubt stand in the slot of their flow file, and nowhere where there are none', () => {
    const data = temporaryDirectory()
    for (const at of [0, 1, 2, 7]) commitPart(data, part(DAY + at * 300, { 0: total(5), [-1]: total(3) }))
    derive(data)
    const quality = (step: StepName, to: number) => readSeries(data, step, { from: DAY, to: DAY + to }).quality
    expect(quality('5m', 2400)).toEqual(new Map([['skewed', [0, 1, 2, 0, 0, 0, 0, 1]]]))
    expect(quality('30m', 3600)).toEqual(new Map([['skewed', [3, 1]]]))
    expect(quality('1d', 86_400)).toEqual(new Map([['skewed', [4]]]))
    commitPart(data, part(DAY + 8 * 300, { 0: total(1) }))
    derive(data)
    expect(quality('30m', 3600).get('skewed')).toEqual([3, 3])
    expect(quality('2h', 7200).get('skewed')).toEqual([6])
  })

  test('a slot without a flow file is unknown, a slot without traffic is zero', () => {
    const data = temporaryDirectory()
    commitPart(data, part(DAY, { 0: total(7) }))
    commitPart(data, part(DAY + 600, { 0: {} }))
    derive(data)
    expect(octets(data, '5m', DAY, DAY + 1200)).toEqual([7, null, 0, null])
  })

  test('coarser steps keep the sum, the greatest five minutes and the seconds known', () => {
    const data = temporaryDirectory()
    for (const [at, value] of [5, 9, 2].entries()) commitPart(data, part(DAY + at * 300, { 0: total(value) }))
    commitPart(data, part(DAY + 7200, { 0: total(4) }))
    derive(data)
    expect(octets(data, '30m', DAY, DAY + 3600)).toEqual([16, null])
    expect(octets(data, '30m', DAY, DAY + 1800, 'max')).toEqual([9])
    expect(readSeries(data, '30m', { from: DAY, to: DAY + 1800 }).known).toEqual([900])
    expect(octets(data, '2h', DAY, DAY + 4 * 7200)).toEqual([16, 4, null, null])
    expect(octets(data, '1d', DAY - 86_400, DAY + 86_400)).toEqual([null, 20])
    expect(octets(data, '1d', DAY, DAY + 86_400, 'max')).toEqual([9])
  })

  test('a long flow reaches back over midnight', () => {
    const data = temporaryDirectory()
    commitPart(data, part(DAY - 300, { 0: total(1) }))
    commitPart(data, part(DAY, { 0: total(5), [-1]: total(3) }))
    derive(data)
    expect(octets(data, '5m', DAY - 600, DAY + 300)).toEqual([null, 4, 5])
    expect(octets(data, '1d', DAY - 86_400, DAY + 86_400)).toEqual([4, 5])
  })

  test('two files of one slot add up', () => {
    const data = temporaryDirectory()
    commitPart(data, part(DAY, { 0: total(1) }))
    derive(data)
    commitPart(data, part(DAY, { 0: total(2) }))
    derive(data)
    expect(octets(data, '5m', DAY, DAY + 300)).toEqual([3])
  })

  test('sums beyond 2^53 are exact', () => {
    const data = temporaryDirectory()
    const most = Number.MAX_SAFE_INTEGER
    for (const at of [0, 1, 2]) commitPart(data, part(DAY + at * 300, { 0: total(most) }))
    derive(data)
    expect(octets(data, '30m', DAY, DAY + 1800)).toEqual([3n * BigInt(most)])
  })

  test('nothing new: nothing is read or written', () => {
    const data = temporaryDirectory()
    commitPart(data, part(DAY, { 0: total(1) }))
    expect(derive(data)).toEqual(['2026-11-23'])
    const before = hashTree(data, ...SERIES)
    expect(derive(data)).toEqual([])
    expect(hashTree(data, ...SERIES)).toEqual(before)
  })

  test('the board of a day adds up its slots', () => {
    const data = temporaryDirectory()
    const hosts = (octets: number): HostList => ({
      distinct: 1,
      kept: 10,
      rows: [['192.0.2.1', octets, 1, 1, 0, 0, 0]],
    })
    commitPart(data, part(DAY, { 0: total(5) }, hosts(5)))
    commitPart(data, part(DAY + 300, { 0: total(6) }, hosts(6)))
    derive(data)
    expect(readDayBoard(data, '2026-11-23')?.board.inside.rows).toEqual([['192.0.2.1', 11, 2, 2, 0, 0, 0]])
    expect(readDayBoard(data, '2026-11-23')?.board.total.in).toEqual([11, 2, 2])
  })
})

/** Parts over three days; some reach back, up to a day. */
const anyParts = fc.uniqueArray(
  fc.record({
    slot: fc.integer({ min: 0, max: 3 * 288 - 1 }),
    back: fc.integer({ min: 0, max: 288 }),
    octets: fc.integer({ min: 0, max: 1e12 }),
  }),
  { minLength: 1, maxLength: 12, selector: ({ slot }) => slot },
)
const toPart = ({ slot, back, octets }: { slot: number; back: number; octets: number }): Part => {
  const cells = { 'service/http': { in: [octets, 2, 1] }, total: { in: [octets, 2, 1] } } as const
  return part(DAY + slot * 300, back === 0 ? { 0: cells } : { 0: cells, [-back]: cells })
}

describe('whatever the order', () => {
  test('the same parts give the same bytes, in any batches', () => {
    fc.assert(
      fc.property(anyParts, fc.infiniteStream(fc.boolean()), fc.integer(), (given, derivesNow, turn) => {
        const parts = given.map(toPart)
        const [once, batches] = [temporaryDirectory(), temporaryDirectory()]
        for (const each of parts) commitPart(once, each)
        derive(once)
        const turned = parts.map((_, at) => parts[(at * 7 + Math.abs(turn)) % parts.length]!)
        for (const each of new Set([...turned, ...parts])) {
          commitPart(batches, each)
          if (derivesNow.next().value === true) derive(batches)
        }
        derive(batches)
        expect(hashTree(batches, ...SERIES)).toEqual(hashTree(once, ...SERIES))
        rmSync(once, { recursive: true })
        rmSync(batches, { recursive: true })
      }),
      { seed: 11, numRuns: 40 },
    )
  })

  test('every step holds all that the parts hold', () => {
    fc.assert(
      fc.property(anyParts, (given) => {
        const data = temporaryDirectory()
        const parts = given.map(toPart)
        for (const each of parts) commitPart(data, each)
        derive(data)
        const expected = parts
          .flatMap(({ slots }) => slots)
          .reduce((sum, { cells }) => sum + Number(cells.total!.in![0]), 0)
        const skewed = parts.reduce((sum, { slot }) => sum + skewedIn(slot), 0)
        for (const step of Object.keys(STEPS) as StepName[]) {
          const series = readSeries(data, step, { from: DAY - 2 * 86_400, to: DAY + 4 * 86_400 })
          expect(addUp(series.quality.get('skewed') ?? []), step).toBe(skewed)
          for (const cell of ['total', 'service/http']) {
            const sum = series.cells.get(cell)!.in!.sum.octets.reduce<number>((all, value) => all + Number(value), 0)
            expect(sum).toBe(expected)
          }
          for (const direction of DIRECTIONS.slice(1)) {
            for (const measure of MEASURES) {
              expect(series.cells.get('total')![direction]?.sum[measure].some((value) => value !== 0) ?? false).toBe(
                false,
              )
            }
          }
        }
        rmSync(data, { recursive: true })
      }),
      { seed: 12, numRuns: 25 },
    )
  })
})

describe('damage to what is derived', () => {
  test.each(['5m', '30m', '2h', '1d'] as const)('a torn %s file is told of and left as it is', (step) => {
    const data = temporaryDirectory()
    commitPart(data, part(DAY, { 0: total(1) }))
    derive(data)
    const windows = { '5m': '2026-11-23', '30m': '2026-11-23', '2h': '2026-11', '1d': '2026' }
    const path = seriesPath(data, step, windows[step])
    truncateSync(path, 20)
    commitPart(data, part(DAY + 600, { 0: total(9) }))
    expect(() => derive(data)).toThrow(`${path}: stored file is damaged`)
    expect(readFileSync(path)).toHaveLength(20)
    rmSync(path)
    derive(data)
    expect(octets(data, '1d', DAY, DAY + 86_400)).toEqual([10])
  })

  test('days made anew are as they were, those that only long flows reach included', () => {
    const data = temporaryDirectory()
    commitPart(data, part(DAY, { 0: total(5), [-1]: total(3) }))
    derive(data)
    const before = hashTree(data, ...SERIES)
    derive(data, undefined, { anew: new Set(['2026-11-21', '2026-11-22', '2026-11-23', '2026-11-24']) })
    expect(hashTree(data, ...SERIES)).toEqual(before)
    rmSync(seriesPath(data, '5m', '2026-11-22'))
    derive(data, undefined, { anew: new Set(['2026-11-22']) })
    expect(hashTree(data, ...SERIES)).toEqual(before)
  })

  test('without its index, a day that was lost gets back what the parts of the next reach into it with', () => {
    const data = temporaryDirectory()
    commitPart(data, part(DAY - 300, { 0: total(1) }))
    commitPart(data, part(DAY, { 0: total(5), [-1]: total(3) }))
    derive(data)
    const before = hashTree(data, ...SERIES)
    rmSync(seriesPath(data, '5m', '2026-11-22'))
    rmSync(join(data, 'series', 'index.json.gz'))
    derive(data)
    expect(hashTree(data, ...SERIES)).toEqual(before)
  })

  test('a part that went is missed; given up, it is no longer counted', () => {
    const [data, sound] = [temporaryDirectory(), temporaryDirectory()]
    const [first, second] = [part(DAY, { 0: total(1) }), part(DAY + 300, { 0: total(2), [-1]: total(3) })]
    commitPart(data, first)
    commitPart(data, second)
    derive(data)
    rmSync(partPath(data, second))
    expect(() => derive(data)).toThrow('parts of 2026-11-23 have gone')
    derive(data, undefined, { givenUp: new Set([shortId(second.id)]) })
    commitPart(sound, first)
    derive(sound)
    expect(hashTree(data, ...SERIES)).toEqual(hashTree(sound, ...SERIES))
  })

  describe.each([
    { name: 'a part of its day goes', spoil: (_data: string, path: string) => rmSync(path) },
    {
      name: 'its day is lost',
      spoil: (data: string) => rmSync(seriesPath(data, '5m', '2026-11-23')),
    },
  ])('a new part that reaches into the day before, while $name,', ({ spoil }) => {
    const old = part(DAY + 600, { 0: total(1) })
    const setUp = () => {
      const data = temporaryDirectory()
      commitPart(data, old)
      commitPart(data, part(DAY - 300, { 0: total(2) }))
      derive(data)
      spoil(data, partPath(data, old))
      commitPart(data, part(DAY, { 0: total(5), [-1]: total(3) }))
      return data
    }
    const doubts = { givenUp: new Set([shortId(old.id)]) }

    test('is counted in both', () => {
      const data = setUp()
      derive(data, undefined, doubts)
      expect(octets(data, '5m', DAY - 300, DAY + 300)).toEqual([5, 5])
    })

    test('is counted in both when the run is ended between the two', () => {
      const data = setUp()
      commitPart(data, part(DAY - 600, { 0: total(4) }))
      const end = (_day: string, done: number) => {
        if (done === 1) throw new Error('ended')
      }
      expect(() => derive(data, end, doubts)).toThrow('ended')
      derive(data, undefined, doubts)
      expect(octets(data, '5m', DAY - 600, DAY + 300)).toEqual([4, 5, 5])
    })
  })
})

test('whatever parts go at once, each error tells of others', () => {
  const data = temporaryDirectory()
  const parts = [
    part(DAY, { 0: total(1), [-1]: total(3) }),
    part(DAY + 300, { 0: total(2) }),
    part(DAY - 300, { 0: total(4) }),
  ]
  for (const each of parts) commitPart(data, each)
  derive(data)
  for (const each of parts.slice(0, 2)) rmSync(partPath(data, each))
  const givenUp = new Set<string>()
  const messages: string[] = []
  for (let isDone = false; !isDone; ) {
    try {
      derive(data, undefined, { givenUp })
      isDone = true
    } catch (error) {
      const { message, ids } = error as MissingParts
      messages.push(message)
      for (const id of ids) givenUp.add(id)
    }
  }
  expect(messages.length).toBeGreaterThan(1)
  expect(new Set(messages).size).toBe(messages.length)
})

test('a part is stored once; a torn one is stored again', () => {
  const data = temporaryDirectory()
  const given = part(DAY, { 0: total(1) })
  expect([commitPart(data, given), commitPart(data, given)]).toEqual([true, false])
  truncateSync(partPath(data, given), 10)
  expect(commitPart(data, given)).toBe(true)
  expect(listParts(data, '2026-11-23').map(({ slot }) => slot)).toEqual([DAY])
  expect(readdirSync(join(data, 'parts', '2026-11-23'))).toHaveLength(1)
})
