import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { newestSlot } from '../../ingest/store/part.ts'
import { buildSite } from '../../site/build.ts'
import { breakdownOf } from '../../site/pages/breakdown.ts'
import { dimensionPage } from '../../site/pages/dimension.ts'
import { matrixPage } from '../../site/pages/matrix.ts'
import { createSite } from '../../site/pages/site.ts'
import { cellsSeen, createTrafficReader } from '../../site/traffic.ts'
import { configOf, part, store } from './stored.ts'

vi.setConfig({ testTimeout: 60_000 })

const namesOf = (site: ReturnType<typeof createSite>, kind: 'pairs' | 'pagedPairs') =>
  site[kind].map(([first, second]) => `${first.dimension.name},${second.dimension.name}`)

describe('pairs', () => {
  test('have pages and a matrix each, with links from both members', async () => {
    const config = configOf()
    store(config, ...[0, 1, 2].map((at) => part(at, { http: [3000, 300] })))
    await buildSite(config)
    const read = (file: string) => readFileSync(join(config.site.dir, 'current', file), 'utf8')
    const has = (file: string) => existsSync(join(config.site.dir, 'current', file))
    expect(createSite(config).pairs).toEqual(createSite(config).pagedPairs)
    for (const range of ['', 'week/', 'month/', 'year/'])
      expect(has(`routers/border/services/http/${range}index.html`), range).toBe(true)
    expect(JSON.parse(read('routers/border/services/http/bits.json')).total.in.slice(-3)).toEqual([80, 80, 80])
    // Nothing was ever seen of these two together.
    expect(has('routers/border/services/dns/index.html')).toBe(false)
    expect(read('routers/border/index.html')).toContain('href="services/http/"')
    expect(read('services/http/index.html')).toContain('href="../../routers/border/services/http/"')
    expect(read('routers/services/index.html')).toContain('href="../border/services/http/"')
    for (const page of ['routers', 'services'])
      expect(read(`${page}/index.html`)).toMatch(/href="[^"]*services\/">Routers by service</)
  })

  test('that are many have a matrix alone; a network’s have pages whatever they are', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`s${at}`, `${at + 100}/tcp`]))
    const few = createSite(configOf({ services: many(249) }))
    expect(namesOf(few, 'pagedPairs')).toEqual(namesOf(few, 'pairs'))
    // Two routers, `other` among them, by 251 services.
    const config = configOf({ services: { http: { label: 'Web', ports: '80/tcp' }, ...many(249) } })
    const site = createSite(config)
    expect(namesOf(site, 'pairs')).toContain('router,service')
    expect(namesOf(site, 'pagedPairs')).not.toContain('router,service')
    expect(namesOf(site, 'pagedPairs')).toContain('network,service')

    store(config, part(0, { http: [3000, 300] }))
    const day = createTrafficReader(config.data, newestSlot(config.data)).read('day')
    const pair = site.pairs.find(
      ([first, second]) => first.dimension.name === 'router' && second.dimension.name === 'service',
    )!
    const { rows } = matrixPage(site, pair, day, cellsSeen(day)).content as {
      rows: { label: string; cells: object[] }[]
    }
    expect(rows).toMatchObject([{ label: 'border', cells: [{ href: null, isSeen: true, in: '80', out: '8' }] }])
    // Layers of a router lead to the service: there is no page of both.
    const router = site.dimensions.find(({ dimension }) => dimension.name === 'router')!
    expect(breakdownOf(site, router, router.members[0]!)!.addressOf('http')).toBe('services/http/')
    const { matrices } = dimensionPage(site, pair[1], day).content as { matrices: { label: string }[] }
    expect(matrices.map(({ label }) => label)).toEqual(['Routers by service', 'Networks by service'])
  })

  test('of more members than a table can show some are left out, and how many there are is told', () => {
    const ids = Array.from({ length: 160 }, (_, at) => `s${at}`)
    const config = configOf({ services: Object.fromEntries(ids.map((id, at) => [id, `${at + 100}/tcp`])) })
    const site = createSite(config)
    store(config, part(0, { http: [3000, 300] }))
    const day = createTrafficReader(config.data, newestSlot(config.data)).read('day')
    const pair = site.pairs.find(
      ([first, second]) => first.dimension.name === 'network' && second.dimension.name === 'service',
    )!
    const { columns, rows, cut } = matrixPage(site, pair, day, new Set(ids.map((id) => `network/campus,service/${id}`)))
      .content as {
      columns: { label: string }[]
      rows: { cells: object[] }[]
      cut: string
    }
    expect(columns.map(({ label }) => label)).toEqual(ids.slice(0, 150))
    expect(rows[0]!.cells.length).toBe(150)
    expect(cut).toBe('The busiest 150 of 160 services; the page of each has the pairs of all.')
  })
})
