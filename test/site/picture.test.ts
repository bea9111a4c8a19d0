import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Config } from '../../ingest/config/schema.ts'
import { cellName } from '../../ingest/model/cell.ts'
import type { CellSeries, Series } from '../../ingest/model/series.ts'
import { STEPS } from '../../ingest/model/time.ts'
import { readSeries } from '../../ingest/store/series.ts'
import { createSite } from '../../site/pages/site.ts'
import { RANGES, type RangeName } from '../../site/traffic.ts'
import { buildCampusSite } from '../campus-site.ts'
import { deviations, misplacedTimes, picturesOf } from './picture.ts'

/*
 * Vega's pictures and the stored numbers agree, on every range page of the campus with its outage: every layer, total and
 * peak, at every point, in and out, to half a pixel.
 */
const ZONE = 'Europe/Vienna'
/** The campus has an outage from 04:10 to 05:00 (see `campusEvents`). */
const END = Date.parse('2026-11-24T06:00:00Z') / 1000
const OUTAGE_SLOTS = 10

describe('the charts of a site', () => {
  let base: string
  let config: Config
  let pages: readonly string[]
  const stored = new Map<RangeName, Series>()

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'flowscan-'))
    const change = (given: Config) => ({ ...given, site: { ...given.site, timeZone: ZONE } })
    config = await buildCampusSite(base, { end: END, hours: 4, flowsPerSlot: 200, change })
    for (const range of Object.keys(RANGES) as RangeName[]) stored.set(range, seriesOf(range))
    pages = pagesOf(join(config.site.dir, 'current'))
  }, 120_000)

  afterAll(() => rmSync(base, { recursive: true, force: true }), 60_000)

  /** What is stored of a range: it ends with the newest point that is over. */
  function seriesOf(range: RangeName): Series {
    const { step, points } = RANGES[range]
    const to = Math.floor(END / STEPS[step]) * STEPS[step]
    return readSeries(config.data, step, { from: to - points * STEPS[step], to })
  }

  const picturesAt = (address: string) =>
    picturesOf(readFileSync(join(config.site.dir, 'current', address, 'index.html'), 'utf8'))

  function compare(address: string, series?: Series): { told: string[]; charts: number } {
    const { cell, range } = subjectAt(config, address)
    const pictures = picturesAt(address).filter(({ drawings: [wide] }) => !wide!.includes('No flow files'))
    const told = pictures.flatMap((picture) => deviations(config, series ?? stored.get(range)!, cell, picture))
    return { told, charts: pictures.length }
  }

  test('stand as high as what is stored, on every page, with gaps where nobody measured', { timeout: 120_000 }, () => {
    const compared = pages.map((address) => compare(address))
    expect(compared.flatMap(({ told }) => told)).toEqual([])
    expect(compared.reduce((sum, { charts }) => sum + charts, 0)).toBeGreaterThan(400)
    for (const range of ['day', 'week', 'month'] as const) {
      const { known } = stored.get(range)!
      expect(known.some((seconds) => seconds > 0)).toBe(true)
    }
    const measured = stored.get('day')!.known.slice(-4 * 12)
    expect(measured.filter((seconds) => seconds === 0)).toHaveLength(OUTAGE_SLOTS)
  })

  test.each([
    { what: 'a sum of a layer', address: 'networks/dormitories/', cell: 'network/dormitories,service/quic', at: 280 },
    { what: 'a sum of a layer', address: 'services/https/week/', cell: 'network/library,service/https', at: 330 },
    { what: 'the total', address: 'total/', cell: 'total', at: 250 },
  ])('are seen to be off when $what is another: $address', ({ address, cell, at }) => {
    const { range } = subjectAt(config, address)
    const series = stored.get(range)!
    expect(compare(address).told).toEqual([])
    const { told } = compare(address, withAnother(series, cell, at))
    expect(told.length).toBeGreaterThan(0)
    for (const each of told) expect(each).toContain(`at point ${at} `)
  })

  test('are seen to be off when a gap is none', () => {
    const series = stored.get('day')!
    const gap = series.known.lastIndexOf(0)
    const { told } = compare('total/', { ...series, known: series.known.with(gap, 300) })
    expect(told.some((each) => each.endsWith(`at point ${gap} is drawn null, stored 0`))).toBe(true)
  })

  test('have their times where their points are, in the zone of the site', () => {
    const { from } = stored.get('day')!
    for (const { drawings } of picturesAt('total/')) expect(misplacedTimes(drawings[0]!, from, 288, ZONE)).toEqual([])
    expect(misplacedTimes(picturesAt('total/')[0]!.drawings[0]!, from + 300, 288, ZONE)).not.toEqual([])
  })
})

/** Every address whose page has charts of its own. */
function pagesOf(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === 'bits.csv')
    .map((entry) => `${relative(root, entry.parentPath)}/`)
}

/** What a range page is about, by its address alone. */
function subjectAt(config: Config, address: string): { cell: string; range: RangeName } {
  const parts = dirname(`${address}x`).split('/')
  const range = (Object.keys(RANGES) as RangeName[]).find((name) => name === parts.at(-1) && parts.length % 2 === 1)
  const isTotal = parts[0] === 'total'
  const named = isTotal ? (parts[1] as RangeName | undefined) : range
  if (isTotal) return { cell: 'total', range: named ?? 'day' }
  const { dimensions } = createSite(config)
  const pairs = range === undefined ? parts : parts.slice(0, -1)
  const members = pairs.flatMap((plural, at) =>
    at % 2 === 1
      ? []
      : [[dimensions.find(({ dimension }) => dimension.plural === plural)!.dimension.name, pairs[at + 1]!]],
  ) as [string, string][]
  return { cell: cellName(...members), range: range ?? 'day' }
}

/** The series with half as much again of one cell at one point, in. */
function withAnother(series: Series, name: string, at: number): Series {
  const cell = series.cells.get(name)!
  const { sum, max } = cell.in!
  const octets = sum.octets.with(at, Math.round(Number(sum.octets[at]) * 1.5))
  const changed: CellSeries = { ...cell, in: { sum: { ...sum, octets }, max } }
  return { ...series, cells: new Map(series.cells).set(name, changed) }
}
