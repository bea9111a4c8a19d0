import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config } from '../../ingest/config/schema.ts'
import { isoTime } from '../../ingest/model/time.ts'
import { writeJson } from '../../ingest/store/files.ts'
import { type Health, type LateFile, readHealth } from '../../ingest/store/health.ts'
import { DamagedPart, listParts } from '../../ingest/store/part.ts'
import { buildSite } from '../../site/build.ts'
import { findingsOf, gapsBySource, gapsOfRange } from '../../site/pages/findings.ts'
import { createSite } from '../../site/pages/site.ts'
import { readQuality } from '../../site/quality.ts'
import { createTrafficReader } from '../../site/traffic.ts'
import { configOf, DAY, part, store } from './stored.ts'

vi.setConfig({ testTimeout: 60_000 })

const SOUND = { http: [300_000, 300_000] } as const
const ROUTER = { '198.51.100.1': { flows: 60, sampleRate: 1 } }
const HOSTILE = '<img src=x onerror="alert(1)">{{ 7*7 }}'
const HEALTH: Health = {
  schema: 1,
  at: '2026-11-23T01:00:00Z',
  lastSuccess: '2026-11-23T00:30:00Z',
  newestSlot: '2026-11-23T00:55:00Z',
  lagSeconds: 0,
  lastRun: { files: { counted: 1 }, error: null },
  quarantine: { count: 0, newest: [] },
  pending: 0,
  copies: [],
  gaps: [],
  free: null,
  alarms: [],
}

function lateFile(slot: number, changedSeconds: number): LateFile {
  return { file: '/flows/ft-late', source: 'flows', slot: isoTime(slot), changedSeconds, countedSeconds: 1234 }
}

let config: Config
beforeEach(() => {
  config = configOf()
})

function tell(health: object): void {
  mkdirSync(config.data, { recursive: true })
  writeFileSync(join(config.data, 'health.json'), JSON.stringify(health))
}

function look(health: Health | null, to: number) {
  const traffic = createTrafficReader(config.data, DAY + (to - 1) * 300)
  const quality = readQuality(createSite(config), traffic, health, join(config.site.dir, 'archive', 'quality.json.gz'))
  const site = createSite(config)
  const day = traffic.read('day')
  return { site, day, quality, findings: findingsOf(site, day, quality) }
}

const page = (file = 'quality/index.html') => readFileSync(join(config.site.dir, 'current', file), 'utf8')

describe('findings', () => {
  test('there are none where nothing puts a number in doubt', () => {
    store(config, ...[0, 1, 2].map((at) => part(at, { ...SOUND, quality: { exporters: ROUTER } })))
    expect(look(HEALTH, 3).findings).toEqual([])
  })

  test.each([
    { name: 'lost flows', file: { lost: 1500 }, what: /^Lost on the way .*: 1,500 flows$/, lines: /rmem_max/ },
    {
      name: 'left out',
      file: { implausible: 1 },
      what: /^Left out.*: 1 flow$/,
      lines: /inspect/,
    },
    {
      name: 'long flows',
      file: { quality: { overlong: 3 } },
      what: /^Longer than 24 hours: 3 flows$/,
      lines: /timeout active 1/,
    },
    { name: 'wrong clocks', file: { quality: { skewed: 3 } }, what: /^With times far .*: 3 flows$/, lines: /chronyc/ },
    { name: 'a file not closed', file: { complete: false }, what: /^1 flow file was not closed/, lines: /^$/ },
    {
      name: 'damage',
      file: { quality: { warnings: ['byte 7: bad'] } },
      what: /^1 flow file had something/,
      lines: /./,
    },
    {
      name: 'an exporter without a name',
      file: { quality: { exporters: { ...ROUTER, '2001:db8::7': { flows: 1, sampleRate: 1 } } } },
      what: /^1 exporter is not in the config/,
      lines: /^routers: \{\n {2}'router-2001-db8-7': '2001:db8::7',\n\}$/,
    },
    {
      name: 'flows that miss',
      file: { transit: 540 },
      what: /^90\.0.% of the flows have no end inside/,
      lines: /^subnets: \['192\.0\.2\.0\/24', 'what is missing'\],$/,
    },
  ])('$name, with what cures it', ({ file, what, lines }) => {
    store(config, part(0, { ...SOUND, ...file }))
    const { findings } = look(HEALTH, 1)
    expect(findings).toEqual([expect.objectContaining({ isAlarm: false, lines: expect.stringMatching(lines) })])
    expect(findings[0]!.what).toMatch(what)
  })

  const clock = (seconds: number, flows = 500) => ({ flows, sampleRate: 1, newestEndMs: (DAY + 300 + seconds) * 1000 })
  test.each([
    { name: 'in time', exporter: clock(-4), what: [] },
    { name: 'a collector that closes its file a minute late', exporter: clock(60), what: [] },
    { name: 'a quiet exporter', exporter: clock(-900, 99), what: [] },
    { name: 'ahead', exporter: clock(61), what: [/^The clock of 198.51.100.1 is up to 61 s ahead: its flows/] },
    { name: 'an hour behind', exporter: clock(-3610, 100), what: [/^The clock of .* is up to 3,610 s behind: its/] },
  ])('of a clock: $name', ({ exporter, what }) => {
    store(config, part(0, { ...SOUND, quality: { exporters: { '198.51.100.1': exporter } } }))
    const { findings } = look(HEALTH, 1)
    expect(findings.map((each) => each.what)).toEqual(what.map((each) => expect.stringMatching(each)))
    for (const { lines } of findings) expect(lines).toBe("ntp server 0.pool.ntp.org\ntiming: 'export',")
  })

  test("of a clock, where flows count in the slots of their files: no need for timing: 'export'", () => {
    config = configOf({ timing: 'export' })
    store(config, part(0, { ...SOUND, quality: { exporters: { '198.51.100.1': clock(61) } } }))
    expect(look(HEALTH, 1).findings).toEqual([
      expect.objectContaining({
        what: 'The clock of 198.51.100.1 is up to 61 s ahead',
        lines: 'ntp server 0.pool.ntp.org',
      }),
    ])
  })

  test.each([
    { name: 'the collector closed them late', changedSeconds: 301, lines: 'nfcapd -t 300' },
    { name: 'they lay there', changedSeconds: 300, lines: 'systemctl list-timers flowscan.timer' },
  ])('late files, and why: $name', ({ changedSeconds, lines }) => {
    store(config, part(0, { ...SOUND, quality: { exporters: ROUTER } }))
    const late = [DAY, DAY - 86_400].map((slot) => lateFile(slot, changedSeconds))
    const what = '1 flow file of the last 24 hours was counted late, up to 1,234 s after the slot'
    expect(look({ ...HEALTH, late }, 1).findings).toEqual([expect.objectContaining({ what, lines })])
  })

  test('one odd flow in thousands is none, but whatever is left out is', () => {
    const many = { http: [300_000_000, 300_000_000] } as const
    store(config, part(0, { ...many, lost: 3, implausible: 1, quality: { skewed: 1, exporters: ROUTER } }))
    expect(look(HEALTH, 1).findings.map(({ what }) => what)).toEqual([expect.stringMatching(/^Left out/)])
  })

  test('alarms call directories by their keys in the config', () => {
    const what = `${config.data}/parts/2026-11-23/x: damaged; ${join(config.site.dir, 'releases')} is full`
    const alarms = [{ subject: 'parts', what, mend: `look in ${config.data}/quarantine`, since: HEALTH.at }]
    const [alarm] = look({ ...HEALTH, alarms }, 1).findings
    expect(alarm!.what).toBe('parts: data/parts/2026-11-23/x: damaged; site.dir/releases is full')
    expect(alarm!.mend).toBe('To mend: look in data/quarantine')
  })

  test('a slot is missing of the source that has no file of it, whatever others have; nothing is before the first', () => {
    config = configOf({
      flows: [
        { source: 'core', dir: 'a' },
        { source: 'edge', dir: 'b' },
      ],
    })
    const files = [0, 1, 2, 3, 4].map((at) => part(at, { ...SOUND, source: 'core' }))
    store(config, ...files, ...[0, 3].map((at) => part(at, { ...SOUND, source: 'edge' })))
    const { site, day, quality, findings } = look(HEALTH, 5)
    expect(gapsBySource(site, day, quality)).toEqual(
      new Map([
        ['core', []],
        [
          'edge',
          [
            { from: DAY + 300, to: DAY + 900, slots: 2 },
            { from: DAY + 1200, to: DAY + 1500, slots: 1 },
          ],
        ],
      ]),
    )
    expect(findings.map(({ what }) => what)).toEqual(['edge: 3 slots of the last 24 hours have no flow file'])
  })

  test('in wider points, slots are missing that are not known of; neighbours are one gap', () => {
    const known = [0, 3600, 1800, 0, 3600]
    const range = { from: 0, to: 18_000, stepSeconds: 3600, known, flows: {} as never, flaws: {} as never }
    expect(gapsOfRange(range, 5400)).toEqual([{ from: 7200, to: 14_400, slots: 18 }])
    expect(gapsOfRange(range, 0)).toEqual([
      { from: 0, to: 3600, slots: 12 },
      { from: 7200, to: 14_400, slots: 18 },
    ])
  })

  test('what is no address becomes no line of a config; names do not collide', () => {
    config = configOf({ routers: { 'router-192-0-2-9': '198.51.100.1' } })
    const exporters = Object.fromEntries(
      ["'],x:['", '192.0.2.9', '::ffff:0:1'].map((address) => [address, { flows: 1, sampleRate: 1 }]),
    )
    store(config, part(0, { ...SOUND, quality: { exporters } }))
    expect(look(HEALTH, 1).findings.map(({ lines }) => lines)).toEqual([
      "routers: {\n  'router-192-0-2-9-2': '192.0.2.9',\n  'router-ffff-0-1': '::ffff:0:1',\n}",
    ])
  })

  test('counters beyond 2^53 stay exact, also when they were remembered', () => {
    const flows = 2n ** 53n + 1n
    const exporters = { '198.51.100.1': { flows, sampleRate: 100 } }
    store(config, part(0, { ...SOUND, quality: { exporters } }))
    for (const time of ['first', 'again'])
      expect(look(HEALTH, 1).quality.files[0]!.exporters, time).toEqual([
        { address: '198.51.100.1', counted: { flows, sampleRate: 100 } },
      ])
  })
})

describe('the page', () => {
  test('tells of each clock that is off in how many slots, how far as a rule, and how far at most', async () => {
    const seconds = [-4, 70, 90, 80, 400]
    const exporters = (at: number) => ({
      '198.51.100.1': { flows: 500, sampleRate: 1, newestEndMs: (DAY + (at + 1) * 300 + seconds[at]!) * 1000 },
      '198.51.100.2': { flows: 500, sampleRate: 1, newestEndMs: (DAY + (at + 1) * 300 - 20) * 1000 },
    })
    store(config, ...seconds.map((_, at) => part(at, { ...SOUND, quality: { exporters: exporters(at) } })))
    await buildSite(config)
    const table = page().split('<h2 id="clocks">')[1]!.split('</table>')[0]!
    expect(table).toMatch(
      /198.51.100.1<\/th><td>4 of 5<\/td><td class="text">90 s ahead<\/td><td class="text">400 s ahead<\/td>.*00:20 UTC/,
    )
    expect(table).not.toContain('198.51.100.2')
  })

  test('tells of late files, the newest first', async () => {
    store(config, part(0, { ...SOUND, quality: { exporters: ROUTER } }))
    tell({ ...HEALTH, late: [lateFile(DAY - 300, 7), lateFile(DAY, 301)] })
    await buildSite(config)
    expect(page().split('<h2 id="late">')[1]!.split('</table>')[0]).toMatch(
      /ft-late<\/th><td class="text">flows<\/td>.*00:00 UTC<\/time><\/td><td>301<\/td><td>1,234<\/td>[\s\S]*<td>7<\/td>/,
    )
  })

  test('is calm when there is nothing to mend, and the overview says so', async () => {
    store(config, part(0, { ...SOUND, quality: { exporters: ROUTER } }))
    tell(HEALTH)
    await buildSite(config)
    expect(page()).toContain(
      '<strong class="good">Yes.</strong> The 1 slot since the first flow file is measured; collectors report no lost flow; nothing is scaled up for sampling. Nothing to mend.</p>',
    )
    expect(page()).toContain('<h2 id="directions">')
    expect(page('index.html')).toContain('<a href="quality/">Data quality: good</a>')
  })

  test('says alarms first, also when nothing was ever ingested', async () => {
    const alarm = { subject: 'run', what: 'disk full', mend: 'make room', since: '2026-11-23T00:40:00Z' }
    tell({ ...HEALTH, alarms: [alarm] })
    await buildSite(config)
    expect(page()).toMatch(
      /<h1>[\s\S]*run: disk full[\s\S]*23 Nov 2026, 00:40 UTC[\s\S]*To mend: make room[\s\S]*00:30 UTC[\s\S]*Nothing has been ingested yet/,
    )
    store(config, part(0, { ...SOUND, lost: 3 }))
    await buildSite(config)
    expect(page()).toMatch(/lost<\/th><td>3<\/td><td>3<\/td><td class="text"><time datetime="2026-11-23T00:00:00Z"/)
    expect(page()).toMatch(/id="alarms"[\s\S]*disk full[\s\S]*id="findings"[\s\S]*Lost on the way/)
    expect(page('index.html')).toContain('Data quality: 2 findings to look at')
  })

  test('what could be named is added up over the day, with the line that names it', async () => {
    const unnamed = (octets: number | bigint, ...more: [string, number][]) => ({
      ...SOUND,
      quality: { unnamed: { service: [['4662/tcp', octets], ...more] as const } },
    })
    store(config, part(0, unnamed(2n ** 60n, ['9999/udp', 3_000_000])), part(1, unnamed(5)), part(2, SOUND))
    for (const time of ['first', 'again']) {
      await buildSite(config)
      const rows = page().split('<h2 id="unnamed">')[1]!.split('</section>')[0]!
      expect(rows, time).toMatch(
        /4662\/tcp<\/td><td>1.15\sEB<\/td>[\s\S]*services: { name: &#39;4662\/tcp&#39; }[\s\S]*9999\/udp<\/td><td>3.00\sMB/,
      )
    }
  })

  test('hostile names of files and exporters are text', async () => {
    const exporters = { [HOSTILE]: { flows: 1, sampleRate: 1 } }
    store(config, part(0, { ...SOUND, quality: { exporters, warnings: [HOSTILE] } }))
    tell({
      ...HEALTH,
      quarantine: { count: 1, newest: [{ file: HOSTILE, source: HOSTILE, when: HOSTILE, reason: HOSTILE }] },
      copies: [{ file: `/flows/${HOSTILE}`, of: HOSTILE }],
      late: [{ ...lateFile(DAY, 1), file: `/flows/${HOSTILE}`, source: HOSTILE }],
      alarms: [{ subject: HOSTILE, what: HOSTILE, mend: HOSTILE, since: HOSTILE }],
    })
    await buildSite(config)
    const escaped = '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;{{ 7*7 }}'
    expect(page()).not.toContain('<img')
    for (const id of ['alarms', 'exporters', 'files', 'aside', 'late', 'copies'])
      expect(page().split(`<h2 id="${id}">`)[1]!.split('</section>')[0], id).toContain(escaped)
  })

  test('is rendered again when what it tells changes, and not because a run ended', async () => {
    store(config, ...[0, 1].map((at) => part(at, SOUND)))
    tell(HEALTH)
    await buildSite(config)
    tell({ ...HEALTH, at: isoTime(DAY), lastSuccess: isoTime(DAY), lagSeconds: 77, free: { bytes: 1, inodes: 1 } })
    expect((await buildSite(config)).rendered).toBe(0)
    tell({ ...HEALTH, copies: [{ file: 'b', of: 'a' }] })
    expect((await buildSite(config)).rendered).toBe(1)
  })
})

test.each([
  'no JSON',
  '[]',
  'null',
  '{"schema":1}',
  JSON.stringify({ ...HEALTH, alarms: [{}] }),
  JSON.stringify({ ...HEALTH, late: [{ ...lateFile(DAY, 1), countedSeconds: 'x' }] }),
])('a health.json that holds %s is as none', (text) => {
  tell(HEALTH)
  expect(readHealth(config.data)).toEqual(HEALTH)
  writeFileSync(join(config.data, 'health.json'), text)
  expect(readHealth(config.data)).toBeNull()
})

test('what was counted again is read again', () => {
  const parts = [0, 1, 2, 3, 4, 5].map((at) => part(at, SOUND))
  store(config, ...parts)
  expect(look(null, 6).quality.week.flows.transit).toBe(0)
  rmSync(config.data, { recursive: true })
  const again = parts.map(({ id }, at) => ({
    ...part(at, { ...SOUND, transit: 7, quality: { exporters: ROUTER } }),
    id,
  }))
  store(config, ...again)
  writeJson(join(config.data, 'generation.json.gz'), { schema: 1, number: 2, days: { '2026-11-23': 2 } })
  const { quality } = look(null, 6)
  expect(quality.week.flows.transit).toBe(42)
  expect(quality.files[0]!.exporters).toHaveLength(1)
})

test('a part is read once; what is remembered of it is what it holds', () => {
  const files = [0, 1].map((at) => ({ ...SOUND, quality: { exporters: ROUTER, warnings: [`w${at}`] } }))
  store(config, ...files.map((file, at) => part(at, file)))
  look(null, 2)
  store(config, part(3, { ...SOUND, complete: false }))
  const { path } = listParts(config.data, '2026-11-23')[0]!
  const whole = readFileSync(path)
  writeFileSync(path, 'rot')
  const { quality } = look(null, 4)
  expect(quality.files.map(({ warnings }) => warnings.first)).toEqual([['w0'], ['w1'], []])
  rmSync(join(config.site.dir, 'archive'), { recursive: true })
  expect(() => look(null, 4)).toThrow(DamagedPart)
  writeFileSync(path, whole)
  expect(look(null, 4).quality).toEqual(quality)
})
