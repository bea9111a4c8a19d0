import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isoTime } from '../../ingest/model/time.ts'
import { buildCampusSite } from '../campus-site.ts'
import { isWithout } from '../programs.ts'
import { launchChromium, visit } from './browser.ts'
import { CAMPUS, PAGES } from './pages.ts'

/*
 * The demo's campus as people use it: four hours of it, built, served by `flowscan serve` and looked at with a real browser.
 * `matrix.test.ts` looks at every page in every way.
 */
const CLI = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname
describe.skipIf(isWithout('the site in a browser', 'chromium'))('the demo site', () => {
  let base: string
  let server: ChildProcess
  let url: string
  let browser: Browser

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'flowscan-browser-'))
    await buildCampusSite(base, CAMPUS)
    const served = { subnets: '192.0.2.0/24', site: { dir: join(base, 'public') } }
    writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify(served))
    server = spawn(process.execPath, [CLI, 'serve', '--port', '0', '--config', join(base, 'flowscan.config.json')])
    url = await new Promise((resolve, reject) => {
      let told = ''
      server.stderr!.on('data', (text) => {
        told += text
        const found = /http:\/\/\S+/.exec(told)?.[0]
        if (found !== undefined) resolve(found)
      })
      server.on('exit', () => reject(new Error(`flowscan serve ended: ${told}`)))
    })
    browser = await launchChromium()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    server?.kill()
    rmSync(base, { recursive: true, force: true })
  }, 60_000)

  const look = (options: BrowserContextOptions, then: (page: Page, complaints: string[]) => Promise<void>) =>
    visit(browser, url, options, then)

  test('pages are as they are by nginx, under the same policy', async () => {
    await look({}, async (page, complaints) => {
      for (const address of ['', 'networks/dormitories/', 'scoreboard/']) {
        const response = await page.goto(url + address)
        expect(response?.status(), address).toBe(200)
        expect(response?.headers()['content-security-policy'], address).toContain("default-src 'none'")
      }
      expect(complaints).toEqual([])
    })
  })

  test('at 320 px, the least that is promised, no page is wider than the screen', { timeout: 60_000 }, async () => {
    await look({ viewport: { width: 320, height: 900 } }, async (page) => {
      for (const { name, address } of PAGES) {
        await page.goto(url + address)
        expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(320)
      }
    })
  })

  test('charts are drawn, one size at a time, each with a table', async () => {
    for (const width of [1280, 390]) {
      await look({ viewport: { width, height: 900 }, javaScriptEnabled: false }, async (page) => {
        await page.goto(`${url}networks/dormitories/`)
        const charts = page.locator('.chart')
        expect(await charts.count()).toBe(3)
        for (const chart of await charts.all()) {
          expect(await chart.locator('svg:visible').count()).toBe(1)
          const shown = chart.locator('svg:visible')
          expect(await shown.locator('path, use').count()).toBeGreaterThan(0)
          expect((await shown.boundingBox())?.height).toBeGreaterThan(200)
        }
        expect(await page.locator('table.figures tbody tr').count()).toBeGreaterThan(20)
        expect(await page.locator('table.hosts tbody tr').count()).toBe(20)
      })
    }
  })

  test('every link of the site leads somewhere', { timeout: 120_000 }, async () => {
    const waiting = new Set([''])
    const broken: string[] = []
    for (const address of waiting) {
      const response = await fetch(url + address)
      if (response.status !== 200) broken.push(`${address}: ${response.status}`)
      if (!response.headers.get('content-type')?.startsWith('text/html')) continue
      const html = await response.text()
      for (const [, href] of html.matchAll(/\s(?:href|src)="([^"#]+)/g)) {
        const { origin, pathname } = new URL(href!.replaceAll('&amp;', '&'), url + address)
        if (`${origin}/` === url) waiting.add(pathname.slice(1))
        else broken.push(`${address} leads to ${href}`)
      }
    }
    expect(broken).toEqual([])
    expect(waiting.size).toBeGreaterThan(500)
  })

  test('the switch changes the theme and is remembered', async () => {
    await look({ colorScheme: 'light' }, async (page) => {
      await page.goto(url)
      const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
      const light = await ground()
      await page.getByRole('button', { name: 'Dark' }).click()
      expect(await ground()).not.toBe(light)
      await page.goto(`${url}networks/`)
      expect(await ground()).not.toBe(light)
      await page.getByRole('button', { name: 'Light' }).click()
      expect(await ground()).toBe(light)
    })
  })

  test('a table is sorted by its numbers, whatever their prefix', async () => {
    await look({}, async (page) => {
      await page.goto(`${url}services/`)
      const maxima = async () =>
        (await page.locator('table.members tbody td:nth-child(7)').allInnerTexts()).map((text) => {
          const [, digits, prefix] = /^<?([\d.]+)\s?([kMG]?)$/.exec(text.trim())!
          return Number(digits) * 1000 ** ['', 'k', 'M', 'G'].indexOf(prefix!)
        })
      await page.locator('table.members thead tr:nth-child(2) button').nth(4).click()
      const sorted = await maxima()
      expect(sorted).toEqual([...sorted].sort((a, b) => b - a))
      await page.locator('table.members thead tr:nth-child(2) button').nth(4).click()
      expect(await maxima()).toEqual([...sorted].reverse())
    })
  })

  test('data that are old are said to be, by the clock of the visitor', async () => {
    await look({}, async (page) => {
      await page.clock.setFixedTime(new Date((CAMPUS.end + 14 * 60) * 1000))
      await page.goto(url)
      expect(await page.locator('.stale').isVisible()).toBe(false)
      await page.clock.setFixedTime(new Date((CAMPUS.end + 16 * 60) * 1000))
      await page.goto(url)
      expect(await page.locator('.stale').isVisible()).toBe(true)
    })
  })

  test('a page that stayed open tells newer data apart from none, and leads to them', async () => {
    await look({}, async (page) => {
      const address = `${url}services/?from=elsewhere`
      await page.clock.install({ time: new Date((CAMPUS.end + 14 * 60) * 1000) })
      await page.goto(address)
      await page.clock.fastForward('03:00')
      await page.locator('.stale', { hasText: 'still running' }).waitFor()
      expect(await page.locator('.stale-newer').isVisible()).toBe(false)
      await page.route(address, async (route) => {
        const response = await route.fetch()
        const later = `data-stale-after="${isoTime(CAMPUS.end + 3600)}"`
        await route.fulfill({ response, body: (await response.text()).replace(/data-stale-after="[^"]*"/, later) })
      })
      await page.clock.fastForward('01:00')
      await page.locator('.stale-newer').click()
      await page.locator('.stale').waitFor({ state: 'hidden' })
      expect(page.url()).toBe(address)
    })
  })

  test('that they are pushes nothing, and is told on every page that goes on, not in the archive', async () => {
    await look({ viewport: { width: 390, height: 844 } }, async (page) => {
      await page.clock.install({ time: new Date((CAMPUS.end + 14 * 60) * 1000) })
      await page.goto(url)
      const places = () =>
        page.evaluate(
          `[...document.querySelectorAll('h1, .chart, .bottom')].map((each) => each.getBoundingClientRect().top)`,
        )
      const before = await places()
      expect(before).toContainEqual(expect.any(Number))
      await page.clock.fastForward('03:00')
      await page.locator('.stale', { hasText: 'still running' }).waitFor()
      expect(await places()).toEqual(before)
      await page.evaluate('scrollTo(0, document.body.scrollHeight)')
      const [banner, foot] = await Promise.all([
        page.locator('.stale').boundingBox(),
        page.locator('.bottom p').boundingBox(),
      ])
      expect(foot!.y + foot!.height).toBeLessThan(banner!.y)
      for (const { address, template, status } of PAGES.filter(({ address }) => !address.includes('dormitories'))) {
        await page.goto(url + address)
        const isArchive = ['slot', 'day', 'calendar', 'about'].includes(template) || status === 404
        expect(await page.locator('.stale').isVisible(), address).toBe(!isArchive && !LATER.includes(address))
      }
    })
  })

  test.each([
    [false, 'Point to read, click to keep, drag to look closer.'],
    [true, 'Tap or slide to read.'],
  ])('a chart says on arrival what a pointer does with it; a finger: %s', async (hasTouch, words) => {
    await look({ viewport: { width: 390, height: 844 }, hasTouch, isMobile: hasTouch }, async (page) => {
      await page.goto(`${url}services/https/`)
      expect(await page.locator('.readout-hint').allTextContents()).toContain(words)
      expect(await page.locator('script[data-loaded]').count()).toBe(0)
    })
  })

  test('text has contrast enough in both themes', { timeout: 60_000 }, async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await look({ colorScheme }, async (page) => {
        for (const address of ['', 'networks/dormitories/', 'networks/services/', 'scoreboard/archive/', 'quality/']) {
          await page.goto(url + address)
          expect(await page.evaluate(LOW_CONTRAST), `${colorScheme} /${address}`).toEqual([])
        }
      })
    }
  })
})

/** Pages whose newest point is longer than a few minutes: it is not missed yet. */
const LATER = [
  'networks/dormitories/week/',
  'services/https/year/',
  'routers/border-1/services/https/month/',
  'reports/',
  'reports/2026-11/',
]

/** Texts whose colour has less than 4.5:1 (WCAG 2.2, 1.4.3) to what is behind them; runs in the page. Text on charts is theirs. */
const LOW_CONTRAST = `(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const pixel = (color, under) => {
    canvas.fillStyle = under
    canvas.fillRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data
    return 'rgb(' + r + ' ' + g + ' ' + b + ')'
  }
  const luminance = (rgb) => {
    const [r, g, b] = rgb.match(/\\d+/g).map((each) => {
      const share = each / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    const layers = []
    for (let at = element; at; at = at.parentElement) layers.push(getComputedStyle(at).backgroundColor)
    return layers.reduceRight((under, color) => pixel(color, under), 'rgb(255 255 255)')
  }
  const found = []
  for (const element of document.querySelectorAll('body *:not(svg *)')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('')
    if (text === '' || element.closest('[hidden], .skip') || element.closest('caption')) continue
    const ground = behind(element)
    const [a, b] = [luminance(pixel(getComputedStyle(element).color, ground)), luminance(ground)].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    if (ratio < 4.5) found.push(text.slice(0, 30) + ' ' + ratio.toFixed(2))
  }
  return [...new Set(found)]
})()`
