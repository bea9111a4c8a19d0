import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config } from '../../ingest/config/schema.ts'
import { query } from '../../ingest/run/query.ts'
import { removeTree } from '../../ingest/store/files.ts'
import { newestSlot } from '../../ingest/store/part.ts'
import { readIndex, writeIndex } from '../../ingest/store/series-index.ts'
import { readAssets } from '../../site/assets.ts'
import { buildSite } from '../../site/build.ts'
import { archivePath } from '../../site/links.ts'
import { monthNamed, monthsBetween } from '../../site/months.ts'
import { reportsPage } from '../../site/pages/reports.ts'
import { createSite } from '../../site/pages/site.ts'
import { statementPages } from '../../site/pages/statement.ts'
import { filesOf, renderPages } from '../../site/render.ts'
import { freezeReports } from '../../site/report-pages.ts'
import { planReports } from '../../site/reports.ts'
import { linkedFiles } from '../../site/validate.ts'
import { writeFiles } from '../../site/write.ts'
import { configOf, DAY, part, store } from './stored.ts'

vi.setConfig({ testTimeout: 60_000 })

const TEMPLATES = new URL('../../templates', import.meta.url).pathname
const FRAME = { siteTitle: 'Test', root: '/', menu: [], assets: readAssets(TEMPLATES).assets }

/** Brings statements up to date as a build does, without the rest of the site. What it shows lies in `current`. */
async function state(config: Config): Promise<void> {
  const { dir } = config.site
  const site = createSite(config)
  const plan = planReports(site, join(dir, 'archive/reports'), newestSlot(config.data))
  await freezeReports(TEMPLATES, dir, plan, FRAME)
  const pages = [reportsPage(site, plan.reports), ...statementPages(plan.reports, ({ isFrozen }) => !isFrozen)]
  const html = await renderPages(
    TEMPLATES,
    pages.map((page) => ({ page, frame: FRAME })),
  )
  removeTree(join(dir, 'current'))
  const files = pages.flatMap((page) => filesOf(page, html))
  await writeFiles(
    files.map(({ path, text }) => ({ path: join(dir, 'current', path), text })),
    1,
  )
}

/** What a visitor gets: of a frozen month what lies in the archive. */
function read({ site: { dir } }: Config, file: string): string {
  const shown = join(dir, 'current', file)
  return readFileSync(existsSync(shown) ? shown : join(dir, archivePath(file)!), 'utf8')
}
const json = (config: Config, month: string) => JSON.parse(read(config, `reports/${month}/statement.json`))
/** A row of a table that begins with a label, as text. */
const row = (html: string, label: string) =>
  html
    .split('<tr')
    .map((text) => text.replace(/^[^>]*>/, '').replaceAll(/<[^>]+>/g, '|'))
    .find((text) => text.replace(/^\|+/, '').startsWith(label))
    ?.split(/\|+/)
    .filter((text) => text.trim() !== '')

/** Which slot, counted as `part` does, begins at a moment. */
const slot = (iso: string) => (Date.parse(iso) / 1000 - DAY) / 300

/** A flow file an hour, from a moment on; the first has 3,000 octets in, each next 3,000 more. */
function hourly(from: string, count: number, changes: object = {}) {
  return Array.from({ length: count }, (_, hour) =>
    part(slot(from) + hour * 12, { http: [3000 * (hour + 1), 300], dns: [1000, 2000], ...changes }),
  )
}

describe('months', () => {
  test.each([
    { zone: 'UTC', name: '2026-10', from: '2026-10-01T00:00:00Z', hours: 744 },
    { zone: 'Europe/Vienna', name: '2026-10', from: '2026-09-30T22:00:00Z', hours: 745 },
    { zone: 'Europe/Vienna', name: '2026-03', from: '2026-02-28T23:00:00Z', hours: 743 },
    { zone: 'America/St_Johns', name: '2026-03', from: '2026-03-01T03:30:00Z', hours: 743 },
    { zone: 'America/St_Johns', name: '2026-11', from: '2026-11-01T02:30:00Z', hours: 721 },
    // Its clocks change by half an hour.
    { zone: 'Australia/Lord_Howe', name: '2026-10', from: '2026-09-30T13:30:00Z', hours: 743.5 },
    { zone: 'Australia/Lord_Howe', name: '2026-04', from: '2026-03-31T13:00:00Z', hours: 720.5 },
  ])('$name of $zone has $hours hours', ({ zone, name, from, hours }) => {
    const month = monthNamed(name, zone)
    expect(new Date(month.from * 1000).toISOString()).toBe(from.replace('Z', '.000Z'))
    expect((month.to - month.from) / 3600).toBe(hours)
  })

  test.each(['UTC', 'Europe/Vienna', 'America/St_Johns', 'Australia/Lord_Howe', 'Africa/Cairo', 'America/Asuncion'])(
    'of %s follow each other without a gap for thirty years',
    (zone) => {
      const months = monthsBetween(Date.UTC(2000, 0, 15) / 1000, Date.UTC(2030, 0, 15) / 1000, zone)
      expect(months).toHaveLength(361)
      for (const [at, { from }] of months.entries()) if (at > 0) expect(from).toBe(months[at - 1]!.to)
      expect(new Set(months.map(({ name }) => name)).size).toBe(361)
    },
  )
})

let config: Config
beforeEach(() => {
  config = configOf({ site: { timeZone: 'Europe/Vienna' } })
})

/** Retention has come to a day. */
function keepSince(day: string): void {
  writeIndex(config.data, { days: readIndex(config.data).days, since: { '5m': day } })
}

describe('the statement of a month', () => {
  test('that is not over says up to when it goes, and what moved until then', async () => {
    store(config, ...hourly('2026-11-01T08:00:00Z', 41))
    // As a run leaves it: nothing is as old as that.
    keepSince('2025-09-29')
    await state(config)
    const html = read(config, 'reports/2026-11/index.html')
    expect(html).toContain('The month is not over: until <time datetime="2026-11-03T00:00:00Z"')
    const found = json(config, '2026-11')
    expect(found).toMatchObject({
      from: '2026-10-31T23:00:00Z',
      to: '2026-11-30T23:00:00Z',
      until: '2026-11-03T00:00:00Z',
      frozen: null,
      since: '2026-11-01T08:00:00Z',
      slots: { expected: 40 * 12, known: 40 },
    })
    expect(html).toContain('Counted since <time datetime="2026-11-01T08:00:00Z"')
    // 3,000 × (1 + … + 40), and 1,000 in each of forty slots; of forty slots the two busiest are left out.
    expect(found.total.in).toEqual({
      octets: 2_460_000 + 40_000,
      packets: 2500,
      flows: 250,
      max: 121_000,
      maxAt: '2026-11-02T23:00:00Z',
      percentile95: 3000 * 38 + 1000,
    })
    expect(found.total.out.octets).toBe(40 * 2300)
    expect(row(html, 'Campus')).toEqual([
      'Campus',
      // Of what moved each way, each by itself: there is nothing but of this network.
      ...['2.50\u202fMB', '2,500,000', '100\u202f%', '92.0\u202fkB', '92,000', '100\u202f%'],
      // Over the 200 minutes that were measured.
      ...['1.67\u202fk', '61'],
      ...['3.23\u202fk', '3 Nov, 00:00 CET', '61', '1 Nov, 09:00 CET'],
      ...['3.07\u202fk', '61'],
    ])
    expect(html).toContain('40 of 480 slots since 1 Nov<')
    // 2,460,000 of the 2,500,000 that came in, 12,000 of the 92,000 that went out.
    expect(row(html, 'Web')?.slice(1, 7)).toEqual([
      ...['2.46\u202fMB', '2,460,000', '98.4\u202f%', '12.0\u202fkB', '12,000', '13.0\u202f%'],
    ])
    expect(row(html, 'Lab')).toBeUndefined()
    expect(html).toContain('Nothing seen of: Lab, Dorm.')
    expect(html).toContain('⌈0.95 × 40⌉ = 38, so that the 2 busiest are left out')
    expect(html).toContain('Slots measured: 40 of 480 slots of five minutes since the first flow file.')
    expect(row(read(config, 'reports/index.html'), 'November 2026')).toContain('40 of 480 since 1 Nov 2026')
    expect(row(html.slice(html.indexOf('id="by-campus"')), 'Web')?.slice(1)).toEqual([
      ...['2.46\u202fMB', '2,460,000', '12.0\u202fkB', '12,000'],
      '95.4\u202f%',
    ])

    // Had there been earlier ones, they would have faded.
    keepSince('2026-11-01')
    store(config, ...hourly('2026-11-03T01:00:00Z', 1))
    await state(config)
    expect(json(config, '2026-11')).toMatchObject({ since: null })
  })

  test('counts slots as missing from the first flow file on, however late that comes', async () => {
    store(config, ...hourly('2026-11-01T08:00:00Z', 41))
    await state(config)
    store(config, ...hourly('2026-11-01T07:00:00Z', 1))
    await state(config)
    expect(json(config, '2026-11')).toMatchObject({
      since: '2026-11-01T07:00:00Z',
      slots: { expected: 41 * 12, known: 41 },
    })
    store(config, ...hourly('2026-10-20T08:00:00Z', 1))
    await state(config)
    expect(json(config, '2026-11')).toMatchObject({ since: null, slots: { expected: 49 * 12, known: 41 } })
    expect(read(config, 'reports/2026-11/index.html')).not.toContain('Counted since')
  })

  test('tells the same as the series, as JSON and as CSV', async () => {
    store(config, ...hourly('2026-10-30T20:00:00Z', 60))
    await state(config)
    for (const month of ['2026-10', '2026-11']) {
      const { from, until, network, service } = { ...json(config, month), ...json(config, month).dimensions }
      const csv = read(config, `reports/${month}/statement.csv`).trim().split('\r\n')
      for (const [what, rows] of Object.entries({ network, service }) as [
        string,
        { id: string; in: object; out: object }[],
      ][]) {
        const { series } = query(config, { what, from, to: until, step: '5m' })
        for (const { id, in: inward, out } of rows) {
          const sum = (way: 'in' | 'out', measure: 'octets' | 'packets' | 'flows') =>
            series[id]![way][measure].reduce<number>((all, each) => all + Number(each ?? 0), 0)
          for (const [way, told] of [
            ['in', inward],
            ['out', out],
          ] as const)
            expect(told, `${month} ${what} ${id}`).toMatchObject({
              octets: sum(way, 'octets'),
              packets: sum(way, 'packets'),
              flows: sum(way, 'flows'),
            })
          const line = csv.find((each) => each.startsWith(`${month},${what},${id},`) && each.split(',')[4] === '')!
          expect(line.split(',').slice(6, 9)).toEqual(
            [sum('in', 'octets'), sum('in', 'packets'), sum('in', 'flows')].map(String),
          )
        }
      }
    }
  })

  test('goes on with every hour, not with every slot, and is the same as if made at once', async () => {
    const files = hourly('2026-11-01T08:00:00Z', 150)
    store(config, ...files.slice(0, 100))
    await state(config)
    const before = read(config, 'reports/2026-11/statement.json')
    store(config, part(slot('2026-11-05T11:55:00Z') - 1, { http: [5, 5] }))
    await state(config)
    expect(read(config, 'reports/2026-11/statement.json')).toBe(before)
    for (const [from, to] of [
      [100, 101],
      [101, 119],
      [119, 150],
    ]) {
      store(config, ...files.slice(from, to))
      await state(config)
    }
    const other = configOf({ site: { timeZone: 'Europe/Vienna' } })
    store(other, ...files, part(slot('2026-11-05T11:55:00Z') - 1, { http: [5, 5] }))
    await state(other)
    expect(read(config, 'reports/2026-11/statement.json')).toBe(read(other, 'reports/2026-11/statement.json'))
    expect(read(config, 'reports/2026-11/statement.json')).not.toBe(before)
  })

  test('counts a late file in, wherever in the open month it belongs', async () => {
    store(config, ...hourly('2026-11-01T08:00:00Z', 150))
    await state(config)
    const before = json(config, '2026-11')
    store(config, part(slot('2026-11-01T08:05:00Z'), { http: [7, 0] }))
    await state(config)
    const now = json(config, '2026-11')
    expect(now.total.in.octets).toBe(before.total.in.octets + 7)
    expect(now.slots.known).toBe(before.slots.known + 1)
  })

  test('tells of a member that the config did not always have how long it had it', async () => {
    const hours = hourly('2026-11-01T08:00:00Z', 41)
    const counted = (at: number) => (at < 30 ? ['service/http'] : ['service/http', 'service/dns'])
    const dns = (at: number) => (at < 30 ? {} : { dns: [1000, 2000] as const })
    store(
      config,
      ...hours.map((_, at) =>
        part(slot('2026-11-01T08:00:00Z') + at * 12, { http: [3000, 300], ...dns(at), counted: counted(at) }),
      ),
    )
    await state(config)
    const html = read(config, 'reports/2026-11/index.html')
    const services: { id: string; slotsKnown: number; in: object }[] = json(config, '2026-11').dimensions.service
    expect(services.find(({ id }) => id === 'http')).toMatchObject({ slotsKnown: 40, in: { octets: 120_000 } })
    expect(services.find(({ id }) => id === 'dns')).toMatchObject({
      slotsKnown: 10,
      in: { octets: 10_000, percentile95: 1000 },
    })
    expect(row(html, 'DNS')?.slice(0, 3)).toEqual(['DNS', 'counted in 10 of 40 slots', '10.0\u202fkB'])
    expect(html).toContain('Not in the config while this was counted: ')
  })

  test('does not tell of a month before the first flow file', async () => {
    store(config, ...hourly('2026-11-01T08:00:00Z', 3))
    await state(config)
    expect(readdirSync(join(config.site.dir, 'current', 'reports'))).toEqual(['2026-11', 'index.html'])
  })

  test('without any data the list says what to do', async () => {
    await state(config)
    expect(read(config, 'reports/index.html')).toContain('Nothing has been ingested yet.')
  })
})

describe('a month that is over', () => {
  /** Its last hour is that of 22:00 UTC; the day in which its long flows may still end is over a day later, at midnight; a day of quiet follows. */
  const OCTOBER = hourly('2026-10-31T13:00:00Z', 10)
  const frozenPage = (of: Config) => readFileSync(join(of.site.dir, 'archive/reports/2026-10/index.html'), 'utf8')

  async function freeze() {
    store(config, ...OCTOBER, part(slot('2026-11-01T23:55:00Z'), { http: [1, 1] }))
    await state(config)
    store(config, part(slot('2026-11-02T23:55:00Z'), { http: [1, 1] }))
    await state(config)
  }

  test('is frozen when nothing but late files can be missing and none came for a day, not before', async () => {
    const isFrozen = () => existsSync(join(config.site.dir, 'archive/reports/2026-10'))
    const slotAt = (iso: string) => store(config, part(slot(iso), { http: [1, 1] }))
    store(config, ...OCTOBER)
    // The last slot before the day's end, and a day later: then the figures may still have changed with the day.
    for (const iso of ['2026-11-01T23:50:00Z', '2026-11-01T23:55:00Z', '2026-11-02T23:50:00Z']) {
      slotAt(iso)
      await state(config)
      expect(isFrozen(), iso).toBe(false)
      expect(read(config, 'reports/2026-10/index.html')).toContain('The month is over, but not frozen yet')
    }
    // Somebody feeds old flow files: another day of quiet.
    store(config, part(slot('2026-10-31T13:10:00Z'), { http: [25, 0] }))
    slotAt('2026-11-02T23:55:00Z')
    await state(config)
    slotAt('2026-11-03T23:50:00Z')
    await state(config)
    expect(isFrozen()).toBe(false)
    slotAt('2026-11-03T23:55:00Z')
    await state(config)
    const html = read(config, 'reports/2026-10/index.html')
    expect(html).toContain('This statement is frozen')
    expect(html).toMatch(/flow files up to <time datetime="2026-11-04T00:00:00Z"/)
    expect(frozenPage(config)).toBe(html)
    expect(json(config, '2026-10')).toMatchObject({
      frozen: '2026-11-04T00:00:00Z',
      until: '2026-10-31T23:00:00Z',
      total: { in: { octets: 175_025 } },
    })
    const tallies = readdirSync(join(config.site.dir, 'archive/reports')).filter((name) => /10.tally/.test(name))
    expect(tallies).toEqual([])
  })

  test('a late file changes neither page nor files of it; the list tells what they would be now', async () => {
    await freeze()
    const files = ['index.html', 'statement.csv', 'statement.json']
    const before = files.map((file) => read(config, `reports/2026-10/${file}`))
    expect(read(config, 'reports/index.html')).not.toContain('its data have changed')
    store(config, part(slot('2026-10-31T13:05:00Z'), { http: [12_345, 0] }))
    await state(config)
    expect(files.map((file) => read(config, `reports/2026-10/${file}`))).toEqual(before)
    const list = read(config, 'reports/index.html')
    expect(list).toContain('its data have changed')
    // 3,000 × (1 + … + 10) and 1,000 each of ten slots; then one more.
    expect(list).toContain('in 187,345 bytes instead of 175,000')
    expect(list).toContain('slots measured 11 instead of 10')
  })

  test('late flows that only a member sees are told, too', async () => {
    await freeze()
    store(config, part(slot('2026-10-31T13:00:00Z'), { transit: 5 }))
    await state(config)
    expect(read(config, 'reports/index.html')).not.toContain('its data have changed')
    const late = part(slot('2026-10-31T13:00:00Z'), { file: 1 })
    const web = OCTOBER[0]!.slots[0]!.cells['service/http']!
    store(config, { ...late, slots: [{ slot: late.slot, cells: { 'service/dns': web } }] })
    await state(config)
    expect(read(config, 'reports/index.html')).toContain('the totals are the same, but not those of every member')
  })

  test('its page is made again as it was when it was lost', async () => {
    await freeze()
    const before = frozenPage(config)
    rmSync(join(config.site.dir, 'archive/reports/2026-10/index.html'))
    store(config, part(slot('2026-10-31T13:05:00Z'), { http: [12_345, 0] }))
    await state(config)
    expect(frozenPage(config)).toBe(before)
  })

  test('its page stays when what is kept beside it is damaged, and the list says so', async () => {
    await freeze()
    const before = frozenPage(config)
    for (const name of ['2026-10.json.gz', '2026-10.statement.json.gz'])
      writeFileSync(join(config.site.dir, 'archive/reports', name), 'damaged')
    await state(config)
    expect(read(config, 'reports/2026-10/index.html')).toBe(before)
    expect(read(config, 'reports/index.html')).toContain('What is kept beside its page cannot be read; the page stays.')
  })

  test('stays when its data have faded, and when they have all gone', async () => {
    await freeze()
    const before = frozenPage(config)
    const index = readIndex(config.data)
    removeTree(join(config.data, 'series/5m/2026-10-31.json.gz'))
    writeIndex(config.data, {
      days: Object.fromEntries(Object.entries(index.days).filter(([day]) => day > '2026-10-31')),
      since: { '5m': '2026-11-01' },
    })
    await state(config)
    expect(read(config, 'reports/2026-10/index.html')).toBe(before)
    expect(read(config, 'reports/index.html')).not.toContain('its data have changed')
    removeTree(config.data)
    await state(config)
    expect(read(config, 'reports/2026-10/index.html')).toBe(before)
    expect(read(config, 'reports/index.html')).toContain('October 2026')
  })

  test('that nobody stated before its five minutes faded tells all but the 95th percentile', async () => {
    store(config, ...OCTOBER, part(slot('2026-11-03T23:55:00Z'), { http: [1, 1] }))
    const { days } = readIndex(config.data)
    writeIndex(config.data, { days, since: { '5m': '2026-10-31' } })
    await state(config)
    const html = read(config, 'reports/2026-10/index.html')
    expect(html).toContain('from values of 30 minutes: its 95th percentile cannot be told')
    expect(json(config, '2026-10')).toMatchObject({
      stepSeconds: 1800,
      slots: { known: 10 },
      total: { in: { octets: 175_000, max: 31_000, maxAt: '2026-10-31T22:00:00Z', percentile95: null } },
    })
  })

  test('a build that was killed before it wrote down what it froze freezes the same again', async () => {
    store(config, ...OCTOBER, part(slot('2026-11-01T23:55:00Z'), { http: [1, 1] }))
    await state(config)
    const records = ['2026-10.json.gz', '2026-10.statement.json.gz'].map((name) => {
      const path = join(config.site.dir, 'archive/reports', name)
      return [path, readFileSync(path)] as const
    })
    store(config, part(slot('2026-11-02T23:55:00Z'), { http: [1, 1] }))
    await state(config)
    const before = frozenPage(config)
    for (const [path, bytes] of records) writeFileSync(path, bytes)
    await state(config)
    expect(frozenPage(config)).toBe(before)
  })

  test('is part of every release: under its address, and no link of it leads nowhere', async () => {
    await freeze()
    removeTree(join(config.site.dir, 'current'))
    await buildSite(config)
    const current = join(config.site.dir, 'current')
    expect(readFileSync(join(current, 'reports/2026-10/index.html'), 'utf8')).toBe(frozenPage(config))
    const { rendered } = await buildSite(config)
    expect(rendered).toBe(0)
    const files = linkedFiles('reports/2026-10/', frozenPage(config))
    expect(files).toEqual(expect.arrayContaining(['reports/index.html', 'reports/2026-11/index.html']))
    expect(files.filter((file) => !existsSync(join(current, file)))).toEqual([])
    expect(readFileSync(join(current, 'reports/index.html'), 'utf8')).toContain('href="2026-10/statement.csv"')
  })
})

test('labels of members are text, in the statement and its files', async () => {
  const label = '=1+1"<script>alert(1)</script>{{ 7 * 7 }}'
  config = configOf({ networks: { campus: { label, prefixes: '192.0.2.0/25' } } })
  store(config, ...hourly('2026-11-01T08:00:00Z', 3))
  await state(config)
  const html = read(config, 'reports/2026-11/index.html')
  expect(html).not.toContain('<script>alert')
  expect(html).toContain('{{ 7 * 7 }}')
  expect(json(config, '2026-11').dimensions.network[0].label).toBe(label)
  expect(read(config, 'reports/2026-11/statement.csv')).toContain(`2026-11,network,campus,"'=1+1""<script>`)
})
