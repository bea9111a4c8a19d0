import { describe, expect, test } from 'vitest'
import { beginningOf, MOST_POINTS, planAt, planOf } from '../../site/client/plan.ts'
import { catalogOf, daysTo, END } from './published.ts'

const HOUR = 3600
const DAY = 86_400
const at = (iso: string) => Date.parse(iso) / 1000

describe('planning windows', () => {
  test.each([
    [6 * HOUR, '5m'],
    [24 * HOUR, '5m'],
    [7 * DAY, '30m'],
    [31 * DAY, '2h'],
    [366 * DAY, '1d'],
  ])('%i seconds are shown in points of %s', (seconds, step) => {
    const plan = planOf(catalogOf(), END - seconds, END)
    expect(plan.step).toBe(step)
    expect((plan.to - plan.from) / plan.stepSeconds).toBeLessThanOrEqual(MOST_POINTS)
  })

  test('takes the windows that the time touches, in order', () => {
    const plan = planOf(catalogOf(), at('2026-11-23T22:00:00Z'), at('2026-11-25T01:00:00Z'))
    expect(plan.windows.map(({ address }) => address)).toEqual([
      'data/5m/2026-11-23-h11-23/',
      'data/5m/2026-11-24-h11-24/',
      'data/5m/2026-11-25-h11-25/',
    ])
    expect(planOf(catalogOf(), at('2026-11-24T00:00:00Z'), at('2026-11-25T00:00:00Z')).windows).toHaveLength(1)
  })

  test('goes over to coarser points where finer ones have faded', () => {
    const old = planOf(catalogOf(), at('2026-11-10T06:00:00Z'), at('2026-11-10T09:00:00Z'))
    expect(old.step).toBe('30m')
    const older = planOf(catalogOf(), at('2026-10-10T06:00:00Z'), at('2026-10-11T06:00:00Z'))
    expect(older.step).toBe('2h')
    const partly = planOf(catalogOf(), at('2026-11-22T06:00:00Z'), at('2026-11-23T06:00:00Z'))
    expect(partly.step).toBe('30m')
  })

  test('before the first window of all, in a month that has data later on, stays fine', () => {
    const young = catalogOf({
      resolutions: {
        '5m': { step: 300, window: 'day', windows: daysTo('2026-11-25', 2) },
        '2h': { step: 7200, window: 'month', windows: { '2026-11': 'a' } },
      },
    })
    expect(planOf(young, END - 48 * HOUR, END).step).toBe('5m')
  })

  test('widens to whole points, and ends with the newest that is complete', () => {
    const plan = planAt(catalogOf({ end: at('2026-11-25T15:05:00Z') }), '30m', at('2026-11-25T10:10:00Z'), END + HOUR)
    expect(plan.from).toBe(at('2026-11-25T10:00:00Z'))
    expect(plan.to).toBe(at('2026-11-25T15:00:00Z'))
  })

  test('of a time to come is empty', () => {
    const plan = planOf(catalogOf(), END + HOUR, END + 2 * HOUR)
    expect(plan.to).toBe(plan.from)
    expect(plan.windows).toEqual([])
  })

  test('knows where what is published begins', () => {
    expect(beginningOf(catalogOf())).toBe(at('2026-01-01T00:00:00Z'))
    expect(beginningOf(catalogOf({ resolutions: {} }))).toBeNull()
  })
})
