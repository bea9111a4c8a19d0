import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config } from '../../ingest/config/schema.ts'
import type { HostRow } from '../../ingest/model/part.ts'
import { derive } from '../../ingest/store/derive.ts'
import { commitPart, listParts } from '../../ingest/store/part.ts'
import { readIndex, writeIndex } from '../../ingest/store/series-index.ts'
import { buildSite } from '../../site/build.ts'
import { linkedFiles } from '../../site/validate.ts'
import { hashTree } from '../directory.ts'
import { readCatalog } from './published.ts'
import { configOf, part, store } from './stored.ts'

vi.setConfig({ testTimeout: 60_000 })

const read = (config: Config, file: string) => readFileSync(join(config.site.dir, 'current', file), 'utf8')
const has = (config: Config, file: string) => existsSync(join(config.site.dir, 'current', file))
const hosts = (...octets: number[]): HostRow[] =>
  octets.map((each, at) => [`192.0.2.${at + 1}`, each, each / 1000, 1, 0, 0, 0])

/** Twelve slots, of which the sixth has no flow file. */
const HOUR = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11].map((at) =>
  part(at, {
    http: [3000 * (at + 1), 300],
    dns: [750, 750],
    hosts: hosts(3000, 2000 + at, 1000),
    lost: at === 3 ? 7 : 0,
  }),
)

let config: Config
beforeEach(() => {
  config = configOf()
})

describe('a site', () => {
  test('has a page for everything, and no link that leads nowhere', async () => {
    store(config, ...HOUR)
    await buildSite(config)
    const files = listFiles(config)
    const pages = [...files].filter((file) => file.endsWith('.html'))
    const broken = pages.flatMap((page) =>
      linkedFiles(page.replace(/index\.html$/, ''), read(config, page)).filter((file) => !files.has(file)),
    )
    expect(broken).toEqual([])
    for (const page of [
      'index.html',
      'networks/index.html',
      'networks/campus/index.html',
      'networks/campus/year/index.html',
      'networks/campus/services/http/week/index.html',
      'networks/services/index.html',
      'routers/border/month/index.html',
      'total/index.html',
      'scoreboard/index.html',
      'scoreboard/overall/index.html',
      'scoreboard/archive/index.html',
      'scoreboard/2026/11/23/index.html',
      'scoreboard/2026/11/23/0055/index.html',
      'quality/index.html',
      'about/index.html',
      '404.html',
    ])
      expect(pages).toContain(page)
  })

  test('holds nothing inline: no script, no style, and only what its own server has', async () => {
    store(config, ...HOUR)
    await buildSite(config)
    for (const page of [...listFiles(config)].filter((file) => file.endsWith('.html'))) {
      const html = read(config, page)
      expect(html).not.toMatch(/\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)/i)
      expect(html).not.toMatch(/(?:href|src)="(?:https?:)?\/\//)
    }
  })

  test('shows the same numbers in chart files, tables and downloads', async () => {
    store(config, ...HOUR)
    await buildSite(config)
    const csv = read(config, 'networks/campus/bits.csv').trim().split('\r\n')
    const json = JSON.parse(read(config, 'networks/campus/bits.json'))
    expect(csv[0]).toBe('time,Web in (b/s),Web out (b/s),DNS in (b/s),DNS out (b/s),total in (b/s),total out (b/s)')
    expect(csv).toHaveLength(289)
    // 3,000 octets in five minutes are 80 b/s, 36,000 are 960, 750 are 20.
    expect(csv.at(-1)).toBe('2026-11-23T00:55:00Z,960,8,20,20,980,28')
    expect(csv.at(-7)).toBe('2026-11-23T00:25:00Z,,,,,,')
    expect(json.layers.map(({ id }: { id: string }) => id)).toEqual(['http', 'dns'])
    const columns = [json.layers[0].in, json.layers[0].out, json.layers[1].in, json.layers[1].out]
    const rows = csv.slice(1).map((line) =>
      line
        .split(',')
        .slice(1)
        .map((cell) => (cell === '' ? null : Number(cell))),
    )
    expect(rows.map((row) => row.slice(0, 4))).toEqual(rows.map((_, at) => columns.map((column) => column[at])))
    expect(read(config, 'networks/campus/services/http/bits.csv').split('\r\n')[0]).toBe(
      'time,"Campus, Web in (b/s)","Campus, Web out (b/s)",total in (b/s),total out (b/s)',
    )
    // Web in: 3,000 × (78 − 6) octets in eleven slots.
    expect(tableRow(read(config, 'networks/campus/index.html'), 'Web')).toEqual([
      '960',
      '8',
      '524',
      '8',
      '960',
      '8',
      '960',
      '8',
      '80',
      '8',
      '216 k',
      '3.30 k',
      '93.0 %',
    ])
  })

  test('a slot without a flow file is a gap, and said to be one', async () => {
    store(config, ...HOUR)
    await buildSite(config)
    const json = JSON.parse(read(config, 'services/http/bits.json'))
    expect(json.total.in.slice(-7, -5)).toEqual([null, 640 - 80])
    expect(read(config, 'services/http/index.html')).toContain('1 of 12 points of 5 minutes have no data')
    expect(read(config, 'index.html')).toContain('11 of 12 slots present since the first, ')
    expect(read(config, 'index.html')).toContain('7 flows lost by collectors')
  })

  test('flows in doubt are told with their numbers, where there are any', async () => {
    store(config, ...HOUR, part(13, { http: [100, 100], implausible: 1234 }), part(17, { implausible: 2 }))
    await buildSite(config)
    expect(read(config, 'index.html')).toContain('<a href="total/#quality">1,236 implausible</a>')
    for (const range of ['', 'week/']) {
      const html = read(config, `total/${range}index.html`)
      expect(html.match(/<tr><th scope="row">(implausible|lost)<.*/g)).toEqual([
        expect.stringMatching(/lost<\/th><td>7<\/td><td>7<\/td><td><time datetime="2026-11-23T00:..:00Z"/),
        expect.stringMatching(/implausible<\/th><td>1,236<\/td>.*2026-11-23T01:..:00Z.*left out/),
      ])
    }
    const { implausible, lost, skewed } = JSON.parse(read(config, 'total/quality.json'))
    expect([implausible.slice(-5), lost.slice(-15, -11), skewed]).toEqual([
      [1234, null, null, null, 2],
      [7, 0, null, 0],
      undefined,
    ])
    expect(read(config, 'total/quality.csv')).toMatch(/^time,lost \(flows\),implausible \(flows\)\r\n/)
    expect(read(config, 'total/quality.csv')).toContain('2026-11-23T01:05:00Z,0,1234\r\n')
    expect(has(config, 'networks/campus/quality.csv')).toBe(false)
  })

  test('where no flow is in doubt nothing is said of it', async () => {
    store(config, part(0, { http: [100, 100] }))
    await buildSite(config)
    expect(has(config, 'total/quality.csv')).toBe(false)
    expect(read(config, 'total/index.html')).not.toContain('Flows in doubt')
    expect(read(config, 'index.html')).not.toContain('#quality')
  })

  test('without any data it says what to do', async () => {
    const { rendered } = await buildSite(config)
    expect(rendered).toBeGreaterThan(20)
    for (const page of [
      'index.html',
      'networks/index.html',
      'networks/campus/year/index.html',
      'scoreboard/index.html',
    ])
      expect(read(config, page)).toContain('Nothing has been ingested yet')
  })

  test('a year without a complete day tells why it is empty', async () => {
    store(config, ...HOUR)
    await buildSite(config)
    expect(read(config, 'networks/campus/year/index.html')).toContain('No point of 1 day is complete yet')
  })
})

describe('building again', () => {
  test('nothing new: the same bytes, and no page is rendered', async () => {
    store(config, ...HOUR)
    const first = await buildSite(config)
    const before = hashTree(first.directory, '.')
    const second = await buildSite(config)
    expect(second).toMatchObject({ rendered: 0, kept: first.rendered, archived: 0 })
    expect(hashTree(second.directory, '.')).toEqual(before)
    const file = 'networks/campus/index.html'
    expect(statSync(join(second.directory, file)).ino).toBe(statSync(join(first.directory, file)).ino)
  })

  test('the same data elsewhere give the same bytes', async () => {
    const other = configOf()
    for (const each of [config, other]) {
      store(each, ...HOUR)
      await buildSite(each)
    }
    expect(hashTree(other.site.dir, 'current/', 'archive/2026-11-23')).toEqual(
      hashTree(config.site.dir, 'current/', 'archive/2026-11-23'),
    )
  })

  test('a new slot renders the day, and leaves the week', async () => {
    store(config, ...HOUR)
    const first = await buildSite(config)
    store(config, part(12, { http: [3000, 300], dns: [750, 750], hosts: hosts(1) }))
    const second = await buildSite(config)
    const inode = (directory: string, file: string) => statSync(join(directory, file)).ino
    expect(inode(second.directory, 'total/index.html')).not.toBe(inode(first.directory, 'total/index.html'))
    expect(inode(second.directory, 'total/week/index.html')).toBe(inode(first.directory, 'total/week/index.html'))
    expect(read(config, 'networks/campus/bits.csv').trim().split('\r\n').at(-1)).toMatch(/^2026-11-23T01:00:00Z,80,/)
  })

  test('what was before the first flow file is not missing, whenever an older one comes', async () => {
    store(config, ...HOUR)
    await buildSite(config)
    const page = () => read(config, 'services/http/index.html')
    expect(page()).toContain('flow files since <time datetime="2026-11-23T00:00:00Z"')
    store(config, part(-300, { http: [3000, 300] }))
    await buildSite(config)
    expect(page()).not.toContain('flow files since')
    expect(page()).toContain('277 of 288 points of 5 minutes have no data')
    expect(read(config, 'index.html')).toContain('11 of 288 slots present</span>')
  })

  test('a late file renders the week', async () => {
    store(config, ...HOUR)
    await buildSite(config)
    const before = read(config, 'total/week/bits.csv')
    store(config, part(5, { http: [3000, 300], hosts: hosts(9) }))
    await buildSite(config)
    expect(read(config, 'total/week/bits.csv')).not.toBe(before)
    expect(read(config, 'services/http/index.html')).not.toContain('have no data')
  })

  test('a label that changes shows', async () => {
    store(config, ...HOUR)
    await buildSite(config)
    const renamed = { ...config, services: config.services.map((each) => ({ ...each, label: `${each.label} new` })) }
    await buildSite(renamed)
    expect(read(config, 'networks/campus/year/index.html')).toContain('Web new')
  })

  test('keeps three releases and removes only its own', async () => {
    mkdirSync(join(config.site.dir, 'releases', '0'), { recursive: true })
    for (let at = 0; at < 5; at++) {
      store(config, part(at, { http: [3000, 300] }))
      await buildSite(config)
    }
    const releases = readdirSync(join(config.site.dir, 'releases')).sort()
    expect(releases).toEqual(['0', '3', '3.json.gz', '4', '4.json.gz', '5', '5.json.gz'])
    expect(readlinkSync(join(config.site.dir, 'current'))).toBe('releases/5')
  })

  test('case 108: who began with a release that has gone since reads on: open files to their end, and every address of its pages', async () => {
    store(config, ...HOUR)
    const { directory } = await buildSite(config)
    const pages = [...listFiles(config)].filter((file) => file.endsWith('.html'))
    const addresses = pages.flatMap((page) => linkedFiles(page.replace(/index\.html$/, ''), read(config, page)))
    const text = read(config, 'total/index.html')
    const open = openSync(join(directory, 'total/index.html'), 'r')
    for (let at = 12; at < 16; at++) {
      store(config, part(at, { http: [3000, 300], hosts: hosts(at) }))
      await buildSite(config)
      expect(addresses.filter((file) => !has(config, file))).toEqual([])
    }
    expect(existsSync(directory)).toBe(false)
    expect(read(config, 'total/index.html')).not.toBe(text)
    expect(readFileSync(open, 'utf8')).toBe(text)
    closeSync(open)
    expect(addresses.length).toBeGreaterThan(100)
  })

  test('a page whose file was lost is rendered again', async () => {
    store(config, ...HOUR)
    const { directory } = await buildSite(config)
    rmSync(join(directory, 'total/week/index.html'))
    await buildSite(config)
    expect(has(config, 'total/week/index.html')).toBe(true)
  })

  test('a build that fails leaves the site as it was, and nothing behind', async () => {
    store(config, ...HOUR)
    await buildSite(config)
    const before = hashTree(config.site.dir, 'current/')
    store(config, part(12, { http: [3000, 300], hosts: hosts(1) }))
    // A file where the next release would have to be.
    writeFileSync(join(config.site.dir, 'releases', '2'), '')
    await expect(buildSite(config)).rejects.toThrow(/ENOTDIR|EEXIST/)
    expect(readlinkSync(join(config.site.dir, 'current'))).toBe('releases/1')
    expect(hashTree(config.site.dir, 'current/')).toEqual(before)
    expect(readdirSync(join(config.site.dir, 'releases')).filter((name) => name.startsWith('.'))).toEqual([])
    rmSync(join(config.site.dir, 'releases', '2'))
    await buildSite(config)
    expect(read(config, 'networks/campus/bits.csv')).toContain('2026-11-23T01:00:00Z')
  })
})

describe('the archive of scoreboards', () => {
  const inode = (file: string) => statSync(join(config.site.dir, 'archive', file)).ino
  /** From which day on slots have scoreboards: what the chart of the overview and the explorer go by. */
  const boardsTold = () => [/data-boards="([^"]*)"/.exec(read(config, 'index.html'))![1], readCatalog(config).boards]

  test('a slot is rendered once, and once more when it gets a successor', async () => {
    store(config, part(0, { hosts: hosts(1) }), part(1, { hosts: hosts(1) }))
    expect((await buildSite(config)).archived).toBe(3)
    const first = inode('2026-11-23/0000/index.html')
    const second = inode('2026-11-23/0005/index.html')
    store(config, part(2, { hosts: hosts(1) }))
    // The new slot, its predecessor's link, the day.
    expect((await buildSite(config)).archived).toBe(3)
    expect(inode('2026-11-23/0000/index.html')).toBe(first)
    expect(inode('2026-11-23/0005/index.html')).not.toBe(second)
    expect(read(config, 'scoreboard/2026/11/23/0005/index.html')).toContain('href="../0010/"')
    expect((await buildSite(config)).archived).toBe(0)
  })

  test('a late file renders its slot and the next one, whose ranks it changes', async () => {
    store(config, ...[0, 1, 2, 3].map((at) => part(at, { hosts: hosts(500) })))
    await buildSite(config)
    const untouched = inode('2026-11-23/0015/index.html')
    store(config, part(1, { hosts: hosts(0, 900), file: 1 }))
    expect((await buildSite(config)).archived).toBe(3)
    expect(inode('2026-11-23/0015/index.html')).toBe(untouched)
    expect(read(config, 'scoreboard/2026/11/23/0005/index.html')).toContain('192.0.2.2')
  })

  test('stays when the parts are gone', async () => {
    store(config, part(0, { hosts: hosts(5) }), part(288, { hosts: hosts(5) }))
    await buildSite(config)
    const gone = listParts(config.data, '2026-11-23').map(({ id }) => id)
    rmSync(join(config.data, 'parts', '2026-11-23'), { recursive: true })
    commitPart(config.data, part(289, { hosts: hosts(5) }))
    derive(config.data, undefined, { givenUp: new Set(gone) })
    await buildSite(config)
    expect(read(config, 'scoreboard/2026/11/23/0000/index.html')).toContain('192.0.2.1')
    expect(read(config, 'scoreboard/archive/index.html')).toContain('href="../2026/11/23/"')
  })

  test('of days older than retention.boards only their own page stays, and nothing leads to a slot that went', async () => {
    store(config, part(0, { hosts: hosts(5) }), part(288, { hosts: hosts(6) }), part(289, { hosts: hosts(7) }))
    await buildSite(config)
    expect(read(config, 'scoreboard/2026/11/24/0000/index.html')).toContain('23/0000/')
    expect(boardsTold()).toEqual(['2026-11-23', '2026-11-23'])
    const index = readIndex(config.data)
    writeIndex(config.data, { ...index, since: { boards: '2026-11-24' } })
    await buildSite(config)
    expect(has(config, 'scoreboard/2026/11/23/0000/index.html')).toBe(false)
    expect(boardsTold()).toEqual(['2026-11-24', '2026-11-24'])
    const day = read(config, 'scoreboard/2026/11/23/index.html')
    expect(day).toContain('192.0.2.1')
    expect(day).not.toContain('0000/')
    expect(read(config, 'scoreboard/2026/11/24/0000/index.html')).not.toContain('23/0000/')
    expect(read(config, 'scoreboard/2026/11/24/index.html')).toContain('../23/')
    const before = hashTree(config.site.dir, 'archive')
    await buildSite(config)
    expect(hashTree(config.site.dir, 'archive')).toEqual(before)
  })

  test('ranks, shares and rates of a slot', async () => {
    // 6,000 octets in: two thirds and one third of what crossed the border.
    store(
      config,
      part(0, { http: [6000, 0], hosts: hosts(2000, 4000) }),
      part(1, { http: [6000, 0], hosts: hosts(4000, 2000) }),
    )
    await buildSite(config)
    const html = read(config, 'scoreboard/2026/11/23/0005/index.html')
    const list = html.slice(html.indexOf('id="in-bits"'), html.indexOf('id="in-packets"'))
    const rows = [
      ...list.matchAll(/<tr><td>(\d+)<span[^>]*>([^<]*)<\/span><\/td><th scope="row">([^<]*)<\/th>(.*)<\/tr>/g),
    ]
    expect(rows.map(([, rank, change, address]) => [rank, change, address])).toEqual([
      ['1', '▲ 1', '192.0.2.1'],
      ['2', '▼ 1', '192.0.2.2'],
    ])
    const cells = (row: string) => [...row.matchAll(/<td[^>]*>([^<]*)<\/td>/g)].map(([, cell]) => plain(cell!))
    // 4,000 octets are 106.7 b/s, 66.7 % of 6,000; 4 packets are 0.0133 a second.
    expect(cells(rows[0]![4]!).slice(0, 2)).toEqual(['107', '66.7 %'])
    expect(cells(rows[0]![4]!)).toContain('0.01')
    expect(JSON.parse(read(config, 'scoreboard/2026/11/23/0005/board.json')).hosts).toEqual([
      ['192.0.2.1', 4000, 4, 1, 0, 0, 0],
      ['192.0.2.2', 2000, 2, 1, 0, 0, 0],
    ])
  })

  test('the overall board adds up days', async () => {
    store(config, part(0, { hosts: hosts(5000, 1000) }), part(288, { hosts: hosts(0, 9000) }))
    await buildSite(config)
    const html = read(config, 'scoreboard/overall/index.html')
    const list = html.slice(html.indexOf('id="in-bits"'), html.indexOf('id="in-packets"'))
    expect([...list.matchAll(/scope="row">([^<]*)</g)].map(([, address]) => address)).toEqual([
      '192.0.2.2',
      '192.0.2.1',
    ])
    expect(plain(list)).toContain('10.0 k')
  })
})

describe('labels are hostile text', () => {
  const EVIL = `</title></script><script>alert(1)</script>"' onload=x {{7*7}} =1+1 ${'long'.repeat(20)}`

  test('they show as they are and do nothing', async () => {
    config = configOf({
      organization: EVIL,
      services: { http: { label: EVIL, ports: '80/tcp' }, dns: { label: '=HYPERLINK("x")', ports: '53/udp' } },
      networks: { campus: { label: EVIL, prefixes: '192.0.2.0/25' } },
    })
    store(config, ...HOUR)
    await buildSite(config)
    for (const page of [
      'index.html',
      'networks/campus/index.html',
      'networks/services/index.html',
      'services/index.html',
    ]) {
      const html = read(config, page)
      expect(html).not.toContain('<script>')
      // Inside the quotes of an attribute it is but text.
      expect(html.replace(/"[^"]*"/g, '""')).not.toMatch(/<[^>]*\sonload=/)
      expect(html).toContain('{{7*7}}')
      expect(html).toContain('&lt;script&gt;')
    }
    const csv = read(config, 'networks/campus/bits.csv').split('\r\n')[0]!
    expect(csv).toContain(`"'=HYPERLINK(""x"") in (b/s)"`)
  })

  test('a network may be called services', async () => {
    config = configOf({ networks: { services: '192.0.2.0/25', week: '192.0.2.128/25' } })
    store(config, ...HOUR)
    await buildSite(config)
    expect(read(config, 'networks/services/index.html')).toContain('<h1>services</h1>')
    expect(has(config, 'networks/_services/index.html')).toBe(true)
    expect(has(config, 'networks/week/week/index.html')).toBe(true)
  })
})

/** Every file of the site, the archive's at its public address. */
function listFiles({ site }: Config): Set<string> {
  const below = (directory: string, prefix: string): string[] =>
    readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const path = join(directory, entry.name)
      return statSync(path).isDirectory() ? below(path, `${prefix}${entry.name}/`) : [prefix + entry.name]
    })
  return new Set(below(join(site.dir, 'current'), ''))
}

/** The cells of a member's row in the first table of a page. */
function tableRow(html: string, label: string): string[] {
  const row = html.split('<tr>').find((each) => each.includes(`>${label}</a></th>`))!
  return [...row.matchAll(/<td>([^<]*)<\/td>/g)].map(([, cell]) => plain(cell!))
}

function plain(text: string): string {
  return text.replaceAll('\u202f', ' ')
}
