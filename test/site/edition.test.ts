import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { buildAndReport } from '../../ingest/commands/build.ts'
import { parseConfig } from '../../ingest/config/load.ts'
import type { Config } from '../../ingest/config/schema.ts'
import { formatAddress } from '../../ingest/model/address.ts'
import type { HostRow } from '../../ingest/model/part.ts'
import { listDays, listParts, readPart } from '../../ingest/store/part.ts'
import { buildSite } from '../../site/build.ts'
import { editionsOf } from '../../site/edition.ts'
import { buildCampusSite } from '../campus-site.ts'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { hostsTold, type Places } from './addresses.ts'
import { readCatalog, readWindow } from './published.ts'
import { CONFIG, configOf, DAY, part, store } from './stored.ts'

vi.setConfig({ testTimeout: 120_000 })

type Given = NonNullable<NonNullable<Parameters<typeof configOf>[0]>['site']>['editions']

/** A config with an edition in a directory of its own. */
function withEdition(given: Partial<NonNullable<Given>[string]> = {}, changes = {}): Config {
  return configOf({
    ...changes,
    site: { editions: { public: { dir: join(temporaryDirectory(), 'public'), ...given } } },
  })
}

/** Builds the edition; returns its config. */
async function buildEdition(config: Config): Promise<Config> {
  const [edition] = editionsOf(config)
  await buildSite(edition!.config, { edition: edition!.edition })
  return edition!.config
}

const read = (config: Config, file: string) => readFileSync(join(config.site.dir, 'current', file), 'utf8')
const has = (config: Config, file: string) => existsSync(join(config.site.dir, 'current', file))

describe("the demo's campus", () => {
  /** Of everything that is stored and written in the config. */
  let known: string[]
  let config: Config
  const told: { [site: string]: Places } = {}

  beforeAll(async () => {
    const base = mkdtempSync(join(tmpdir(), 'flowscan-edition-'))
    const site = (name: string) => join(base, name)
    writeFileSync(site('events.txt'), '2026-11-23 00:30 Flood from 198.18.3.77\nno event of 198.18.3.78\n')
    config = await buildCampusSite(base, {
      end: DAY + 3600,
      hours: 2,
      flowsPerSlot: 300,
      change: (campus) => ({
        ...exactConfig(campus),
        site: {
          ...campus.site,
          events: site('events.txt'),
          editions: {
            masked: { ...DEFAULTS, dir: site('masked'), quality: true },
            bare: { ...DEFAULTS, dir: site('bare'), hosts: 'dropped', names: 'dropped' },
          },
        },
      }),
    })
    known = addressesOf(config)
    for (const { name, config: own, edition } of editionsOf(config)) {
      await buildSite(own, { edition })
      told[name] = hostsTold(own.site.dir, known)
    }
    told.whole = hostsTold(config.site.dir, known)
    return () => rmSync(base, { recursive: true })
  }, 300_000)

  const files = (site: string) => [...told[site]!.keys()]

  test('an edition tells of no host, of no exporter, in no file and no spelling', () => {
    expect(known.length).toBeGreaterThan(1000)
    expect(known.filter((address) => address.includes(':')).length).toBeGreaterThan(200)
    // They are the same for whatever data.
    for (const { config: own } of editionsOf(config))
      expect(hashTree(join(own.site.dir, 'current'), 'assets')).toEqual(
        hashTree(join(config.site.dir, 'current'), 'assets'),
      )
    expect(Object.fromEntries(told.masked!)).toEqual({})
    expect(Object.fromEntries(told.bare!)).toEqual({})
  })

  // Had masking been left out in one of these, the search would have told.
  test.each([
    ['the overview', /^releases\/1\/index\.html$/],
    ['its packed twin', /^releases\/1\/index\.html\.gz$/],
    ['the scoreboard', /^releases\/1\/scoreboard\/index\.html$/],
    ['the overall scoreboard', /^releases\/1\/scoreboard\/overall\/index\.html$/],
    ['a slot of the archive', /^archive\/2026-11-23\/0040\/index\.html$/],
    ['its JSON', /^archive\/2026-11-23\/0040\/board\.json$/],
    ['a day of the archive', /^archive\/2026-11-22\/index\.html$/],
    ["a network's hosts", /^releases\/1\/networks\/library\/index\.html$/],
    ['what a network is', /^releases\/1\/networks\/cellar\/week\/index\.html$/],
    ['what a router is', /^releases\/1\/routers\/[^/]+\/year\/index\.html$/],
    ['an address of a page', /^releases\/1\/routers\/198-51-100-1$/],
    ['the page of quality', /^releases\/1\/quality\/index\.html$/],
    ['the about page', /^releases\/1\/about\/index\.html$/],
    ['the catalog', /^releases\/1\/data\/catalog\.json$/],
    ['a published window', /^data\/5m\/2026-11-23-[0-9a-f]+\/index\.json\.gz$/],
    ['what is remembered of quality', /^archive\/quality\.json\.gz$/],
    ['an event', /^releases\/1\/total\/index\.html$/],
    ['a title', /^releases\/1\/services\/index\.html$/],
  ])('the search finds what the site itself tells: %s', (_, file) => {
    expect(files('whole').filter((name) => file.test(name))).not.toEqual([])
  })

  test('an edition has the same pages otherwise, and the same traffic', () => {
    const [masked] = editionsOf(config)
    for (const page of [
      'index.html',
      'networks/library/index.html',
      'scoreboard/index.html',
      'quality/index.html',
      'about/index.html',
    ])
      expect(has(masked!.config, page), page).toBe(true)
    expect(readWindow(masked!.config, '5m', '2026-11-22').cells.total).toEqual(
      readWindow(config, '5m', '2026-11-22').cells.total,
    )
    const numbers = (own: Config) => read(own, 'networks/library/bits.csv').split('\r\n').slice(1)
    expect(numbers(masked!.config)).toEqual(numbers(config))
    expect(read(masked!.config, 'about/index.html')).toContain('an IPv4 address is shown as its /24')
    expect(read(masked!.config, 'scoreboard/index.html')).toMatch(/<th scope="row">198\.18\.\d+\.0\/24<\/th>/)
    expect(read(masked!.config, 'scoreboard/index.html')).toMatch(
      /<th scope="row">2001:<wbr>db8:<wbr>[0-9a-f]+:<wbr>:<wbr>\/48<\/th>/,
    )
  })
})

describe('masked hosts', () => {
  const HUGE = 9_007_199_254_740_993n
  const hosts: HostRow[] = [
    ['192.0.2.1', 3000, 3, 1, 10, 1, 1],
    ['192.0.2.200', 2500, 2, 1, 20, 1, 1],
    ['198.51.100.7', 4000, 4, 1, 30, 1, 1],
    ['2001:db8:1::1', HUGE, 1, 1, 0, 0, 0],
    ['2001:db8:1:ffff::2', 1, 1, 1, 0, 0, 0],
  ]

  test('that fall together are added up, to the last octet, and ranked by what they are together', async () => {
    const config = withEdition()
    store(config, part(0, { http: [11_000, 60], hosts: hosts.slice(0, 3) }), part(1, { http: [1, 1], hosts }))
    const edition = await buildEdition(config)
    expect(JSON.parse(read(edition, 'scoreboard/2026/11/23/0000/board.json')).hosts).toEqual([
      ['192.0.2.0/24', 5500, 5, 2, 30, 2, 2],
      ['198.51.100.0/24', 4000, 4, 1, 30, 1, 1],
    ])
    expect(JSON.parse(read(edition, 'scoreboard/2026/11/23/0005/board.json')).hosts).toContainEqual([
      '2001:db8:1::/48',
      String(HUGE + 1n),
      2,
      2,
      0,
      0,
      0,
    ])
    const html = read(edition, 'scoreboard/2026/11/23/0000/index.html')
    const list = html.slice(html.indexOf('id="in-bits"'), html.indexOf('id="in-packets"'))
    expect(
      [...list.matchAll(/scope="row">([^<]*)<.*?<td class="own">[^<]*<\/td><td class="own">([^<]*)</g)].map(
        ([, shown, share]) => [shown, share!.replace('\u202f', ' ')],
      ),
    ).toEqual([
      ['192.0.2.0/24', '50.0 %'],
      ['198.51.100.0/24', '36.4 %'],
    ])
    expect(list).toContain('Hosts in')
  })

  test('of days and of a month are as well', async () => {
    const config = withEdition()
    store(config, part(0, { hosts: hosts.slice(0, 2) }), part(288, { hosts: hosts.slice(1, 3) }))
    const edition = await buildEdition(config)
    expect(read(edition, 'scoreboard/overall/index.html')).toContain('192.0.2.0/24')
    expect(JSON.parse(read(edition, 'scoreboard/2026/11/24/board.json')).hosts).toEqual([
      ['192.0.2.0/24', 2500, 2, 1, 20, 1, 1],
      ['198.51.100.0/24', 4000, 4, 1, 30, 1, 1],
    ])
  })
})

describe('what else an edition hides', () => {
  test('without scoreboards there are none, and nothing leads to one', async () => {
    const config = withEdition({ boards: false })
    store(config, part(0, { http: [100, 100], hosts: [['192.0.2.1', 1, 1, 1, 1, 1, 1]], lost: 7 }))
    const edition = await buildEdition(config)
    const pages = readdirSync(join(edition.site.dir, 'current'), { recursive: true }) as string[]
    expect(pages.filter((name) => name.startsWith('scoreboard'))).toEqual([])
    for (const page of pages.filter((name) => name.endsWith('.html')))
      expect(read(edition, page), page).not.toMatch(/href="[^"]*scoreboard|data-boards/)
    expect(readCatalog(edition).boards).toBeUndefined()
    // What is lost is told all the same.
    expect(read(edition, 'index.html')).toContain('7 flows lost by collectors')
    expect(read(edition, 'index.html')).not.toContain('quality/')
  })

  test('names that are dropped are numbers; the history is that of the member', async () => {
    const config = withEdition({ names: 'dropped', quality: true }, { routers: { 'tower-west': '198.51.100.1' } })
    store(config, part(0, { http: [3000, 300] }))
    const edition = await buildEdition(config)
    expect(has(edition, 'networks/network-1/index.html')).toBe(true)
    expect(has(edition, 'networks/campus/index.html')).toBe(false)
    expect(read(edition, 'networks/network-1/index.html')).toContain('<h1>Network 1</h1>')
    expect(readWindow(edition, '5m', '2026-11-23').cells['network/network-1']!.in!.octets).toEqual([3000])
    expect(
      readCatalog(edition)
        .dimensions.find(({ name }) => name === 'network')!
        .members.map(({ label }) => label),
    ).toEqual(['Network 1', 'Network 2', 'Network 3'])
    for (const file of readdirSync(edition.site.dir, { recursive: true }) as string[]) {
      if (!/\.(html|json|csv)$/.test(file)) continue
      expect(readFileSync(join(edition.site.dir, file), 'utf8'), file).not.toMatch(
        /campus|dorm|192\.0\.2\.128\/25|tower/i,
      )
    }
  })

  test('the same site built in the directory of an edition, or an edition in that of a site, is refused', async () => {
    const config = withEdition()
    store(config, part(0, {}))
    const [{ config: own, edition }] = editionsOf(config) as [ReturnType<typeof editionsOf>[number]]
    await buildSite({ ...config, site: { ...config.site, dir: own.site.dir } })
    await expect(buildSite(own, { edition })).rejects.toThrow(
      /a site lies there that shows other things than this edition/,
    )
    rmSync(own.site.dir, { recursive: true })
    await buildSite(own, { edition })
    await buildSite(own, { edition })
    await expect(buildSite(own, { edition: { ...edition, hosts: 'dropped' } })).rejects.toThrow(/shows other things/)
  })

  test('one that cannot be built keeps no other; the first failure tells, the others are said', async () => {
    const base = temporaryDirectory()
    const config = configOf({
      site: { editions: { a: { dir: join(base, 'a') }, b: { dir: join(base, 'b') }, c: { dir: join(base, 'c') } } },
    })
    store(config, part(0, {}))
    for (const name of ['a', 'b']) writeFileSync(join(base, name), 'no directory')
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    await expect(buildAndReport({ config, file: 'flowscan.config.ts', fingerprint: 'test' })).rejects.toThrow(
      `${base}/a`,
    )
    const lines = said.mock.calls.map(([line]) => String(line))
    said.mockRestore()
    expect(lines.filter((line) => line.includes(`${base}/b`))).toHaveLength(1)
    expect(lines.filter((line) => / built in /.test(line)).map((line) => line.split(' built')[0])).toEqual([
      'flowscan: site',
      'flowscan: edition c',
    ])
    expect(existsSync(join(base, 'c/current/index.html'))).toBe(true)
  })
})

describe('the config', () => {
  const parse = (editions: object, more = {}) =>
    parseConfig({ ...CONFIG, ...more, site: { editions } } as never, '/srv/flowscan.config.ts').config

  test('an edition masks unless told otherwise', () => {
    expect(parse({ public: { dir: 'public-edition' } }).site.editions).toEqual({
      public: { dir: '/srv/public-edition', hosts: 'masked', path: '/', names: 'kept', boards: true, quality: false },
    })
  })

  test.each([
    [{ public: {} }, /site\.editions\.public\.dir/],
    [{ 'Open day': { dir: 'x' } }, /1 to 32 of a-z, 0-9 and -/],
    [{ public: { dir: 'x', hosts: 'shown' } }, /expected 'masked' or 'dropped'/],
    [
      { public: { dir: 'public' } },
      /site\.editions\.public\.dir: .*\/srv\/public and site\.dir \(\/srv\/public\) lie in each other/,
    ],
    [{ public: { dir: 'public/current/open' } }, /lie in each other/],
    [{ public: { dir: '.' } }, /site\.dir/],
    [{ public: { dir: 'data/open' } }, /and data/],
    [{ a: { dir: 'x' }, b: { dir: 'x/y' } }, /site\.editions\.b\.dir: .*site\.editions\.a\.dir/],
  ])('%j is refused', (editions, told) => {
    expect(() => parse(editions)).toThrow(told)
  })
})

const DEFAULTS = {
  title: undefined,
  mirror: undefined,
  path: '/',
  hosts: 'masked',
  names: 'kept',
  boards: true,
  quality: false,
} as const

/** The campus, with addresses in every place of the config where somebody might write one. */
function exactConfig(campus: Config): Config {
  const given = {
    organization: 'Example University, 198.18.0.53',
    subnets: ['198.18.0.0/17', '198.51.100.0/24', '203.0.113.0/25', '203.0.113.128/25', '2001:db8::/40'],
    networks: {
      library: { label: 'Library', prefixes: ['198.18.0.0/20', '2001:db8:10::/48'] },
      cellar: { label: 'Cellar (198.18.64.8/29)', prefixes: ['198.18.64.8/29', '2001:db8:30:1::/64'] },
      '203.0.113.5': '203.0.113.5',
    },
    services: { https: { label: 'Web by 203.0.113.80, 2001:0DB8:0040:0053:0000:0000:0000:0080', ports: '443/tcp' } },
    routers: { '198.51.100.1': '198.51.100.1', 'border-2': '2001:db8::2' },
  }
  const { subnets, networks, services, routers, organization } = parseConfig(
    given as never,
    '/x/flowscan.config.ts',
  ).config
  return { ...campus, organization, subnets, networks, services, routers }
}

function addressesOf(config: Config): string[] {
  const parts = listDays(config.data).flatMap((day) =>
    listParts(config.data, day).map((name) => readPart(config.data, name)),
  )
  const rows = parts.flatMap(({ hosts }) => [...hosts.inside.rows, ...hosts.outside.rows].map(([address]) => address))
  const exporters = parts.flatMap(({ quality }) => Object.keys(quality.exporters))
  const written = config.routers.flatMap(({ addresses }) => addresses.map((address) => formatAddress(address)))
  return [
    ...new Set([...rows, ...exporters, ...written, '198.18.0.53', '203.0.113.5', '203.0.113.80', '2001:db8:40:53::80']),
  ]
}
