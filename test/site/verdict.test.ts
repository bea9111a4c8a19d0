import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Config } from '../../ingest/config/schema.ts'
import { isoTime } from '../../ingest/model/time.ts'
import type { Health } from '../../ingest/store/health.ts'
import { type Finding, findingsOf } from '../../site/pages/findings.ts'
import { createSite } from '../../site/pages/site.ts'
import {
  answerOf,
  clocksClause,
  lateClause,
  leftOutClause,
  lostClause,
  measuredClause,
  missingSentence,
  partlyClause,
  scaledClause,
  verdictOf,
} from '../../site/pages/verdict.ts'
import { readQuality } from '../../site/quality.ts'
import { createTrafficReader } from '../../site/traffic.ts'
import { configOf, DAY, part, store } from './stored.ts'

/** Narrow no-break spaces as spaces, for reading. */
const read = (text: string) => text.replaceAll('\u202f', ' ')
const slots = (measured: number, expected: number) => ({
  measured,
  expected,
  partly: 0,
  sources: measured < expected ? 1 : 0,
  isSinceFirst: false,
  missing: [],
})
const MORNING = Date.parse('2026-11-23T05:00:00Z') / 1000
const gap = (minutes: number, count: number) => ({
  from: MORNING + minutes * 60,
  to: MORNING + minutes * 60 + count * 300,
  slots: count,
})

describe('a clause tells', () => {
  test.each([
    [slots(288, 288), 'All 288 slots of the last 24 hours are measured'],
    [slots(278, 288), '278 of 288 slots of the last 24 hours are measured (96.5 %)'],
    [{ ...slots(1, 12), isSinceFirst: true }, '1 of 12 slots since the first flow file is measured (8.3 %)'],
    [{ ...slots(1, 1), isSinceFirst: true }, 'The 1 slot since the first flow file is measured'],
  ])('what is measured: %j', (slots, clause) => {
    expect(read(measuredClause(slots))).toBe(clause)
  })

  test.each([
    [[], ''],
    [[gap(0, 1)], '1 slot is missing, 06:00 CET to 06:05 CET: what moved then is unknown and in no figure.'],
    [
      [gap(0, 10), gap(90, 2)],
      '12 slots are missing, 06:00 CET to 06:50 CET and 07:30 CET to 07:40 CET: what moved then is unknown and in no figure.',
    ],
    [
      [gap(0, 1), gap(90, 2), gap(120, 1)],
      '4 slots are missing, the most from 07:30 CET to 07:40 CET: what moved then is unknown and in no figure.',
    ],
  ])('what is missing: %j', (missing, sentence) => {
    expect(missingSentence({ missing }, 'Europe/Vienna')).toBe(sentence)
  })

  test.each([
    [0, ''],
    [3, 'in 3 of these a source has no flow file'],
  ])('in how many a source is missing: %d', (partly, clause) => {
    expect(partlyClause(partly)).toBe(clause)
  })

  test.each([
    [[null, null], 'collectors do not say whether they lost flows'],
    [[null, 0], 'collectors report no lost flow'],
    [[3, null, 7], 'collectors lost 10 of 1,010 flows (1.0 %)'],
  ])('what is lost: %j', (lost, clause) => {
    expect(
      read(
        lostClause(
          lost.map((lost) => ({ lost })),
          1000,
        ),
      ),
    ).toBe(clause)
  })

  test.each([
    [[], ''],
    [[[1], [1]], 'nothing is scaled up for sampling'],
    [[[1], [1, 100]], '1 of 2 exporters samples, and its octets and packets are scaled up by 100'],
    [[[1000], [1], [64]], '2 of 3 exporters sample, and their octets and packets are scaled up by 64 to 1,000'],
  ])('what is sampled: %j', (exporters, clause) => {
    expect(scaledClause(exporters.map((rates) => ({ rates })))).toBe(clause)
  })

  test.each([
    [0, ''],
    [1, '1 flow is left out, for no line carries so much'],
    [2, '2 flows are left out, for no line carries so much'],
  ])('what is left out: %d', (flows, clause) => {
    expect(leftOutClause(flows)).toBe(clause)
  })

  test.each([
    [[], ''],
    [[-900], 'the clock of an exporter is up to 900 s behind'],
    [[3605, 70], 'the clocks of 2 exporters are up to 3,605 s ahead'],
  ])('whose clocks are off: %j', (offsets, clause) => {
    expect(clocksClause(offsets.map((seconds) => ({ most: { seconds, slot: DAY } })))).toBe(clause)
  })

  test.each([
    [0, ''],
    [1, '1 flow file came late, and is counted'],
    [2, '2 flow files came late, and are counted'],
  ])('what was late: %d', (late, clause) => {
    expect(lateClause(late)).toBe(clause)
  })
})

describe('the answer', () => {
  const finding: Finding = { isAlarm: false, what: '', mend: '', lines: '', since: null }
  const alarm: Finding = { ...finding, isAlarm: true }

  test.each([
    { name: 'all is well', slots: slots(288, 288), findings: [], answer: 'Yes.' },
    { name: 'slots are missing', slots: slots(278, 288), findings: [finding], answer: 'Yes, but for gaps.' },
    { name: 'many slots are missing', slots: slots(200, 288), findings: [finding], answer: 'Only in part.' },
    {
      name: 'something was found',
      slots: slots(288, 288),
      findings: [finding],
      answer: 'Look first at the finding below.',
    },
    {
      name: 'gaps and something',
      slots: slots(278, 288),
      findings: [finding, finding],
      answer: 'Look first at the 2 findings below.',
    },
    {
      name: 'a run told of one',
      slots: slots(278, 288),
      findings: [alarm, finding],
      answer: 'Look first at the alarm below.',
    },
    { name: 'nothing is measured', slots: slots(0, 288), findings: [], answer: 'No: there are none.' },
  ])('when $name', ({ slots, findings, answer }) => {
    expect(answerOf(slots, findings)).toBe(answer)
  })
})

describe('of what is stored', () => {
  let config: Config
  beforeEach(() => {
    config = configOf({
      flows: [
        { source: 'core', dir: 'a' },
        { source: 'edge', dir: 'b' },
      ],
    })
  })

  function verdict(to: number, health: Partial<Health> | null = null) {
    const traffic = createTrafficReader(config.data, DAY + (to - 1) * 300)
    const site = createSite(config)
    const kept = join(config.site.dir, 'archive', 'quality.json.gz')
    const quality = readQuality(site, traffic, health as Health | null, kept)
    const day = traffic.read('day')
    return verdictOf(site, day, quality, findingsOf(site, day, quality))
  }

  test('it tells of gaps, of slots of which a source is missing, of late files and of clocks', () => {
    const file = (at: number) => {
      const exporter = { flows: 500, sampleRate: 10, newestEndMs: (DAY + at * 300 + 400) * 1000 }
      return { http: [300_000, 300_000], quality: { exporters: { '198.51.100.1': exporter } } } as const
    }
    store(
      config,
      ...[0, 3].map((at) => part(at, { ...file(at), source: 'core' })),
      part(0, { ...file(0), source: 'edge' }),
    )
    const late = [{ file: 'x', source: 'core', slot: isoTime(DAY), changedSeconds: 1, countedSeconds: 900 }]
    const { state, answer, reasons } = verdict(4, { alarms: [], late })
    expect([state, answer]).toEqual(['warn', 'Look first at the 4 findings below.'])
    expect(read(reasons)).toBe(
      '2 of 4 slots since the first flow file are measured (50.0 %); in 1 of these a source has no flow file; collectors report no lost flow; 1 of 1 exporter samples, and its octets and packets are scaled up by 10; the clock of an exporter is up to 100 s ahead; 1 flow file came late, and is counted. 2 slots are missing, 00:05 UTC to 00:15 UTC: what moved then is unknown and in no figure.',
    )
  })

  test('of a day of which nothing is measured there is nothing to trust', () => {
    store(config, part(0, { http: [1, 1] }))
    expect(verdict(600)).toEqual({
      state: 'bad',
      answer: 'No: there are none.',
      reasons: 'No slot of the last 24 hours is measured: what moved is unknown.',
    })
  })
})
