import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../../ingest/config/load.ts'
import { type Nginx, startNginx } from '../nginx.ts'
import { isWithout } from '../programs.ts'
import { launchChromium, visit } from './browser.ts'
import { fitStrings, UNFIT } from './hostile.ts'
import { buildHostileSite, type HostileSite } from './hostile-site.ts'
import { LAYOUT } from './layout.ts'

/*
 * Two hundred hostile texts through everything that can be named, in Chromium over nginx. Escaping is proven alone, where nginx sends no
 * policy; the policy alone, on a copy of the site with all escapes taken out; and that copy without a policy shows what these tests see when
 * neither is there. HOSTILE_TURNS=6 puts each text into each dimension (by default into one).
 */
const TURNS = Number(process.env.HOSTILE_TURNS ?? 1)
const PHONE = { viewport: { width: 390, height: 800 } }
const WITHOUT_POLICY = (host: string) => host.replace(/^ *add_header Content-Security-Policy .*\n/m, '')
/** Pages whose charts are touched, and what the address of the explorer may say. */
const TOUCHED = ['networks/m1/', 'services/m1/', 'routers/m1/', 'protocols/m1/']
const QUERY = ['measure', 'of', 'by', 'only', 'way', 'from', 'to', 'draw', 'compare', '__proto__']
/** A label may well be `undefined`. */
const MISTAKEN = ['a value is missing in a text']
const LIST_PAGES = ['', 'networks/', 'services/', 'routers/', 'networks/services/', 'quality/', 'about/']

describe('the config', () => {
  const mistakesOf = (text: string) => {
    try {
      parseConfig(
        { organization: text, subnets: '192.0.2.0/24', networks: { x: { label: text, prefixes: '192.0.2.0/25' } } },
        '/x',
      )
      return []
    } catch (error) {
      return (error as Error).message.split('\n').slice(1)
    }
  }

  test.each(UNFIT.map((each) => ({ ...each, name: JSON.stringify(each.text.slice(0, 30)) })))(
    'refuses $name and says why',
    ({ text, mistake }) => {
      const lines = mistakesOf(text)
      expect(lines.map((line) => line.split(':')[0]!.trim())).toEqual(['organization', 'networks.x.label'])
      for (const line of lines) expect(line).toMatch(mistake)
      expect(lines.join()).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u)
    },
  )

  test('takes every other text as it is', () => {
    const texts = fitStrings('http://127.0.0.1:9/')
    expect(texts.filter((text) => mistakesOf(text).length > 0)).toEqual([])
    expect(new Set([...texts, ...UNFIT.map(({ text }) => text)]).size).toBeGreaterThanOrEqual(200)
  })
})

describe.skipIf(isWithout('hostile texts in a browser', 'chromium', 'nginx'))('hostile texts', () => {
  const stops: (() => unknown)[] = []
  const asked: string[] = []
  let browser: Browser
  let canary: string
  let usual: Set<string>
  let base: string

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'flowscan-'))
    stops.push(() => rmSync(base, { recursive: true, force: true }))
    const server = createServer((request, response) => {
      asked.push(`${request.headers['sec-fetch-dest']} ${request.url}`)
      response.end()
    })
    canary = await listen(server)
    stops.push(() => server.close())
    browser = await launchChromium()
    stops.push(() => browser.close())
    usual = await shapesOfUsualPages()
  }, 120_000)

  afterAll(async () => {
    for (const stop of stops.reverse()) await stop()
  }, 120_000)

  async function serve(root: string, change?: (host: string) => string): Promise<Nginx> {
    const nginx = await startNginx(
      mkdtempSync(join(base, 'nginx-')),
      change === undefined ? { root } : { root, change },
    )
    stops.push(() => nginx.stop())
    return nginx
  }

  /** Kinds of elements that pages have whose names are harmless. */
  async function shapesOfUsualPages(): Promise<Set<string>> {
    const words = 'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu'.split(' ')
    const { config } = await buildHostileSite(mkdtempSync(join(base, 'usual-')), { fit: words, told: ['one', 'two'] })
    const root = join(config.site.dir, 'current')
    const { url } = await serve(root)
    const shapes = new Set<string>()
    await visit(browser, url, PHONE, async (page, complaints) => {
      for (const address of [
        ...pagesBelow(root),
        ...TOUCHED,
        'explore/?of=none&by=none&only=none&from=none&draw=none',
      ]) {
        await page.goto(url + address)
        if (address.startsWith('explore/')) await answered(page)
        if (TOUCHED.includes(address)) await touchChart(page)
        for (const shape of await shapesOn(page)) shapes.add(shape)
        complaints.push(...((await page.evaluate(LAYOUT)) as string[]))
      }
      expect(complaints).toEqual([])
    })
    return shapes
  }

  const built = new Map<number, Promise<HostileSite>>()
  function build(turn: number): Promise<HostileSite> {
    const fit = fitStrings(canary)
    const told = [...fit, ...UNFIT.map(({ text }) => text.slice(0, 255)).filter((text) => text !== '')]
    const site = built.get(turn) ?? buildHostileSite(mkdtempSync(join(base, 'hostile-')), { fit, told, turn })
    built.set(turn, site)
    return site
  }

  /** What is wrong with the page that is shown: a sentence each. */
  async function look(page: Page, label: string | undefined): Promise<string[]> {
    if (page.url().includes('/explore/')) await answered(page)
    const told = ((await page.evaluate(LAYOUT)) as string[]).filter((each) => !MISTAKEN.includes(each))
    if ((await page.evaluate('window.__pwn')) !== undefined) told.push('a script of theirs ran')
    const strange = (await shapesOn(page)).filter((shape) => !usual.has(shape))
    if (strange.length > 0) told.push(`new kinds of elements: ${strange.join(' ')}`)
    const heading = await page.locator('h1').first().textContent()
    if (label !== undefined && heading !== label)
      told.push(`${JSON.stringify(label)} shows as ${JSON.stringify(heading)}`)
    return told
  }

  test.each(Array.from({ length: TURNS }, (_, turn) => ({ turn })))(
    'do nothing on any page, even without a policy (turn $turn)',
    { timeout: 600_000 },
    async ({ turn }) => {
      const { config, labels } = await build(turn)
      const root = join(config.site.dir, 'current')
      const [bare, shipped] = [await serve(root, WITHOUT_POLICY), await serve(root)]
      const addresses = pagesBelow(root)
      expect(addresses.length).toBeGreaterThan(labels.size)
      asked.length = 0
      await visit(browser, bare.url, PHONE, async (page, complaints) => {
        for (const address of addresses) {
          await page.goto(bare.url + address)
          for (const what of await look(page, labels.get(address))) complaints.push(`${address}: ${what}`)
        }
        expect(complaints).toEqual([])
      })
      await visit(browser, shipped.url, { viewport: { width: 1280, height: 900 } }, async (page, complaints) => {
        for (const address of addresses.filter((each, at) => LIST_PAGES.includes(each) || at % 5 === 0)) {
          await page.goto(shipped.url + address)
          for (const what of await look(page, labels.get(address))) complaints.push(`${address}: ${what}`)
        }
        expect(complaints).toEqual([])
      })
      expect(asked).toEqual([])
      for (const json of filesBelow(root, '.json')) expect(() => JSON.parse(readFileSync(json, 'utf8'))).not.toThrow()
      for (const csv of filesBelow(root, '.csv')) expect(readFileSync(csv, 'utf8')).not.toMatch(/(^|,)"?[=+@-]/m)
    },
  )

  test('do nothing on charts that became instruments, nor in the address of the explorer', {
    timeout: 600_000,
  }, async () => {
    const { config, labels } = await build(0)
    const { url } = await serve(join(config.site.dir, 'current'), WITHOUT_POLICY)
    const texts = [...fitStrings(canary), ...UNFIT.map(({ text }) => text.slice(0, 500))]
    asked.length = 0
    await visit(browser, url, PHONE, async (page, complaints) => {
      for (const address of [...labels.keys()].filter((_, at) => at % 8 === 0)) {
        await page.goto(url + address)
        await touchChart(page)
        for (const what of await look(page, labels.get(address))) complaints.push(`${address}: ${what}`)
      }
      for (let first = 0; first < texts.length; first += QUERY.length) {
        const pairs = QUERY.map((name, at) => [name, texts[(first + at) % texts.length]!] as [string, string])
        const query = new URLSearchParams(pairs)
        await page.goto(`${url}explore/?${query}#${query.get('measure')}`)
        for (const what of await look(page, undefined)) complaints.push(`${JSON.stringify(pairs)}: ${what}`)
      }
      expect(complaints).toEqual([])
    })
    expect(asked).toEqual([])
  })

  test('are held by the policy alone where escaping is missing, and by nothing where both are', {
    timeout: 600_000,
  }, async () => {
    const { config } = await build(0)
    const copy = mkdtempSync(join(base, 'unescaped-'))
    const root = join(config.site.dir, 'current')
    cpSync(join(root, 'assets'), join(copy, 'assets'), { recursive: true })
    for (const address of ['networks', 'quality']) {
      mkdirSync(join(copy, address))
      const html = readFileSync(join(root, address, 'index.html'), 'utf8')
      writeFileSync(join(copy, address, 'index.html'), unescaped(html))
    }

    const seen = async (patience: number, change?: (host: string) => string) => {
      const { url } = await serve(copy, change)
      asked.length = 0
      const found = { ran: 0, dialogs: 0, asked: [] as string[] }
      for (const address of ['networks/', 'quality/']) {
        await visit(browser, url, PHONE, async (page, complaints) => {
          await page.goto(url + address, { waitUntil: 'commit' })
          if (await runsWithin(page, patience)) found.ran++
          found.dialogs += complaints.filter((told) => told.includes('a dialog')).length
        })
      }
      // A page may always send its visitor elsewhere; no policy forbids that.
      found.asked = asked.filter((each) => !each.startsWith('document '))
      return found
    }
    expect(await seen(500)).toEqual({ ran: 0, dialogs: 0, asked: [] })
    const bare = await seen(5000, WITHOUT_POLICY)
    expect(bare.ran).toBeGreaterThan(0)
    expect(bare.dialogs).toBeGreaterThan(0)
    expect(bare.asked.length).toBeGreaterThan(0)
  })
})

/** A pointer over the first chart makes an instrument of it, which tells what lies below. */
async function touchChart(page: Page): Promise<void> {
  await page.locator('.plot .chart').first().hover()
  await page.locator('.plot .cursor').first().waitFor({ state: 'attached' })
}

/** The explorer has drawn, or has said why it did not. */
async function answered(page: Page): Promise<void> {
  await page
    .locator('form.explorer:not(.is-loading) :is(.cursor, .plot:empty)')
    .first()
    .waitFor({ state: 'attached', timeout: 60_000 })
}

/** Does a script of theirs run, sooner or later? */
async function runsWithin(page: Page, milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await page.waitForTimeout(50))
    if ((await page.evaluate('window.__pwn').catch(() => undefined)) !== undefined) return true
  return false
}

/** Every kind of element on the page: its name and those of its attributes, and where it leads to if not to the site. */
function shapesOn(page: Page): Promise<string[]> {
  return page.evaluate(`[...new Set([...document.querySelectorAll('*')].map((element) => {
    const names = [...element.attributes].map(({ name }) => name).filter((name) => !/^(disabled|hidden)$/.test(name)).sort()
    const away = element.href && typeof element.href === 'string' && new URL(element.href).origin !== location.origin
    return element.tagName + '[' + names + ']' + (away ? ' to ' + element.href : '')
  }))]`)
}

/** Addresses of pages: of members one range, of every fifth pair, too; of the archive one slot. */
function pagesBelow(root: string): string[] {
  const addresses = filesBelow(root, 'index.html').map((file) => relative(root, file).replace(/index\.html$/, ''))
  const slot = addresses.find((address) => /^scoreboard\/.*\/\d{4}\/$/.test(address))
  const days = addresses.filter(
    (address) => !/\/(week|month|year)\/$/.test(address) && (!/\/\d{4}\/$/.test(address) || address === slot),
  )
  return days.filter((address, at) => address.split('/').length < 5 || address === slot || at % 5 === 0)
}

function filesBelow(root: string, ending: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

function unescaped(html: string): string {
  return html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#92;', '\\')
    .replaceAll('&amp;', '&')
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`
}
