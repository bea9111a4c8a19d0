import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../ingest/config/load.ts'
import type { Config } from '../../ingest/config/schema.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import { query } from '../../ingest/run/query.ts'
import { synthesizeStretch } from '../../ingest/synthesize/index.ts'
import { buildSite } from '../../site/build.ts'
import { type RunningServer, startServer } from '../../site/serve.ts'
import { findProgram, isWithout } from '../programs.ts'

/*
 * Charts as instruments, and the explorer, in a real browser: what they tell against what `flowscan query` tells of the same
 * store. Two stretches of an example campus with hours between them of which there are no flow files.
 */
const SHIPPED = new URL('../../flowscan.config.ts', import.meta.url).pathname
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-sync',
]
const END = Date.parse('2026-11-24T15:00:00Z') / 1000
const HOUR = 3600
const HOSTILE = '<img src=x onerror="document.title=1">&"\'{{7*7}}'

describe.skipIf(isWithout('the explorer in a browser', 'chromium'))('the explorer', () => {
  let base: string
  let config: Config
  let server: RunningServer
  let browser: Browser

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'flowscan-explorer-'))
    const flows = join(base, 'flows')
    mkdirSync(flows)
    const stretch = { dir: flows, seed: 1, flowsPerSlot: 300 }
    synthesizeStretch({ ...stretch, from: END - 6 * HOUR, to: END - 4 * HOUR })
    synthesizeStretch({ ...stretch, from: END - 3 * HOUR, to: END })
    const shipped = await loadConfig(SHIPPED)
    config = {
      ...shipped.config,
      services: shipped.config.services.map((each, at) => (at === 0 ? { ...each, label: HOSTILE } : each)),
      data: join(base, 'data'),
      flows: [{ ...shipped.config.flows[0]!, dir: flows, saved: join(base, 'saved') }],
      site: { ...shipped.config.site, dir: join(base, 'public') },
    }
    await ingest({ ...shipped, config })
    await buildSite(config)
    server = await startServer(config.site.dir, { port: 0, host: '127.0.0.1' })
    browser = await chromium.launch({ executablePath: findProgram('chromium')!, args: ARGUMENTS })
  }, 240_000)

  afterAll(async () => {
    await browser?.close()
    await server?.close()
    rmSync(base, { recursive: true, force: true })
  }, 60_000)

  interface Visit {
    readonly page: Page
    /** Addresses asked for, below the root of the site. */
    readonly requests: string[]
  }

  /** Visits with a fresh profile under the policy of the server; fails when the browser complains of anything but `expected`. */
  async function visit(
    options: BrowserContextOptions,
    look: (visit: Visit) => Promise<void>,
    expected?: RegExp,
  ): Promise<void> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    try {
      const page = await context.newPage()
      const requests: string[] = []
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('request', (request) => requests.push(request.url().replace(server.url, '')))
      await look({ page, requests })
      expect(complaints.filter((each) => expected?.test(each) !== true)).toEqual([])
    } finally {
      await context.close()
    }
  }

  /** Opens the explorer and waits for its answer. */
  async function explore(page: Page, search = ''): Promise<void> {
    await page.goto(`${server.url}explore/${search}`)
    await answered(page)
  }

  async function answered(page: Page): Promise<void> {
    await page.locator('form.explorer:not(.is-loading) .state', { hasText: /\.$/ }).waitFor()
    await page
      .locator('form.explorer:not(.is-loading) :is(.cursor, .plot:empty)')
      .first()
      .waitFor({ state: 'attached' })
  }

  async function saved(page: Page, format: string): Promise<Buffer> {
    const coming = page.waitForEvent('download')
    await page.locator(`button[name="save"][value="${format}"]`).click()
    return readFileSync(await (await coming).path())
  }

  const hours = (from: number, to: number) => `from=${minute(END - from * HOUR)}&to=${minute(END - to * HOUR)}`
  const minute = (seconds: number) => `${new Date(seconds * 1000).toISOString().slice(0, 16)}Z`

  describe('the chart of a page', () => {
    test('asks for nothing until it is touched, then tells what lies beside it, and nothing moves', async () => {
      await visit({}, async ({ page, requests }) => {
        await page.goto(`${server.url}networks/dormitories/`)
        await page.waitForTimeout(300)
        expect(requests.filter((address) => /client\.js|\.json/.test(address))).toEqual([])

        const chart = page.locator('.plot .chart').first()
        const places = () =>
          page.evaluate(`[...document.querySelectorAll('main *:not(svg *)')]
            .filter((each) => !each.closest('.chart') && !each.closest('.readout ul, .readout-head'))
            .map((each) => { const { x, y, width, height } = each.getBoundingClientRect(); return [x, y, width, height].join() })`)
        const before = await places()
        await chart.hover()
        await page.locator('.plot .cursor').first().waitFor({ state: 'attached' })
        expect(await page.locator('.readout-time').first().textContent()).toMatch(/^24 Nov 2026/)
        expect(requests.filter((address) => address.includes('client.js'))).toHaveLength(1)
        expect(requests.filter((address) => /\.json/.test(address))).toEqual(['networks/dormitories/bits.json'])
        expect(await places()).toEqual(before)

        const file = JSON.parse(readFileSync(join(config.site.dir, 'current/networks/dormitories/bits.json'), 'utf8'))
        const { x, y, width } = (await page.locator('.plot .cursor').first().boundingBox())!
        const point = 250
        await page.mouse.move(x + ((point + 0.5) / 288) * width, y + 40)
        const items = page.locator('.plot').first().locator('.readout li')
        const rows = [...file.layers, { label: 'total', ...file.total }]
        for (const [at, { label, in: inward, out }] of rows.entries()) {
          const values = await items.nth(at).locator('.readout-values > span').allTextContents()
          expect(await items.nth(at).locator('.readout-name').textContent()).toBe(label)
          expect(values.map(toNumber)).toEqual([near(inward[point]), near(out[point])])
        }
        expect(await page.locator('.readout-time').first().textContent()).toBe('24 Nov 2026, 12:50–12:55 CET')
        expect(await page.locator('.readout-hint').first().textContent()).toBe('2026-11-24 11:50–11:55 UTC')
        expect(file.total.in[250]).toBeNull()
        await page.mouse.move(x + (280.5 / 288) * width, y + 40)
        expect(toNumber(await items.nth(0).locator('.readout-values > span').first().textContent())).toBe(
          near(file.layers[0].in[280]),
        )
      })
    })

    test('hides and isolates members by their names, and stacks what is left', async () => {
      await visit({}, async ({ page }) => {
        await page.goto(`${server.url}total/`)
        await page.locator('.plot .chart').first().hover()
        await page.locator('.plot .cursor').first().waitFor({ state: 'attached' })
        const plot = page.locator('.plot').first()
        const titles = () => plot.locator('.chart-wide path > title').allTextContents()
        const all = await plot.locator('.readout-layer .readout-name').allTextContents()
        await expect.poll(titles).toEqual([...[...all].reverse(), 'total'])
        await plot.locator('.readout-name').nth(1).click()
        expect(await plot.locator('.readout-name').nth(1).getAttribute('aria-pressed')).toBe('false')
        await expect.poll(titles).toEqual([...all.filter((_, at) => at !== 1).reverse(), 'total'])
        await plot.locator('.readout-only').nth(2).click()
        await expect.poll(titles).toEqual([all[2], 'total'])
        expect(await plot.locator('.readout-only').nth(2).textContent()).toBe('all')
        await plot.locator('.readout-only').nth(2).click()
        await expect.poll(titles).toEqual([...[...all].reverse(), 'total'])
      })
    })

    test('is read and selected from by keys alone, and leads to the explorer', async () => {
      await visit({}, async ({ page }) => {
        await page.goto(`${server.url}networks/dormitories/services/quic/`)
        await page.locator('.plot .chart').first().focus()
        await page.locator('.cursor:focus').waitFor()
        await page.keyboard.press('End')
        for (let step = 0; step < 11; step++) await page.keyboard.press('ArrowLeft')
        const said = await page.locator('.cursor:focus').getAttribute('aria-valuetext')
        expect(said).toMatch(/^24 Nov 2026, 15:00–15:05 CET: in [\d.]+.*, out .+ bits per second$/)
        await page.keyboard.press('Enter')
        await page.keyboard.press('End')
        await page.keyboard.press('Enter')
        await page.waitForURL(/explore/)
        await answered(page)
        const { searchParams } = new URL(page.url())
        expect(Object.fromEntries(searchParams)).toMatchObject({
          of: 'network/dormitories',
          by: 'service',
          only: 'quic',
          from: minute(END - HOUR),
          to: minute(END),
        })
      })
    })

    test('answers the first tap of a finger on a phone, and steps by buttons; nothing moves', async () => {
      await visit({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true }, async ({ page }) => {
        await page.goto(`${server.url}services/https/`)
        const time = page.locator('.readout-time').first()
        const height = () => page.evaluate('document.querySelector(".plot").offsetHeight')
        const before = await height()
        const chart = page.locator('.plot .chart').first()
        await chart.scrollIntoViewIfNeeded()
        await chart.tap({ position: { x: 290, y: 100 } })
        await expect.poll(() => time.textContent()).toMatch(/^24 Nov 2026/)
        const kept = await time.textContent()
        const step = (name: string) => page.getByRole('button', { name }).first()
        const { width, height: tall } = (await step('5 minutes earlier').boundingBox())!
        expect(Math.min(width, tall)).toBeGreaterThanOrEqual(44)
        await step('5 minutes earlier').tap()
        const end = await time.textContent()
        expect(end!.slice(19, 24)).toBe(kept!.slice(13, 18))
        await step('5 minutes later').tap()
        expect(await time.textContent()).toBe(kept)
        expect(await height()).toBe(before)
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
      })
    })

    type Ground = { readonly x: number; readonly y: number; readonly width: number }

    /** Comes to a page whose charts cannot answer yet, acts, and lets them. */
    async function actBefore(page: Page, act: (ground: Ground) => Promise<void>) {
      let acting: Promise<void> | undefined
      await page.route(/client\.js/, async (route) => {
        await acting
        await route.continue()
      })
      await page.goto(`${server.url}total/`)
      acting = act((await page.locator('.plot .chart').first().boundingBox())!)
      await page.locator('.plot .cursor').first().waitFor({ state: 'attached' })
    }

    test.each([
      {
        what: 'a mouse that went on',
        act: async (page: Page, { x, y, width }: Ground) => {
          await page.mouse.move(x + width / 2, y + 60)
          await page.mouse.move(1, 1)
        },
        after: async () => {},
        told: /^On average$/,
      },
      {
        what: 'a click, which keeps',
        act: async (page: Page, { x, y, width }: Ground) => page.mouse.click(x + width / 2, y + 60),
        after: async (page: Page) => page.mouse.move(1, 1),
        told: /^24 Nov 2026, 0[34]:/,
      },
      {
        what: 'keys',
        act: async (page: Page) => {
          await page.locator('.plot .chart').first().focus()
          await page.keyboard.press('End')
          await page.keyboard.press('ArrowLeft')
          await page.keyboard.press('ArrowLeft')
        },
        after: async (page: Page) => page.keyboard.press('ArrowLeft'),
        told: /^24 Nov 2026, 15:40/,
      },
    ])('when it comes it answers $what', async ({ act, after, told }) => {
      await visit({}, async ({ page }) => {
        await actBefore(page, (ground) => act(page, ground))
        await after(page)
        expect(await page.locator('.readout-time').first().textContent()).toMatch(told)
      })
    })
  })

  describe('leads to the scoreboard of a moment', () => {
    /** The middle of a point of the day's chart, counted from 0, on the first plot that is shown. */
    async function placeOf(page: Page, point: number): Promise<{ x: number; y: number }> {
      const cursor = page.locator('.plot .cursor').first()
      await cursor.waitFor({ state: 'attached' })
      await cursor.scrollIntoViewIfNeeded()
      const { x, y, width } = (await cursor.boundingBox())!
      return { x: x + ((point + 0.5) / 288) * width, y: y + 40 }
    }

    const timeOn = (page: Page) => page.locator('.readout-time').first().textContent()
    const boardOn = (page: Page) => page.locator('.readout-board').first()

    /** Follows the link to the page of a slot, and looks whether it is that of the slot. */
    async function arrive(page: Page, follow: () => Promise<void>, slot: string, told: string): Promise<void> {
      const coming = page.waitForResponse((response) => response.request().isNavigationRequest())
      await follow()
      expect((await coming).status()).toBe(200)
      await page.waitForURL(({ href }) => href.startsWith(`${server.url}scoreboard/${slot}/#`))
      expect(await page.locator(`h2${new URL(page.url()).hash}`).count()).toBe(1)
      expect(await page.locator('h1').textContent()).toBe(told)
      expect(await page.locator('main tbody tr').count()).toBeGreaterThan(0)
    }

    test.each(['', 'total/', 'explore/'])('from /%s, kept by a click', async (address) => {
      await visit({}, async ({ page }) => {
        await page.goto(server.url + address)
        await page.locator('.plot .chart').first().hover()
        const { x, y } = await placeOf(page, 275)
        await page.mouse.click(x, y)
        // On its way the mouse crosses other moments, and some that nobody measured.
        const gap = await placeOf(page, 250)
        await page.mouse.move(gap.x, gap.y)
        expect(await timeOn(page)).toBe('24 Nov 2026, 12:50–12:55 CET')
        expect(await boardOn(page).isVisible()).toBe(false)
        await page.mouse.move(gap.x, gap.y + 600, { steps: 40 })
        await arrive(page, () => boardOn(page).click(), '2026/11/24/1355', '24 Nov 2026, 14:55 CET')
      })
    })

    test('without a click for a mouse that comes straight from it; one that leaves lets go', async () => {
      await visit({}, async ({ page }) => {
        await page.goto(`${server.url}networks/dormitories/`)
        await page.locator('.plot .chart').first().hover()
        const { x, y } = await placeOf(page, 275)
        await page.mouse.move(x, y)
        const link = (await boardOn(page).boundingBox())!
        await page.mouse.move(5, 5)
        expect(await timeOn(page)).toBe('On average')
        expect(await boardOn(page).isVisible()).toBe(false)
        await page.mouse.move(x, y)
        await page.mouse.move(x, link.y + link.height / 2, { steps: 20 })
        await page.mouse.move(link.x + link.width / 2, link.y + link.height / 2, { steps: 20 })
        const press = () => page.mouse.click(link.x + link.width / 2, link.y + link.height / 2)
        await arrive(page, press, '2026/11/24/1355', '24 Nov 2026, 14:55 CET')
      })
    })

    test('by keys alone', async () => {
      await visit({}, async ({ page }) => {
        await page.goto(`${server.url}total/`)
        await page.locator('.plot .chart').first().focus()
        await page.locator('.cursor:focus').waitFor()
        await page.keyboard.press('End')
        await page.keyboard.press('Tab')
        const link = page.getByRole('link', { name: 'Busiest hosts then: 24 Nov 2026, 15:55–16:00 CET', exact: true })
        expect(await link.and(page.locator(':focus')).count()).toBe(1)
        await page.keyboard.press('Shift+Tab')
        await page.keyboard.press('ArrowLeft')
        await page.keyboard.press('Tab')
        const enter = () => page.keyboard.press('Enter')
        await arrive(page, enter, '2026/11/24/1450', '24 Nov 2026, 15:50 CET')
      })
    })

    test('by a finger', async () => {
      await visit({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true }, async ({ page }) => {
        await page.goto(server.url)
        await page.locator('.plot .chart').first().tap()
        const { x, y } = await placeOf(page, 275)
        await page.touchscreen.tap(x, y)
        const { height } = (await boardOn(page).boundingBox())!
        expect(height).toBeGreaterThanOrEqual(24)
        const told = `${(await timeOn(page))!.slice(0, 18)} CET`
        const slot = (await boardOn(page).getAttribute('href'))!.replace(/^.*scoreboard\/|\/#.*$/g, '')
        await arrive(page, () => boardOn(page).tap(), slot, told)
      })
    })

    test.each([
      { what: 'a wider point', address: 'total/week/' },
      {
        what: 'a wider point of the explorer',
        address: `explore/?from=${minute(END - 14 * 24 * HOUR)}&to=${minute(END)}`,
      },
      {
        what: 'a slot without a flow file',
        address: `explore/?from=${minute(END - 5 * HOUR)}&to=${minute(END - 3 * HOUR)}`,
      },
    ])('but not of $what', async ({ address }) => {
      await visit({}, async ({ page }) => {
        await page.goto(server.url + address)
        await page.locator('.plot .chart').first().hover()
        await page.locator('.plot .cursor').first().focus()
        await page.keyboard.press('End')
        expect(await timeOn(page)).toMatch(/^24 Nov 2026/)
        expect(await boardOn(page).isVisible()).toBe(false)
        await page.keyboard.press('Tab')
        expect(await page.evaluate('document.activeElement.matches("a")')).toBe(false)
      })
    })
  })

  describe('its answer', () => {
    test.each([
      ['network/dormitories,service', 'of=network/dormitories&by=service'],
      ['service', 'of=total&by=service'],
      ['network', 'of=total&by=network&draw=lines'],
    ])('by %s is what flowscan query tells', async (what, search) => {
      await visit({}, async ({ page }) => {
        await explore(page, `?${search}&measure=packets&${hours(2, 0)}`)
        const csv = (await saved(page, 'csv'))
          .toString()
          .trim()
          .split('\r\n')
          .map((line) => line.split(','))
        const json = JSON.parse((await saved(page, 'json')).toString())
        const { series } = query(config, { what, from: String(END - 2 * HOUR), to: String(END), step: '5m' })
        expect(json.layers.length).toBeGreaterThan(1)
        for (const [column, { id, label, in: inward, out }] of json.layers.entries()) {
          if (id === '_rest') continue
          const member = series[id]!
          expect(inward, label).toEqual(member.in.packets.map((count) => perSecond(count)))
          expect(out, label).toEqual(member.out.packets.map((count) => perSecond(count)))
          if (label !== HOSTILE)
            expect(
              csv.slice(1).map((row) => Number(row[1 + 2 * column])),
              label,
            ).toEqual(inward)
        }
        expect(csv).toHaveLength(25)
        expect(csv[1]![0]).toBe(minute(END - 2 * HOUR).replace('Z', ':00Z'))
      })
    })

    test('has gaps where nobody measured, and says so', async () => {
      await visit({}, async ({ page }) => {
        await explore(page, `?by=service&${hours(5, 2)}`)
        const { total, layers } = JSON.parse((await saved(page, 'json')).toString())
        expect(total.in.slice(12, 24)).toEqual(new Array(12).fill(null))
        expect(total.in.filter((rate: number | null) => rate === null)).toHaveLength(12)
        expect(layers[0].out[15]).toBeNull()
        expect(await page.locator('.notes').textContent()).toContain('12 of 36 points have no data')
      })
    })

    test('compares with the time before: the same numbers, one period back', async () => {
      await visit({}, async ({ page }) => {
        await explore(page, `?by=service&compare=before&${hours(1, 0)}`)
        const now = JSON.parse((await saved(page, 'json')).toString())
        await explore(page, `?by=service&${hours(2, 1)}`)
        const before = JSON.parse((await saved(page, 'json')).toString())
        expect(now.before).toEqual(before.total)
        await page.goBack()
        await answered(page)
        await expect.poll(() => page.locator('.chart-wide path[stroke-dasharray]').count()).toBe(1)
        expect(await page.locator('.numbers thead').textContent()).toContain('Change')
      })
    })

    test('of overlapping networks is lines, with the reason', async () => {
      await visit({}, async ({ page }) => {
        await explore(page, `?by=network&${hours(2, 0)}`)
        expect(new URL(page.url()).searchParams.get('draw')).toBe('lines')
        expect(await page.locator('.notes').textContent()).toContain('may overlap')
        const names = () => page.locator('.numbers tbody th').allTextContents()
        await page.locator('.numbers thead button').first().click()
        expect(await names()).toEqual([...(await names())].sort((a, b) => a.localeCompare(b)))
      })
    })

    test.each([
      [`?from=2031-01-01T00:00Z&to=2031-01-02T00:00Z`, /There is nothing yet: data end at 24 Nov 2026, 16:00 CET/],
      [`?from=1999-01-01T00:00Z&to=1999-01-02T00:00Z`, /before the first slot/],
      [`?by=service&from=${minute(END - 4 * HOUR)}&to=${minute(END - 3 * HOUR)}`, /No flow files cover this time/],
      [
        '?of=network/library&by=service&way=transit&from=2026-11-24T14:00Z&to=2026-11-24T15:00Z',
        /nothing of this was in them/,
      ],
    ])('%s says why there is nothing', async (search, reason) => {
      await visit({}, async ({ page }) => {
        await explore(page, search)
        expect(await page.locator('.state').textContent()).toMatch(reason)
        expect(await page.locator('button[name="save"][value="csv"]').isDisabled()).toBe(true)
      })
    })

    test('tells what its address asks for in vain', async () => {
      await visit({}, async ({ page }) => {
        await explore(page, '?by=colour&way=sideways&of=network/%3Cb%3E&only=__proto__')
        expect(await page.locator('.mistakes li').allTextContents()).toEqual([
          expect.stringContaining('of=network/<b>'),
          expect.stringContaining('by=colour'),
          expect.stringContaining('only=__proto__'),
          expect.stringContaining('way=sideways'),
        ])
      })
    })
  })

  describe('its address', () => {
    test('holds all, with absolute times: somebody else sees the same, and back leads back', async () => {
      let address = ''
      let seen: string[] = []
      const look = async (page: Page) => [
        (await page.locator('#shown').textContent())!,
        (await page.locator('.numbers').textContent())!,
        String(
          await page.evaluate(
            `[...document.querySelectorAll('.chart-wide path')].map((path) => path.getAttribute('d'))`,
          ),
        ),
      ]
      await visit({}, async ({ page }) => {
        await explore(page)
        expect(new URL(page.url()).searchParams.get('to')).toBe(minute(END))
        const first = await look(page)
        await page.locator('[data-hours="6"]').click()
        await answered(page)
        await page.locator('select[name="of"]').selectOption('network/dormitories')
        await expect.poll(() => page.locator('#shown').textContent()).toContain('Dormitories')
        await answered(page)
        seen = await look(page)
        address = page.url()
        await page.goBack()
        await page.goBack()
        await expect.poll(() => look(page)).toEqual(first)
      })
      await visit({}, async ({ page }) => {
        await page.goto(address)
        await answered(page)
        expect(await look(page)).toEqual(seen)
      })
    })

    test('changes with keys alone', async () => {
      await visit({}, async ({ page }) => {
        await explore(page)
        const asked = () => new URL(page.url()).searchParams
        const tabTo = async (selector: string) => {
          for (let tabs = 0; tabs < 60; tabs++) {
            if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return
            await page.keyboard.press('Tab')
          }
          throw new Error(`no way to ${selector} by Tab`)
        }
        await tabTo('[name="measure"]')
        await page.keyboard.press('ArrowRight')
        await expect.poll(() => asked().get('measure')).toBe('packets')
        await tabTo('[name="of"]')
        await page.keyboard.press('ArrowDown')
        await expect.poll(() => asked().get('of')).not.toBe('total')
        await tabTo('.members-choice summary')
        await page.keyboard.press('Enter')
        await tabTo('[name="member"]')
        await page.keyboard.press('Space')
        await expect.poll(() => asked().get('only')).not.toBeNull()
        await tabTo('[name="draw"]')
        await page.keyboard.press('ArrowRight')
        await expect.poll(() => asked().get('draw')).toBe('lines')
        await tabTo('[data-hours="6"]')
        await page.keyboard.press('Enter')
        await expect.poll(() => asked().get('from')).toBe(minute(END - 6 * HOUR))
        await tabTo('[data-move="earlier"]')
        await page.keyboard.press('Enter')
        await expect.poll(() => asked().get('to')).toBe(minute(END - 6 * HOUR))
      })
    })

    test('takes times by the clock of the site, whatever the visitor’s', async () => {
      await visit({ timezoneId: 'America/St_Johns' }, async ({ page }) => {
        await explore(page)
        await page.locator('input[name="from"]').fill('2026-11-24T14:00')
        await page.locator('input[name="to"]').fill('2026-11-24T15:30')
        await page.locator('button[type="submit"]').click()
        await expect.poll(() => new URL(page.url()).searchParams.get('from')).toBe('2026-11-24T13:00Z')
        expect(new URL(page.url()).searchParams.get('to')).toBe('2026-11-24T14:30Z')
        expect(await page.locator('.zone').textContent()).toBe('CET')
      })
    })
  })

  describe('its pictures', () => {
    test.each(['light', 'dark'])('stand alone, %s', async (ground) => {
      await visit({}, async ({ page }) => {
        await explore(page, `?by=service&${hours(2, 0)}`)
        await page.locator('[name="ground"]').selectOption(ground)
        const svg = (await saved(page, 'svg')).toString()
        expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
        expect(svg).not.toMatch(/var\(|inherit|style=|<script|href=/)
        expect(svg).toContain('All traffic: bits by service')
        expect(svg).toContain(ground === 'light' ? '#ffffff' : '#14181f')
        const png = await saved(page, 'png')
        expect(png.subarray(1, 4).toString()).toBe('PNG')
        expect(png.readUInt32BE(16)).toBe(2 * 992)
        expect(png.length).toBeGreaterThan(20_000)
      })
    })
  })

  describe('when something is amiss', () => {
    test('it asks for the catalog once more when a window is gone, and then says so', async () => {
      const look = async ({ page, requests }: Visit) => {
        await page.route('**/data/5m/**', (route) => route.fulfill({ status: 404, body: '' }))
        await page.goto(`${server.url}explore/`)
        await page.locator('.state', { hasText: 'Load the page again' }).waitFor()
        expect(requests.filter((address) => address.endsWith('catalog.json'))).toHaveLength(2)
      }
      await visit({}, look, /status of 404/)
    })

    test('a chart whose numbers are not to be had stays the picture that it is', async () => {
      const look = async ({ page }: Visit) => {
        await page.route('**/bits.json', (route) => route.fulfill({ status: 503, body: '' }))
        await page.goto(`${server.url}services/https/`)
        await page.locator('.plot .chart').first().hover()
        await page.locator('.readout-hint', { hasText: 'could not be loaded' }).waitFor()
        expect(await page.locator('.plot .chart-wide').first().isVisible()).toBe(true)
      }
      await visit({}, look, /status of 503/)
    })

    test('a page that stayed open goes on with the newest data', async () => {
      await visit({}, async ({ page, requests }) => {
        await page.clock.install({ time: END * 1000 })
        await explore(page)
        await page.clock.fastForward('10:00')
        await page.locator('[data-hours="6"]').click()
        await expect.poll(() => new URL(page.url()).searchParams.get('from')).toBe(minute(END - 6 * HOUR))
        expect(requests.filter((address) => address.endsWith('catalog.json'))).toHaveLength(2)
      })
    })

    test('it does not call data old that came after it', async () => {
      await visit({}, async ({ page }) => {
        await page.clock.install({ time: END * 1000 })
        await explore(page)
        await page.clock.fastForward('20:00')
        await page.locator('.stale').waitFor()
        await page.route('**/data/catalog.json', async (route) => {
          const response = await route.fetch()
          await route.fulfill({ response, json: { ...(await response.json()), end: END + 300 } })
        })
        await page.locator('[data-hours="6"]').click()
        await page.locator('.stale').waitFor({ state: 'hidden' })
        await page.clock.fastForward('02:00')
        expect(await page.locator('.stale').isVisible()).toBe(false)
      })
    })

    test('it goes on with what a new catalog names', async () => {
      const look = async ({ page }: Visit) => {
        let isOld = true
        await page.route('**/data/catalog.json', async (route) => {
          const response = await route.fetch()
          const catalog = await response.json()
          for (const day of Object.keys(catalog.resolutions['5m'].windows))
            if (isOld) catalog.resolutions['5m'].windows[day] = '0123456789abcdef'
          isOld = false
          await route.fulfill({ response, json: catalog })
        })
        await explore(page)
        expect(await page.locator('.numbers tbody tr').count()).toBeGreaterThan(3)
      }
      await visit({}, look, /status of 404/)
    })

    test('without JavaScript it says what to use instead', async () => {
      await visit({ javaScriptEnabled: false }, async ({ page }) => {
        await page.goto(`${server.url}explore/`)
        expect(await page.locator('form.explorer').isVisible()).toBe(false)
        expect(await page.locator('noscript').textContent()).toContain('needs JavaScript')
        await page.locator('main a', { hasText: 'Networks' }).click()
        expect(page.url()).toBe(`${server.url}networks/`)
      })
    })

    test('names of members are text, whatever they are', async () => {
      await visit({}, async ({ page }) => {
        await explore(page, `?by=service&${hours(2, 0)}`)
        expect(await page.locator('.readout-name', { hasText: HOSTILE }).count()).toBe(1)
        await page.locator('.members-choice summary').click()
        await page.locator('.members-choice label', { hasText: HOSTILE }).click()
        await expect.poll(() => new URL(page.url()).searchParams.get('only')).not.toBeNull()
        await answered(page)
        expect(await page.title()).not.toBe('1')
        expect(await page.locator('main img').count()).toBe(0)
      })
    })
  })

  test.each([
    [1280, ''],
    [390, ''],
    [390, '?by=service'],
  ])('at %d px nothing moves while /explore/%s comes', async (width, search) => {
    const pieces = inPieces(server.url).listen(0, '127.0.0.1')
    try {
      await visit({ viewport: { width, height: 1300 } }, async ({ page }) => {
        await page.addInitScript(WATCH_SHIFTS)
        await page.route('**/statement.json', async (route) => {
          await new Promise((resolve) => setTimeout(resolve, 500))
          await route.continue()
        })
        await page.goto(`http://127.0.0.1:${(pieces.address() as AddressInfo).port}/explore/${search}`)
        await answered(page)
        expect(await page.locator('.numbers thead tr').first().textContent()).toMatch(
          /Total, bytesOf NovemberOf this timeAverageMaximum95thMinimumNow$/,
        )
        expect(await page.locator('.moved').textContent()).toBe('')
        await page.locator('.moved a', { hasText: 'November 2026' }).waitFor()
        // This month has nothing but what is shown.
        expect(await page.locator('.numbers tfoot').textContent()).toMatch(/(100\D%){3}/)
        // What is left are the digits of two dates, which take the place of a pattern.
        expect(await page.evaluate('moved')).toBeLessThan(0.0005)
        expect(await page.locator('.explorer-fields').isVisible()).toBe(search === '')
      })
    } finally {
      pieces.close()
    }
  })

  test('on a phone its choices unfold by a key; where there is room they stay', async () => {
    await visit({ viewport: { width: 390, height: 844 } }, async ({ page }) => {
      await explore(page, '?by=service')
      const fields = page.locator('.explorer-fields')
      const summary = page.getByText('What is shown')
      expect(await fields.isVisible()).toBe(false)
      expect(await page.locator('.explorer-times').isVisible()).toBe(true)
      await summary.press('Enter')
      expect(await fields.isVisible()).toBe(true)
      await page.setViewportSize({ width: 1280, height: 844 })
      expect(await summary.isVisible()).toBe(false)
      expect(await fields.isVisible()).toBe(true)
    })
  })

  test.each([1280, 768, 390, 320])('at %d px it is no wider than the screen', async (width) => {
    await visit({ viewport: { width, height: 900 } }, async ({ page }) => {
      await explore(page, `?by=service&compare=before&${hours(2, 0)}`)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    })
  })
})

/** Answers as the site does; the page of the explorer comes in two pieces, the second when the first has been painted. */
function inPieces(url: string): Server {
  return createServer(async (request, response) => {
    const answer = await fetch(url + request.url!.slice(1))
    const body = Buffer.from(await answer.arrayBuffer())
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type')! })
    if (!request.url!.startsWith('/explore/')) return response.end(body)
    const cut = body.indexOf('<div class="explorer-times')
    response.write(body.subarray(0, cut))
    setTimeout(() => response.end(body.subarray(cut)), 500)
  })
}

/** Makes a page remember how far things moved without anybody's doing. */
const WATCH_SHIFTS = `window.moved = 0
new PerformanceObserver((list) => { for (const { value } of list.getEntries()) window.moved += value })
  .observe({ type: 'layout-shift', buffered: true })`

function perSecond(count: number | bigint | null): number | null {
  return count === null ? null : Math.round((Number(count) / 300) * 1000) / 1000
}

/** `3.11 M` as a number. */
function toNumber(text: string | null): number | null {
  const match = /^([\d.]+)\s*([kMGT]?)/.exec(text ?? '')
  return match === null ? null : near(Number(match[1]) * 1000 ** ' kMGT'.indexOf(match[2] || ' '))
}

/** What three digits tell of a number. */
function near(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(3))
}
