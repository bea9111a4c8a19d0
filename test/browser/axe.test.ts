import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningServer, startServer } from '../../site/serve.ts'
import { buildCampusSite } from '../campus-site.ts'
import { isWithout } from '../programs.ts'
import { launchChromium, visit } from './browser.ts'
import { CAMPUS, PAGES } from './pages.ts'

/* Every kind of page for those who do not see it, do not see it well, or have but a keyboard; and for those whose eyes follow what moves. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** What may differ between light and dark. */
const BY_COLOUR = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }
/** A tablet has a desk's parts: what it lays out otherwise, the matrix looks at. */
const WIDTHS = [1280, 390]

describe.skipIf(isWithout('pages for everybody', 'chromium'))('every kind of page', () => {
  let base: string
  let server: RunningServer
  let browser: Browser

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'flowscan-'))
    const { site } = await buildCampusSite(base, CAMPUS)
    server = await startServer(site.dir, { port: 0, host: '127.0.0.1' })
    browser = await launchChromium()
  }, 300_000)

  afterAll(async () => {
    await browser?.close()
    await server?.close()
    rmSync(base, { recursive: true, force: true })
  }, 60_000)

  /** What axe finds: a sentence each. */
  async function findings(page: Page, rules: object = RULES): Promise<string[]> {
    const { violations } = (await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(rules)} })`)) as {
      violations: { id: string; help: string; nodes: { target: string[] }[] }[]
    }
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target).join(' | ')}`)
  }

  test.each(WIDTHS)('at %d px, light and dark: axe finds nothing', { timeout: 300_000 }, async (width) => {
    await visit(browser, server.url, { viewport: { width, height: 900 } }, async (page) => {
      for (const { name, address, ready } of PAGES) {
        await page.goto(server.url + address)
        if (ready !== undefined) await page.waitForSelector(ready, { state: 'attached' })
        await page.evaluate(AXE)
        await page.emulateMedia({ colorScheme: 'light' })
        expect(await findings(page), `${name}, light`).toEqual([])
        await page.emulateMedia({ colorScheme: 'dark' })
        expect(await findings(page, BY_COLOUR), `${name}, dark`).toEqual([])
      }
    })
  })

  test('axe sees what is wrong', async () => {
    await visit(browser, server.url, {}, async (page) => {
      await page.goto(server.url)
      await page.evaluate(AXE)
      await page.evaluate(`document.querySelector('main').append(
        Object.assign(document.createElement('h5'), { textContent: 'deep' }),
        Object.assign(document.createElement('img'), { src: 'assets/icon.svg' }),
      )`)
      expect((await findings(page)).map((told) => told.split(':')[0]).sort()).toEqual(['heading-order', 'image-alt'])
    })
  })

  test('every drawing is told or passed over, every table has heads and a name', async () => {
    await visit(browser, server.url, {}, async (page) => {
      for (const { name, address } of PAGES) {
        await page.goto(server.url + address)
        expect(await page.evaluate(UNTOLD), name).toEqual([])
      }
    })
  })

  test.each([1280, 390])('at %d px nothing shifts after the first paint', { timeout: 120_000 }, async (width) => {
    await visit(browser, server.url, { viewport: { width, height: 900 } }, async (page) => {
      await page.addInitScript(`globalThis.shifts = []
        new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({ value }) => value)))
          .observe({ type: 'layout-shift', buffered: true })`)
      await page.clock.setFixedTime(new Date(CAMPUS.end * 1000))
      for (const { name, address, ready } of PAGES) {
        await page.goto(server.url + address)
        await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
        const shifts = (await page.evaluate('shifts')) as number[]
        // What a script fills grows where its answer comes, by less than what counts as good (Core Web Vitals).
        if (ready === undefined) expect(shifts, name).toEqual([])
        else
          expect(
            shifts.reduce((sum, each) => sum + each, 0),
            name,
          ).toBeLessThan(0.1)
      }
    })
  })

  test('the keyboard comes everywhere, and is seen where it is', { timeout: 120_000 }, async () => {
    await visit(browser, server.url, { viewport: { width: 1280, height: 900 } }, async (page) => {
      for (const address of ['', 'networks/', 'networks/dormitories/', 'networks/services/', 'quality/']) {
        await page.goto(server.url + address)
        const stops = (await page.evaluate(`[...document.querySelectorAll('${STOPS}')]
          .filter((each) => each.checkVisibility()).length`)) as number
        const seen = new Set<number>()
        for (let step = 0; step < stops; step++) {
          await page.keyboard.press('Tab')
          const at = (await page.evaluate(FOCUS)) as { index: number; isSeen: boolean }
          expect(at.isSeen, `stop ${step} of /${address}`).toBe(true)
          seen.add(at.index)
        }
        expect(seen.size, address).toBe(stops)
      }
    })
  })

  test('the first stop leads to the content', async () => {
    await visit(browser, server.url, {}, async (page) => {
      await page.goto(`${server.url}networks/`)
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      expect(await page.evaluate('document.activeElement.id')).toBe('main')
    })
  })

  test('on a phone the menu opens by keyboard, and is there without JavaScript', async () => {
    const phone = { viewport: { width: 390, height: 844 } }
    await visit(browser, server.url, phone, async (page) => {
      await page.goto(server.url)
      const menu = page.getByRole('navigation', { name: 'Main' })
      const button = page.getByRole('button', { name: 'Menu' })
      expect(await menu.isVisible()).toBe(false)
      await button.focus()
      await page.keyboard.press('Enter')
      expect(await menu.isVisible()).toBe(true)
      expect(await button.getAttribute('aria-expanded')).toBe('true')
    })
    await visit(browser, server.url, { ...phone, javaScriptEnabled: false }, async (page) => {
      await page.goto(server.url)
      expect(await page.getByRole('navigation', { name: 'Main' }).isVisible()).toBe(true)
      expect(await page.getByRole('button').count()).toBe(0)
    })
  })

  test('where the system sets the colours, lines of charts and what is chosen take them', async () => {
    await visit(browser, server.url, { forcedColors: 'active' }, async (page) => {
      await page.goto(`${server.url}networks/dormitories/`)
      expect(await page.evaluate(`getComputedStyle(document.documentElement).getPropertyValue('--chart-line')`)).toBe(
        'CanvasText',
      )
      const ground = (selector: string) =>
        page.evaluate(`getComputedStyle(document.querySelector('${selector}')).backgroundColor`)
      expect(await ground('.ranges a[aria-current]')).not.toBe(await ground('.ranges a:not([aria-current])'))
    })
  })

  test('on paper there is no navigation, and no dark', async () => {
    await visit(browser, server.url, { colorScheme: 'dark' }, async (page) => {
      await page.goto(`${server.url}networks/dormitories/`)
      await page.emulateMedia({ media: 'print' })
      expect(await page.locator('.menu, .ranges, .switch, .downloads').filter({ visible: true }).count()).toBe(0)
      expect(await page.locator('.chart svg').filter({ visible: true }).count()).toBe(3)
      expect(await page.evaluate(`getComputedStyle(document.documentElement).getPropertyValue('--ink')`)).toBe(
        '#16212c',
      )
    })
  })
})

const STOPS = 'a[href], button, [tabindex="0"], input, select, summary'

/** Which stop has the focus, and whether its outline shows. */
const FOCUS = `(() => {
  const at = document.activeElement
  const { outlineStyle, outlineWidth } = getComputedStyle(at)
  const all = [...document.querySelectorAll('${STOPS}')].filter((each) => each.checkVisibility())
  return { index: all.indexOf(at), isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 }
})()`

/** Drawings with neither a title nor a mark that they say nothing; tables without a name; heads that do not say of what. */
const UNTOLD = `(() => {
  const told = []
  const at = (element) => element.outerHTML.slice(0, 80)
  for (const svg of document.querySelectorAll('svg')) {
    if (svg.getAttribute('aria-hidden') === 'true') continue
    const titled = svg.querySelector(':scope > title')?.textContent && svg.querySelector(':scope > desc')?.textContent
    if (svg.getAttribute('role') !== 'img' || !titled) told.push(at(svg))
  }
  for (const table of document.querySelectorAll('main table')) {
    const region = table.closest('[role=region]')
    const name = table.caption?.textContent || region?.ariaLabel || document.getElementById(region?.getAttribute('aria-labelledby'))?.textContent
    if (!name) told.push(at(table))
  }
  for (const head of document.querySelectorAll('main th')) if (!head.scope) told.push(at(head))
  return told
})()`
