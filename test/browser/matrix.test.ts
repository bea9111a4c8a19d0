import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildCampusSite } from '../campus-site.ts'
import { type Nginx, startNginx } from '../nginx.ts'
import { isWithout } from '../programs.ts'
import { launchChromium, visit } from './browser.ts'
import { LAYOUT } from './layout.ts'
import { CAMPUS, PAGES } from './pages.ts'

/* Every kind of page, as nginx serves it by the shipped configuration: with and without JavaScript, light and dark, on desk, tablet and phone. */
const WIDTHS = [1280, 768, 390]
const looks = [true, false].flatMap((javaScriptEnabled) =>
  (['light', 'dark'] as const).map((colorScheme) => ({
    name: `${javaScriptEnabled ? 'with' : 'without'} JavaScript, ${colorScheme}`,
    options: { javaScriptEnabled, colorScheme },
  })),
)

describe.skipIf(isWithout('every page in a browser, by nginx', 'chromium', 'nginx'))('every kind of page', () => {
  let base: string
  let nginx: Nginx
  let browser: Browser

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'flowscan-'))
    const { site } = await buildCampusSite(base, CAMPUS)
    nginx = await startNginx(join(base, 'nginx'), { root: join(site.dir, 'current') })
    browser = await launchChromium()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await nginx?.stop()
    rmSync(base, { recursive: true, force: true })
  }, 60_000)

  test('is in the list', () => {
    const templates = readdirSync(new URL('../../templates', import.meta.url)).filter((name) => name.endsWith('.njk'))
    expect([...new Set(PAGES.map(({ template }) => `${template}.njk`))].sort()).toEqual(templates.sort())
  })

  test.each(looks)(
    '$name: is whole at every width, and nothing is complained of',
    { timeout: 120_000 },
    async (look) => {
      await visit(browser, nginx.url, look.options, async (page, complaints) => {
        for (const { name, address, status = 200, ready } of PAGES) {
          for (const width of WIDTHS) {
            await page.setViewportSize({ width, height: 900 })
            const response = await page.goto(nginx.url + address)
            expect(response?.status(), name).toBe(status)
            expect(response?.headers()['content-security-policy'], name).toContain("default-src 'none'")
            if (ready !== undefined && look.options.javaScriptEnabled) await page.waitForSelector(ready)
            for (const told of (await page.evaluate(LAYOUT)) as string[])
              complaints.push(`${name} at ${width} px: ${told}`)
          }
        }
        const saysNotFound = (told: string) =>
          told.includes('nothing/: Failed to load resource') && told.includes('404')
        expect(complaints.filter((told) => !saysNotFound(told))).toEqual([])
      })
    },
  )
})
