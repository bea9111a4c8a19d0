import { describe, expect, test } from 'vitest'
import { ratesFrom } from '../../site/charts/rates.ts'
import { assemble } from '../../site/client/assemble.ts'
import { planAt } from '../../site/client/plan.ts'
import type { PublishedSeries } from '../../site/client/published.ts'
import { readQuery } from '../../site/client/query.ts'
import { cellsOf, emptyReason, shownOf } from '../../site/client/shown.ts'
import { notesOf } from '../../site/client/words.ts'
import { csvOf, jsonOf } from '../../site/downloads.ts'
import { catalogOf } from './published.ts'

const catalog = catalogOf()
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const DAY = Date.parse('2026-11-25T00:00:00Z') / 1000

/** Four points of five minutes, or of 30; the third is of no flow file. */
function measure(query: string, step: '5m' | '30m' = '5m') {
  const seconds = step === '5m' ? 300 : 1800
  const plan = planAt(catalog, step, DAY, DAY + 4 * seconds)
  const series = (...counts: number[]): PublishedSeries => {
    const counted = { octets: counts.map((each) => each * seconds), packets: counts, flows: counts }
    const max = { octets: counts.map((each) => each * 400), packets: counts, flows: counts }
    return { at: 0, ...counted, ...(step === '5m' ? {} : { max }) }
  }
  const cells = new Map([
    ['total', { in: series(10, 20, 0, 40), out: series(1, 2, 0, 4), transit: series(5) }],
    ['service/https', { in: series(6, 12, 0, 24) }],
    ['service/dns', { in: series(3, 6), out: series(1, 2, 0, 4) }],
    ['service/other', { in: series(1, 2, 0, 16), transit: series(5) }],
    ['network/library', { in: series(4, 4, 0, 4) }],
    ['network/campus', { in: series(8, 8, 0, 8) }],
    ['network/library,service/https', { in: series(4, 4, 0, 4) }],
  ])
  const known = [seconds, seconds, 0, seconds]
  const index = { from: DAY, step: seconds, points: 4, known, chunks: {} }
  const now = assemble(plan, [{ index, cells }])
  const { exploration } = readQuery(query, catalog)
  return {
    exploration,
    plan,
    now,
    shown: shownOf(catalog, exploration, plan, now, exploration.isCompared ? now : null),
  }
}

describe('what the explorer shows', () => {
  test('everything by service: the busiest at the bottom, other at the top, a total that they make', () => {
    const { shown } = measure('by=service')
    expect(shown.data.layers.map(({ id }) => id)).toEqual(['https', 'dns', 'other'])
    expect(shown.data.total.in).toEqual(ratesFrom([80, 160, null, 320]))
    expect(shown.rows.map(({ share }) => share?.toFixed(3))).toEqual(['0.545', '0.208', '0.247'])
    expect(shown.heading).toBe('All traffic: bits by service')
  })

  test('some members: their sum is the line, and their share is of everything', () => {
    const { shown } = measure('by=service&only=https,dns')
    expect(shown.data.layers.map(({ id }) => id)).toEqual(['https', 'dns'])
    expect(shown.data.total.in).toEqual(ratesFrom([72, 144, null, 192]))
    expect(shown.total).toMatchObject({ label: 'Together', share: (9 + 18 + 24 + 7) / 77 })
    expect(shown.total.figures[0]).toMatchObject({ now: 192, max: 192, total: 51 * 300 })
  })

  test('some members of wider points: of them together the greatest five minutes are not known, of one they are', () => {
    const both = measure('by=service&only=https,dns', '30m').shown
    expect(both.total.figures[0]!.max).toBeNull()
    expect(both.data.peak).toBeUndefined()
    const one = measure('by=service&only=https', '30m').shown
    expect(one.total.figures[0]!.max).toBe(Math.round((24 * 400 * 8) / 300))
    expect(one.data.peak?.in).toEqual(ratesFrom([64, 128, null, 256]))
  })

  test('overlapping networks: lines, of which there is no sum and no rest', () => {
    const { shown, exploration, plan, now } = measure('by=network&only=library')
    expect(shown.chart.drawing).toBe('lines')
    expect(shown.data.layers.map(({ id }) => id)).toEqual(['library'])
    expect(shown.data.total.in).toEqual(ratesFrom([80, 160, null, 320]))
    expect(notesOf(catalog, exploration, plan, shown, now).join()).toContain('may overlap')
  })

  test('a member by what it is kept together with, in the order of the store', () => {
    const { exploration, shown } = measure('of=network/library&by=service')
    expect(cellsOf(catalog, exploration)).toContain('network/library,service/https')
    expect(cellsOf(catalog, { ...exploration, of: 'service/https', by: 'network' })).toContain(
      'network/library,service/https',
    )
    expect(shown.data.layers.map(({ id }) => id)).toEqual(['https'])
    expect(shown.quiet).toEqual(['DNS', 'Other'])
  })

  test('one direction: a column of its name, and nothing below the line', () => {
    const { shown } = measure('by=service&way=transit')
    expect(shown.chart.only).toBe('transit')
    expect(textOf(csvOf(shown.data)).split('\r\n')[0]).toBe('time,Other transit (b/s),total transit (b/s)')
    expect(JSON.parse(textOf(jsonOf(shown.data))).total).toEqual({ transit: [40, 0, null, 0] })
  })

  test('a gap is a gap in every number', () => {
    const { shown } = measure('by=service&compare=before')
    for (const { in: inward, out } of [...shown.data.layers, shown.data.total, shown.data.before!])
      expect([inward[2], out[2]]).toEqual([Number.NaN, Number.NaN])
    expect(textOf(csvOf(shown.data)).split('\r\n')[3]).toBe(`2026-11-25T00:10:00Z${','.repeat(10)}`)
  })

  test.each([
    ['of=network/campus&way=transit', 'nothing of this was in them'],
    ['by=service&only=dns&way=transit', 'nothing of this was in them'],
    ['by=service&only=other&way=transit', ''],
  ])('%s: %s', (query, reason) => {
    const { exploration, plan, now } = measure(`${query}&from=2026-11-25T00:00Z&to=2026-11-25T00:20Z`)
    const told = emptyReason(catalog, exploration, plan, now, null)
    expect(reason === '' ? told === '' : told.includes(reason), told).toBe(true)
  })
})
