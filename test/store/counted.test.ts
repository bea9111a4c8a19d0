import { expect, test } from 'vitest'
import { knownOf } from '../../ingest/model/counted.ts'
import type { StepName } from '../../ingest/model/time.ts'
import { derive } from '../../ingest/store/derive.ts'
import { commitPart } from '../../ingest/store/part.ts'
import { readSeries } from '../../ingest/store/series.ts'
import { configOf, DAY, part } from '../site/stored.ts'

/* A part says by what its flows were counted; what it does not name is unknown in its slot. */

const ALL = ['network,service', 'network/campus', 'network/lab', 'service/http']
const WITHOUT_LAB = ALL.filter((name) => name !== 'network/lab')
const WITHOUT_PAIRS = ALL.filter((name) => name !== 'network,service')

/** Seconds known of each of the first points, of cells by name. */
function known(data: string, step: StepName, points: number, cells: readonly string[]) {
  const series = readSeries(data, step, { from: DAY, to: DAY + 12 * 300 })
  return Object.fromEntries(cells.map((cell) => [cell, knownOf(series, cell).slice(0, points)]))
}

const CELLS = ['total', 'service/http', 'network/lab', 'network/campus,service/http', 'network/lab,service/http']

test('per point and resolution, of members and of pairs; a part that does not say counted everything', () => {
  const { data } = configOf()
  const counted = [ALL, WITHOUT_LAB, WITHOUT_PAIRS, undefined]
  for (const [at, names] of counted.entries()) commitPart(data, part(at, names === undefined ? {} : { counted: names }))
  derive(data)
  expect(known(data, '5m', 5, CELLS)).toEqual({
    total: [300, 300, 300, 300, 0],
    'service/http': [300, 300, 300, 300, 0],
    'network/lab': [300, 0, 300, 300, 0],
    'network/campus,service/http': [300, 300, 0, 300, 0],
    'network/lab,service/http': [300, 0, 0, 300, 0],
  })
  for (const step of ['30m', '2h'] as const)
    expect(Object.values(known(data, step, 1, CELLS)).flat(), step).toEqual([1200, 1200, 900, 900, 600])
})

test('of two files of a slot, under two configs, one is enough', () => {
  const { data } = configOf()
  commitPart(data, part(0, { counted: ALL }))
  commitPart(data, part(0, { counted: WITHOUT_LAB, file: 1 }))
  derive(data)
  expect(known(data, '5m', 1, ['total', 'network/lab'])).toEqual({ total: [300], 'network/lab': [300] })
})

test('where the config never changed, a series names what was counted once, and no point by itself', () => {
  const { data } = configOf()
  for (const at of [0, 1, 7]) commitPart(data, part(at, { counted: ALL }))
  derive(data)
  const series = readSeries(data, '30m', { from: DAY, to: DAY + 86_400 })
  expect([...series.counted.keys()]).toEqual([JSON.stringify(ALL)])
  expect(knownOf(series, 'network/lab')).toBe(series.known)
})
