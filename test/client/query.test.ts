import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MEASURES } from '../../ingest/model/measure.ts'
import { readQuery } from '../../site/client/query.ts'
import { type Exploration, queryOf, WAYS_SHOWN } from '../../site/exploration.ts'
import { catalogOf, END } from './published.ts'

const catalog = catalogOf()
const USUAL: Exploration = {
  measure: 'octets',
  of: 'total',
  by: 'service',
  only: [],
  way: 'both',
  from: END - 86_400,
  to: END,
  drawing: 'stack',
  isCompared: false,
}

describe('the query of the explorer', () => {
  test('is all of what is shown: read again it gives the same', () => {
    const subjects = fc.constantFrom(
      { of: 'total', by: 'service', only: ['https', 'dns'] },
      { of: 'total', by: 'network', only: ['library'] },
      { of: 'network/library', by: 'service', only: [] },
      { of: 'service/https', by: 'network', only: ['campus', 'library'] },
      { of: 'total', by: null, only: [] },
    )
    const explorations = fc.record({
      measure: fc.constantFrom(...MEASURES),
      way: fc.constantFrom(...WAYS_SHOWN),
      drawing: fc.constantFrom('stack' as const, 'lines' as const),
      isCompared: fc.boolean(),
      from: fc.integer({ min: 1_000_000, max: 30_000_000 }).map((minutes) => minutes * 60),
      length: fc.integer({ min: 1, max: 12_000 * 1440 }),
    })
    fc.assert(
      fc.property(subjects, explorations, (subject, { length, from, ...rest }) => {
        const exploration = { ...subject, ...rest, from, to: from + length * 60 }
        expect(readQuery(queryOf(exploration), catalog)).toEqual({ exploration, mistakes: [] })
      }),
    )
  })

  test('is legible, and says times in UTC', () => {
    const exploration = { ...USUAL, of: 'network/library', only: ['https', 'dns'], isCompared: true }
    expect(queryOf(exploration)).toBe(
      'measure=bits&of=network/library&by=service&only=https,dns&way=both&from=2026-11-24T15:00Z&to=2026-11-25T15:00Z&draw=stack&compare=before',
    )
  })

  test('that says nothing means the last 24 hours by what adds up', () => {
    expect(readQuery('', catalog)).toEqual({ exploration: USUAL, mistakes: [] })
  })

  test('of overlapping members draws lines unless a stack is asked for', () => {
    expect(readQuery('by=network', catalog).exploration.drawing).toBe('lines')
    expect(readQuery('by=network&draw=stack', catalog).exploration.drawing).toBe('stack')
  })

  test.each([
    ['measure=octets', 'measure=octets'],
    ['of=network/cellar', 'of=network/cellar'],
    ['of=constructor/name', 'of=constructor/name'],
    ['by=tos&of=network/library', 'by=tos'],
    ['by=__proto__', 'by=__proto__'],
    ['only=gopher', 'only=gopher'],
    ['way=up', 'way=up'],
    ['draw=pie', 'draw=pie'],
    ['compare=after', 'compare=after'],
    ['from=yesterday', 'from=yesterday'],
    ['from=2026-02-30T00:00Z', 'from=2026-02-30T00:00Z'],
    ['from=2026-11-25T12:00Z&to=2026-11-25T11:00Z', 'not after'],
    ['from=1900-01-01T00:00Z&to=2026-11-25T11:00Z', 'too long'],
    ['colour=red', 'colour'],
    ['way=in&way=out', 'twice'],
  ])('%s: what is wrong is told', (query, told) => {
    const { mistakes, exploration } = readQuery(query, catalog)
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toContain(told)
    const { from, to } = exploration
    expect(to).toBeGreaterThan(from)
  })

  test('with members of which some are not there shows the others, and tells', () => {
    const { exploration, mistakes } = readQuery('only=https,gopher', catalog)
    expect(exploration.only).toEqual(['https'])
    expect(mistakes).toEqual(['only=gopher: not here.'])
  })

  test('tells no more of a long value than its beginning', () => {
    const { mistakes } = readQuery(`way=${'x'.repeat(65_536)}`, catalog)
    expect(mistakes[0]!.length).toBeLessThan(200)
  })
})
