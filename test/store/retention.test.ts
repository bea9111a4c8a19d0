import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY_SECONDS, dayOf, STEPS, type StepName, startOfDay } from '../../ingest/model/time.ts'
import { clockDoubt, planFloors, type Retention, type Stored } from '../../ingest/store/retention.ts'
import { windowsBetween } from '../../ingest/store/windows.ts'

const STEP_NAMES = Object.keys(STEPS) as StepName[]
const NEWEST = Date.parse('2036-11-25T12:00:00Z') / 1000
const AGES: Retention = { '5m': 400, '30m': 1098, '2h': 3660, '1d': Infinity, boards: 400 }

/** Everything of so many days, ten bytes a day. */
function storedDays(days: number): Stored {
  const from = NEWEST - days * DAY_SECONDS
  const windows = Object.fromEntries(
    STEP_NAMES.map((step) => [step, windowsBetween(step, from, NEWEST + 1).map(({ name }) => name)]),
  )
  return {
    newest: NEWEST,
    windows: windows as unknown as Stored['windows'],
    totalBytes: () => 10 * days,
    bytesOf: () => 10,
  }
}

describe('floors', () => {
  test('by age, counted from the newest slot', () => {
    expect(planFloors(storedDays(4000), AGES, {}, Infinity)).toEqual({
      '5m': dayOf(NEWEST - 400 * DAY_SECONDS),
      '30m': dayOf(NEWEST - 1098 * DAY_SECONDS),
      '2h': dayOf(NEWEST - 3660 * DAY_SECONDS).slice(0, 7),
      boards: dayOf(NEWEST - 400 * DAY_SECONDS),
    })
  })

  test('a run takes two windows of each at most', () => {
    const stored = storedDays(500)
    const { '5m': floor } = planFloors(stored, AGES, {}, 2)
    expect(floor).toBe(stored.windows['5m'][2])
  })

  test('by size: the oldest days go until it fits, but never the newest seven', () => {
    const stored = storedDays(100)
    const floorFor = (maxBytes: number) => planFloors(stored, { ...AGES, maxBytes }, {}, Infinity)['5m']!
    expect(stored.windows['5m'].indexOf(floorFor(950))).toBe(5)
    expect(stored.windows['5m'].slice(stored.windows['5m'].indexOf(floorFor(1)))).toHaveLength(7)
    // While it fits, files of days before the first are still welcome.
    expect(floorFor(2000)).toBe(dayOf(NEWEST - 400 * DAY_SECONDS))
  })

  test('only rise, keep all that is young enough, and reach the age in the end', () => {
    fc.assert(
      fc.property(fc.nat(900), fc.integer({ min: 7, max: 500 }), fc.integer({ min: 1, max: 5 }), (days, age, most) => {
        const retention = { ...AGES, '5m': age, '30m': age, '2h': 2 * age }
        const young = dayOf(NEWEST - age * DAY_SECONDS)
        let floors = {} as ReturnType<typeof planFloors>
        let stored = storedDays(days)
        for (let run = 0; run < 1000; run++) {
          const next = planFloors(stored, retention, floors, most)
          for (const step of STEP_NAMES) {
            expect((next[step] ?? '') >= (floors[step] ?? '')).toBe(true)
            const gone = stored.windows[step].filter((name) => name < (next[step] ?? ''))
            expect(gone.length).toBeLessThanOrEqual(most)
          }
          expect((next['5m'] ?? '') <= young).toBe(true)
          const isSame = JSON.stringify(next) === JSON.stringify(floors)
          floors = next
          if (isSame) break
          const windows = Object.fromEntries(
            STEP_NAMES.map((step) => [step, stored.windows[step].filter((name) => name >= (next[step] ?? ''))]),
          )
          stored = { ...stored, windows: windows as unknown as Stored['windows'] }
        }
        expect(floors['5m']).toBe(young)
      }),
      { numRuns: 60 },
    )
  })
})

describe('case 101: a clock that must be wrong lets nothing fade', () => {
  const YEARS = 10 * 366 * DAY_SECONDS
  test.each([
    ['ten years ahead', NEWEST + YEARS, /newest slot is over 7 days old/],
    ['ten years behind', NEWEST - YEARS + 2 * 366 * DAY_SECONDS, /over a day before the newest slot/],
    ['of 1970', 0, /before this flowscan was made/],
    ['eight days ahead', NEWEST + 8 * DAY_SECONDS, /newest slot is over 7 days old/],
    ['two days behind', NEWEST - 2 * DAY_SECONDS, /over a day before/],
  ])('%s', (_, now, reason) => {
    expect(clockDoubt(NEWEST, now)).toMatch(reason)
  })

  test('one that is right', () => {
    expect(clockDoubt(NEWEST, NEWEST + 600)).toBeNull()
    expect(clockDoubt(NEWEST, NEWEST + 6 * DAY_SECONDS)).toBeNull()
    expect(startOfDay(dayOf(NEWEST))).toBeLessThan(NEWEST)
  })
})
