import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { parseConfig } from '../../ingest/config/load.ts'
import type { Config } from '../../ingest/config/schema.ts'
import { STEPS, type StepName } from '../../ingest/model/time.ts'
import { seriesPath } from '../../ingest/store/derive.ts'
import { readJson } from '../../ingest/store/files.ts'
import { packedTable } from '../../ingest/store/packed-table.ts'
import { listWindows, readIndex, writeIndex } from '../../ingest/store/series-index.ts'
import type { TableJson } from '../../ingest/store/series-table.ts'
import { buildSite } from '../../site/build.ts'
import { windowFiles } from '../../site/data/window.ts'
import { readCatalog, readWindow, versionOf, versionsOnDisk } from './published.ts'
import { CONFIG, configOf, DAY, part, store } from './stored.ts'

vi.setConfig({ testTimeout: 60_000 })

const STEP_NAMES = Object.keys(STEPS) as StepName[]
const HOURS = 3600_000
const slot = (at: number, more = {}) => part(at, { http: [3000 + at, 300], dns: [750, 750], ...more })
/** Of an hour and a half before midnight and ten minutes after it. */
const NIGHT = Array.from({ length: 20 }, (_, at) => slot(270 + at))

let config: Config
beforeEach(() => {
  config = configOf()
})

describe('what is published', () => {
  test('is what is stored: every value of every cell of every window', async () => {
    store(config, ...NIGHT, slot(290, { lost: 3, transit: 5, implausible: 1 }))
    await buildSite(config)
    const { end, resolutions } = readCatalog(config)
    expect(end).toBe(DAY + 291 * 300)
    for (const step of STEP_NAMES) {
      expect(Object.keys(resolutions[step].windows)).toEqual(listWindows(config.data, step))
      for (const window of listWindows(config.data, step)) {
        const stored = readJson(seriesPath(config.data, step, window))!.value as TableJson
        const published = readWindow(config, step, window)
        expect(published).toMatchObject({
          from: Date.parse(stored.from) / 1000,
          step: STEPS[step],
          points: stored.points,
        })
        const over = Math.floor((end! - published.from) / published.step)
        expect(published.known).toEqual(stored.known.map((seconds, point) => (point < over ? seconds : 0)))
        expect(Object.keys(published.cells).length).toBe(over <= 0 ? 0 : Object.keys(stored.cells).length)
        for (const [cell, ways] of Object.entries(published.cells))
          for (const [way, series] of Object.entries(ways)) {
            const all = stored.cells[cell]![way as 'in']!
            const length = Math.min(all.octets.length, over - all.at)
            expect(series).toEqual({ ...cut(all, length), at: all.at, ...(all.max && { max: cut(all.max, length) }) })
          }
      }
    }
    expect(readWindow(config, '5m', '2026-11-24').quality).toMatchObject({ implausible: [0, 0, 1, ...zeros(285)] })
    expect(readWindow(config, '5m', '2026-11-24').cells.total).toHaveProperty('transit.octets', [5])
  })

  test('a point that is not over is unknown, at every resolution', async () => {
    // Half an hour and ten minutes.
    store(config, ...[0, 1, 2, 3, 4, 5, 6, 7].map((at) => slot(at)))
    await buildSite(config)
    expect(readWindow(config, '5m', '2026-11-23').known.slice(0, 10)).toEqual([...new Array(8).fill(300), 0, 0])
    const half = readWindow(config, '30m', '2026-11-23')
    expect(half.known.slice(0, 3)).toEqual([1800, 0, 0])
    // 3,000 to 3,005 of http, 750 of dns.
    expect(half.cells.total!.in).toMatchObject({ at: 0, octets: [22_515], max: { octets: [3755] } })
    expect(readWindow(config, '2h', '2026-11').cells).toEqual({})
  })

  test('numbers that no double holds stay as they are', async () => {
    const huge = 9_007_199_254_740_993n
    const enormous = part(0, {})
    const total = { in: [huge, 1, 1], out: [5, 1, 1] } as const
    store(config, { ...enormous, slots: [{ slot: DAY, cells: { total, 'service/http': total } }] })
    await buildSite(config)
    expect(readWindow(config, '5m', '2026-11-23').cells).toEqual({
      total: { in: { at: 0, octets: [huge.toString()], packets: [1], flows: [1] }, out: expect.anything() },
      'service/http': expect.objectContaining({ in: expect.objectContaining({ octets: [huge.toString()] }) }),
    })
  })

  test('the catalog names dimensions, members and pairs; labels are text in it and nowhere else', async () => {
    const EVIL = '</script><script>alert(1)</script>"../../x'
    config = configOf({ services: { http: { label: EVIL, ports: '80/tcp' }, dns: { label: 'DNS', ports: '53/udp' } } })
    store(config, slot(0))
    await buildSite(config)
    const { dimensions, pairs, title, timeZone } = readCatalog(config)
    expect({ title, timeZone }).toEqual({ title: 'Test University', timeZone: 'UTC' })
    expect(dimensions.map(({ name, overlap }) => [name, overlap])).toContainEqual(['network', true])
    expect(dimensions.map(({ name, overlap }) => [name, overlap])).toContainEqual(['service', false])
    expect(dimensions.find(({ name }) => name === 'service')!.members).toEqual([
      { id: 'http', label: EVIL, color: expect.any(String) },
      { id: 'dns', label: 'DNS', color: expect.any(String) },
      { id: 'other', label: 'other', color: expect.any(String) },
    ])
    expect(pairs).toContainEqual(['network', 'service'])
    const files = readdirSync(join(config.site.dir, 'data'), { recursive: true }) as string[]
    expect(
      files.filter(
        (name) =>
          !/^(record\.json\.gz|(5m|30m|2h|1d)(\/[0-9-]+-[0-9a-f]{16}(\/[a-z,]+(-\d+)?\.json\.gz)?)?)$/.test(name),
      ),
    ).toEqual([])
    for (const file of Object.keys(versionsOnDisk(config)))
      expect(gunzipSync(readFileSync(join(config.site.dir, 'data', file, 'index.json.gz'))).toString()).not.toContain(
        'alert',
      )
  })

  test('many members lie in files of a hundred, each found by its first', () => {
    const ids = Array.from({ length: 250 }, (_, at) => `network/net-${String(at).padStart(3, '0')}`)
    const cells = {
      groups: ['total', 'network'],
      wants: () => true,
      rename: (cell: string) => cell,
      countedToday: (names: readonly string[]) => [...names],
      key: '',
    }
    const table: TableJson = {
      step: '5m',
      from: '2026-11-23T00:00:00Z',
      points: 288,
      known: [300, ...zeros(287)],
      cells: Object.fromEntries(
        ids.map((id, at) => [id, { in: { at: 0, octets: [at + 1], packets: [1], flows: [1] } }]),
      ),
    }
    const stored = packedTable(Buffer.from(JSON.stringify(table)))
    const published = [...windowFiles(stored, { ...cells, groupOf: (cell) => cell.split('/')[0]! }, DAY + 300)]
    const files = new Map(published.map(({ name, text }) => [name, JSON.parse(text)]))
    expect([...files.keys()]).toEqual(['network-0', 'network-1', 'network-2', 'index'])
    expect(files.get('index').chunks).toEqual({ network: [ids[0], ids[100], ids[200]] })
    const lengths = [0, 1, 2].map((at) => Object.keys(files.get(`network-${at}`).cells).length)
    expect(lengths).toEqual([100, 100, 50])
  })

  test('the same stored windows have the same bytes as ever: their hashes stay', async () => {
    store(config, ...NIGHT, slot(290, { lost: 3, transit: 5, implausible: 1 }))
    await buildSite(config)
    const { resolutions } = readCatalog(config)
    expect(STEP_NAMES.map((step) => resolutions[step].windows)).toEqual([
      { '2026-11-23': '6b9ecdc758239951', '2026-11-24': 'd78d411c0ec39cc0' },
      { '2026-11-23': '25d71f14f682d31f', '2026-11-24': 'd8e704d43c164167' },
      { '2026-11': 'ee9c2dc5434c6b12' },
      { '2026': '75a526b52da3d1e1' },
    ])
  })

  test('nothing stored: a catalog without windows', async () => {
    await buildSite(config)
    const { end, resolutions } = readCatalog(config)
    expect([end, ...STEP_NAMES.map((step) => resolutions[step].windows)]).toEqual([null, {}, {}, {}, {}])
  })

  test('the same data elsewhere give the same names, whatever the clock', async () => {
    const other = configOf()
    for (const [each, now] of [
      [config, Date.now()],
      [other, 0],
    ] as const) {
      store(each, ...NIGHT)
      await buildSite(each, { now: () => now })
    }
    expect(readCatalog(other)).toEqual(readCatalog(config))
  })
})

describe('building again', () => {
  test('nothing new: no series is read that no page needs, and nothing written', async () => {
    store(config, slot(-864), ...NIGHT)
    const unneeded = STEP_NAMES.flatMap((step) =>
      listWindows(config.data, step)
        .filter((window) => step !== '5m' || window < '2026-11-23')
        .map((window) => seriesPath(config.data, step, window)),
    )
    for (const path of unneeded) utimesSync(path, 1000, 1000)
    await buildSite(config)
    const before = versionsOnDisk(config)
    // In place, at the same time: a build that read it would fail.
    for (const path of unneeded) {
      writeFileSync(path, 'spoiled', { flag: 'r+' })
      utimesSync(path, 1000, 1000)
    }
    await buildSite(config)
    expect(versionsOnDisk(config)).toEqual(before)
    expect(unneeded).toHaveLength(6)
  })

  test('a slot that is new: its day, and no coarser window before a point of it is over', async () => {
    store(config, ...[0, 1, 2, 3, 4, 5].map((at) => slot(at)))
    await buildSite(config)
    const written = async (...slots: number[]) => {
      const before = versionsOnDisk(config)
      store(config, ...slots.map((at) => slot(at)))
      await buildSite(config)
      return Object.keys(versionsOnDisk(config)).filter((version) => before[version] === undefined)
    }
    expect(await written(6)).toEqual([expect.stringMatching(/^5m\/2026-11-23-/)])
    expect(await written(7, 8, 9, 10, 11)).toEqual([
      expect.stringMatching(/^30m\/2026-11-23-/),
      expect.stringMatching(/^5m\/2026-11-23-/),
    ])
  })

  test('a late file: the windows it is in, and no other', async () => {
    store(config, ...[-288, -287, 0, 1, 288, 289, 576].map((at) => slot(at)))
    await buildSite(config)
    const before = readCatalog(config).resolutions
    const inodes = versionsOnDisk(config)
    store(config, slot(2, { file: 1 }))
    await buildSite(config)
    const after = readCatalog(config).resolutions
    const changed = STEP_NAMES.flatMap((step) =>
      Object.keys(after[step].windows)
        .filter((window) => after[step].windows[window] !== before[step].windows[window])
        .map((window) => `${step}/${window}`),
    )
    expect(changed).toEqual(['5m/2026-11-23', '30m/2026-11-23', '2h/2026-11', '1d/2026'])
    expect(readWindow(config, '1d', '2026').cells['service/dns']!.in!.octets).toEqual([1500, 2250, 1500])
    for (const [version, inode] of Object.entries(versionsOnDisk(config)))
      expect(inodes[version] ?? inode, version).toBe(inode)
  })

  test('an id that changed has the history of both; a member that was removed is not published', async () => {
    store(config, ...NIGHT)
    await buildSite(config)
    const changed = { ...config, ...reconfigured({ web: { label: 'Web', ports: '80/tcp', formerly: ['http'] } }) }
    const now = part(290, {})
    store(changed, { ...now, slots: [{ slot: now.slot, cells: { 'service/web': { in: [7, 1, 1] } } }] })
    await buildSite(changed)
    const { cells } = readWindow(config, '5m', '2026-11-24')
    expect(cells['service/web']!.in!.octets).toEqual([3288, 3289, 7])
    expect(Object.keys(cells).filter((cell) => /http|dns/.test(cell))).toEqual([])
    expect(
      readCatalog(config)
        .dimensions.find(({ name }) => name === 'service')!
        .members.map(({ id }) => id),
    ).toEqual(['web', 'other'])
    expect(readWindow(config, '5m', '2026-11-23').cells).toHaveProperty(['service/web'])

    // Two that become one.
    const joined = { ...config, ...reconfigured({ all: { ports: '80/tcp', formerly: ['http', 'dns', 'web'] } }) }
    await buildSite(joined)
    const all = readWindow(config, '5m', '2026-11-24').cells
    expect(all['service/all']!.in!.octets).toEqual([4038, 4039, 7])
    expect(all['network/campus,service/all']!.in!.octets).toEqual([4038, 4039])
  })

  test('a window that faded from the store is named no more', async () => {
    store(config, slot(0), slot(288), slot(576))
    await buildSite(config)
    rmSync(seriesPath(config.data, '5m', '2026-11-23'))
    writeIndex(config.data, { ...readIndex(config.data), since: { '5m': '2026-11-24' } })
    await buildSite(config)
    const { resolutions } = readCatalog(config)
    expect(Object.keys(resolutions['5m'].windows)).toEqual(['2026-11-24', '2026-11-25'])
    expect(Object.keys(resolutions['30m'].windows)).toEqual(['2026-11-23', '2026-11-24', '2026-11-25'])
  })
})

describe('what was replaced', () => {
  const fiveMinutes = () => Object.keys(versionsOnDisk(config)).filter((version) => version.startsWith('5m/'))
  /** Stores a slot and builds at a time of the clock. */
  const publish = async (at: number, now: number) => {
    store(config, slot(at))
    await buildSite(config, { now: () => now })
    return versionOf(config, '5m', '2026-11-23').split('/').at(-1)!
  }
  const isThere = (version: string) => fiveMinutes().includes(`5m/${version}`)

  test('stays for 24 hours, then goes', async () => {
    const names = [await publish(0, 0), await publish(1, HOURS), await publish(2, 2 * HOURS)]
    for (const [at, hours] of [3, 4, 5].entries()) await publish(3 + at, hours * HOURS)
    // The first was replaced at one o'clock.
    await publish(6, 25 * HOURS - 1)
    expect(names.map(isThere)).toEqual([true, true, true])
    await publish(7, 25 * HOURS)
    expect(names.map(isThere)).toEqual([false, true, true])
    expect(fiveMinutes()).toHaveLength(7)
  })

  test('a clock that jumps ahead takes nothing from releases that are kept', async () => {
    const names = [await publish(0, 0), await publish(1, 0), await publish(2, 0), await publish(3, 0)]
    await publish(4, 87_600 * HOURS)
    // Three releases are kept: this one and the two before.
    expect(names.map(isThere)).toEqual([false, false, true, true])
  })

  test('a clock that was ahead does not keep it for ever, nor lets it go before its time', async () => {
    const first = await publish(0, 0)
    await publish(1, 87_600 * HOURS)
    for (const at of [2, 3, 4]) await publish(at, at * HOURS)
    await publish(5, 25 * HOURS)
    expect(isThere(first)).toBe(true)
    await publish(6, 26 * HOURS)
    expect(isThere(first)).toBe(false)
  })

  test('content that comes back is a version like any other', async () => {
    const first = await publish(0, 0)
    const without = { ...config, services: config.services.slice(1) }
    for (const hours of [1, 2, 3]) await buildSite(without, { now: () => hours * HOURS })
    expect(versionOf(config, '5m', '2026-11-23').endsWith(first)).toBe(false)
    for (const hours of [4, 27, 28, 29, 30]) await buildSite(config, { now: () => hours * HOURS })
    expect(fiveMinutes()).toEqual([`5m/${first}`])
  })
})

describe('damage', () => {
  test('what a killed build can leave is gone after the next', async () => {
    store(config, slot(0))
    await buildSite(config)
    const left = join(config.site.dir, 'data/5m', `.tmp-${2 ** 22 + 1}-2026-11-23`)
    mkdirSync(left)
    writeFileSync(join(left, '.tmp-index.json.gz'), 'half')
    store(config, slot(1))
    await buildSite(config)
    expect(readdirSync(join(config.site.dir, 'data/5m')).filter((name) => name.startsWith('.'))).toEqual([])
  })

  test('without the record everything is found to be there', async () => {
    store(config, ...NIGHT)
    await buildSite(config)
    const before = versionsOnDisk(config)
    writeFileSync(join(config.site.dir, 'data/record.json.gz'), 'damaged')
    await buildSite(config)
    expect(versionsOnDisk(config)).toEqual(before)
  })

  test('in what no page shows: found when it is the turn of its window, and mended', async () => {
    store(config, ...NIGHT)
    await buildSite(config)
    const [bit, numbers] = (['5m', '30m'] as const).map((step) =>
      join(versionOf(config, step, '2026-11-23'), 'service-0.json.gz'),
    ) as [string, string]
    const before = [bit, numbers].map((path) => readFileSync(path))
    const bytes = readFileSync(bit)
    writeFileSync(bit, bytes.fill(bytes[40]! ^ 4, 40, 41))
    writeFileSync(numbers, gzipSync('{"cells":{}}'))
    const lines: string[] = []
    // Of both days at 5 and 30 minutes, of their month and of their year.
    for (let at = 290; at < 296; at++) {
      store(config, slot(at))
      await buildSite(config, { log: (line) => lines.push(line) })
    }
    expect([bit, numbers].map((path) => readFileSync(path))).toEqual(before)
    expect(lines.filter((line) => line.includes('damaged')).sort()).toEqual([
      expect.stringMatching(/^data\/30m\/2026-11-23-[0-9a-f]{16}: damaged on the disk; it is made anew/),
      expect.stringMatching(/^data\/5m\/2026-11-23-[0-9a-f]{16}: damaged on the disk; it is made anew/),
    ])
  })

  test.each([
    {
      name: 'other numbers',
      spoil: (text: string) => gzipSync(text.replace('4020', '4021')),
      told: /the total in is 4021 octets, on the pages 4020/,
    },
    { name: 'half a file', spoil: (text: string) => gzipSync(text).subarray(0, 60), told: /cannot be read/ },
  ])('$name where the pages show something else: refused, and made anew by the next build', async ({ spoil, told }) => {
    store(config, ...NIGHT)
    await buildSite(config)
    const before = readCatalog(config)
    const path = join(versionOf(config, '5m', '2026-11-23'), 'total-0.json.gz')
    const text = gunzipSync(readFileSync(path)).toString()
    writeFileSync(path, spoil(text))
    store(config, slot(290))
    await expect(buildSite(config)).rejects.toThrow(told)
    expect(readCatalog(config)).toEqual(before)
    await buildSite(config)
    expect(gunzipSync(readFileSync(path)).toString()).toBe(text)
    expect(readCatalog(config).end).toBe(before.end! + 300)
  })

  test('a version that has gone is made anew', async () => {
    store(config, ...NIGHT)
    await buildSite(config)
    const path = versionOf(config, '2h', '2026-11')
    rmSync(path, { recursive: true })
    await buildSite(config)
    expect(readWindow(config, '2h', '2026-11').cells).toHaveProperty('total')
  })
})

type Columns = { octets: (number | string)[]; packets: (number | string)[]; flows: (number | string)[] }

function cut({ octets, packets, flows }: Columns, length: number): Columns {
  return { octets: octets.slice(0, length), packets: packets.slice(0, length), flows: flows.slice(0, length) }
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0)
}

/** The services of a config, as they are when parsed. */
function reconfigured(services: object): Pick<Config, 'services'> {
  return { services: parseConfig({ ...CONFIG, services } as never, '/x/flowscan.config.ts').config.services }
}
