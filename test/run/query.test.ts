import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../../ingest/config/load.ts'
import type { Config } from '../../ingest/config/schema.ts'
import { FLAWS } from '../../ingest/model/quality.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import { type Column, parseMoment, query, queryQuality } from '../../ingest/run/query.ts'
import { readScoreboard } from '../../ingest/run/scoreboard.ts'
import { BASE_SLOT, CONFIG, writeFlowFiles } from '../flow-files.ts'

let config: Config
let base: string
const WINDOW = { from: String(BASE_SLOT - 300), to: String(BASE_SLOT + 900), step: '5m' } as const

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'flowscan-'))
  mkdirSync(join(base, 'flows'))
  writeFlowFiles(join(base, 'flows'), 3)
  const loaded = parseConfig(CONFIG, join(base, 'flowscan.config.ts'))
  config = loaded.config
  await ingest(loaded)
})

afterAll(() => rmSync(base, { recursive: true }))

const octets = (
  what: string,
  member: string,
  direction: 'in' | 'out' | 'internal' | 'transit' = 'in',
  router?: string,
) => query(config, { what, ...WINDOW, ...(router === undefined ? {} : { router }) }).series[member]![direction].octets

/** Adds columns point by point; unknown stays unknown. */
const sum = (...columns: Column[]) =>
  columns[0]!.map((first, point) =>
    first === null ? null : columns.reduce((all, column) => all + Number(column[point]), 0),
  )

describe('query', () => {
  test('tells step and start, and null where nothing was measured', () => {
    const { step, from, series } = query(config, { what: 'total', ...WINDOW })
    expect({ step, from }).toEqual({ step: 300, from: '2024-05-01T10:35:00Z' })
    const [before, ...measured] = series.total!.in.octets
    expect(before).toBeNull()
    expect(measured.every((value) => typeof value === 'number' && value > 0)).toBe(true)
  })

  test.each(['in', 'out', 'internal', 'transit'] as const)('members and other add up to the total, %s', (direction) => {
    for (const dimension of ['service', 'protocol', 'tos', 'as', 'router']) {
      const { series } = query(config, { what: dimension, ...WINDOW })
      const columns = Object.values(series).map((member) => member[direction].octets)
      expect(sum(...columns), dimension).toEqual(octets('total', 'total', direction))
    }
  })

  test('a router and the others add up to a service', () => {
    const byRouter = ['fred', 'barney', 'other'].map((router) => octets('service/https', 'https', 'in', router))
    expect(sum(...byRouter)).toEqual(octets('service/https', 'https'))
  })

  test('a pair may be named either way round', () => {
    expect(octets('service/https,network/campus', 'https,campus')).toEqual(
      octets('network/campus,service/https', 'campus,https'),
    )
    expect(octets('network/campus,service', 'https')).toEqual(octets('network/campus,service/https', 'campus,https'))
  })

  test.each([
    { what: 'colour', message: /"colour" is nothing that is counted; there is total, network, service/ },
    { what: 'service/gopher', message: /no such service; there is http, https, domain, smtp, other/ },
    { what: 'service,tos', message: /service,tos is not kept; reports.pairs keeps router,service/ },
    { what: 'router,network,service', message: /at most two dimensions/ },
  ])('$what is answered with what there is', ({ what, message }) => {
    expect(() => query(config, { what, ...WINDOW })).toThrow(message)
  })
})

test('quality tells how many flows are in doubt, and null where nothing was measured', () => {
  const { step, quality } = queryQuality(config, WINDOW)
  expect([step, quality]).toEqual([300, Object.fromEntries(FLAWS.map((flaw) => [flaw, [null, 0, 0, 0]]))])
  expect(() => queryQuality(config, { ...WINDOW, router: 'fred' })).toThrow(/quality is not kept by router/)
})

test.each([
  { text: '2026-11-23T16:35:00Z', iso: '2026-11-23T16:35:00.000Z' },
  { text: '2026-11-23T16:35:00.000Z', iso: '2026-11-23T16:35:00.000Z' },
  { text: '2026-11-23T16:35', iso: '2026-11-23T16:35:00.000Z' },
  { text: '2026-11-23 17:35+01:00', iso: '2026-11-23T16:35:00.000Z' },
  { text: '2026-11-23', iso: '2026-11-23T00:00:00.000Z' },
  { text: '1795451700', iso: '2026-11-23T16:35:00.000Z' },
])('$text is a moment', ({ text, iso }) => {
  expect(new Date(parseMoment(text) * 1000).toISOString()).toBe(iso)
})

test.each(['yesterday', '2026-13-01', '16:35', ''])('"%s" is none', (text) => {
  expect(() => parseMoment(text)).toThrow(/is not a time; write 2026-11-23T16:35Z/)
})

test('the scoreboard of a slot: six lists, shares of what crossed the border', () => {
  const board = readScoreboard(config, '2024-05-01T10:42Z')
  expect(board.slot).toBe('2024-05-01T10:40:00Z')
  const [first, second] = board.in.octets
  expect(first!.rank).toBe(1)
  expect(first!.in.octets).toBeGreaterThanOrEqual(second!.in.octets)
  expect(first!.share).toBeGreaterThan(0)
  expect(board.out.flows).toHaveLength(10)
  expect(() => readScoreboard(config, '2024-05-02')).toThrow(/no flow file covers the slot 2024-05-02T00:00:00Z/)
})
