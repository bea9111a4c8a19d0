import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createJiti } from 'jiti'
import { chromium } from 'playwright-core'
import { loadConfig } from '../../dist/ingest/config/load.js'
import { ingest } from '../../dist/ingest/run/ingest.js'
import { synthesizeStretch } from '../../dist/ingest/synthesize/index.js'
import { buildSite } from '../../dist/site/build.js'
import { startServer } from '../../dist/site/serve.js'

/*
 * npm run screenshots [-- --only overview,network] [-- --base DIR]
 *
 * Pictures of every kind of page at three widths, light and dark, under test/browser/screenshots: nine days of the demo's campus that end
 * at the same moment always, with a flood and an outage in their last 24 hours. The same code gives the same pictures. What is longer than a
 * screen or two is cut off. `--base` keeps the campus between runs; only its site is made anew.
 */
const { values } = parseArgs({ options: { only: { type: 'string' }, base: { type: 'string' } } })
const OUT = new URL('screenshots/', import.meta.url).pathname
const SHIPPED = new URL('../../flowscan.config.ts', import.meta.url).pathname
const DAYS = 9
const VIEWS = [
  { width: 1280, height: 900, most: 1250 },
  { width: 768, height: 1024, most: 1100 },
  { width: 390, height: 844, most: 1250 },
]
/** Of WebP: below this, letters fray. */
const QUALITY = 60

const { CAMPUS, PAGES } = await createJiti(import.meta.url).import('./pages.ts')
const pages = PAGES.filter(({ name }) => values.only === undefined || values.only.split(',').includes(name))
const base = values.base ?? mkdtempSync(join(tmpdir(), 'flowscan-screenshots-'))
try {
  const { dir } = await buildCampus()
  const server = await startServer(dir, { port: 0, host: '127.0.0.1' })
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
  })
  mkdirSync(OUT, { recursive: true })
  let bytes = 0
  for (const view of VIEWS)
    for (const colorScheme of ['light', 'dark']) bytes += await shoot(browser, server.url, view, colorScheme)
  console.log(`${pages.length * VIEWS.length * 2} pictures, ${(bytes / 1e6).toFixed(1)} MB`)
  await browser.close()
  await server.close()
} finally {
  if (values.base === undefined) rmSync(base, { recursive: true, force: true })
}

async function buildCampus() {
  const shipped = await loadConfig(SHIPPED)
  const [flows, saved] = [join(base, 'flows'), join(base, 'saved')]
  const config = {
    ...shipped.config,
    data: join(base, 'data'),
    flows: [{ ...shipped.config.flows[0], dir: flows, saved }],
    site: { ...shipped.config.site, dir: join(base, 'public') },
  }
  if (mkdirSync(flows, { recursive: true }) !== undefined) {
    synthesizeStretch({ dir: flows, from: CAMPUS.end - DAYS * 86_400, to: CAMPUS.end, seed: 1, flowsPerSlot: 400 })
    await ingest({ ...shipped, config })
  }
  await buildSite(config)
  return config.site
}

/** Returns how many bytes the pictures have. */
async function shoot(browser, url, { width, height, most }, colorScheme) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height }, locale: 'en-GB' })
  const page = await context.newPage()
  await page.clock.setFixedTime(new Date((CAMPUS.end + 240) * 1000))
  const session = await context.newCDPSession(page)
  let bytes = 0
  for (const { name, address, ready } of pages) {
    await page.goto(url + address)
    if (ready !== undefined) await page.waitForSelector(ready, { state: 'attached' })
    const whole = await page.evaluate('document.documentElement.scrollHeight')
    const { data } = await session.send('Page.captureScreenshot', {
      format: 'webp',
      quality: QUALITY,
      captureBeyondViewport: true,
      clip: { x: 0, y: 0, width, height: Math.min(whole, most), scale: 1 },
    })
    const picture = Buffer.from(data, 'base64')
    writeFileSync(join(OUT, `${name}-${width}-${colorScheme}.webp`), picture)
    bytes += picture.length
  }
  await context.close()
  return bytes
}
