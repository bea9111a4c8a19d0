import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import type { ConfigInput } from '../../ingest/config/index.ts'
import { readAssets } from '../../site/assets.ts'
import { aboutPage } from '../../site/pages/about.ts'
import { createSite } from '../../site/pages/site.ts'
import { renderPages } from '../../site/render.ts'
import { configOf } from './stored.ts'

vi.setConfig({ testTimeout: 60_000 })

const TEMPLATES = new URL('../../templates', import.meta.url).pathname

async function about(changes: Partial<ConfigInput> = {}): Promise<string> {
  const page = aboutPage(createSite(configOf(changes)))
  const frame = { siteTitle: 'Test', root: '/', menu: [], assets: readAssets(TEMPLATES).assets }
  // Labels stand in elements of their own, whatever way they are written.
  return (await renderPages(TEMPLATES, [{ page, frame }])).get('about/')!.replaceAll(/<\/?bdi>/g, '')
}

/** Rows of the table of a dimension: label, id, definition. */
function rows(html: string, title: string): string[][] {
  const section = html.split('<section').find((part) => part.includes(`>${title}</a></h3>`))!
  return [...section.slice(section.indexOf('<tbody>')).matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
    row!
      .split(/<\/t[hd]>/)
      .slice(0, 3)
      .map((cell) => cell.replaceAll(/<[^>]+>/g, '')),
  )
}

test('the configuration stands in words, every member with what it is', async () => {
  const html = await about({
    routers: { border: { label: 'Border', addresses: ['198.51.100.1', '2001:db8::1'], sampleRate: 100, border: true } },
    asNumbers: { cloud: { label: 'Cloud', numbers: '64497, 64500-64510' } },
    tos: { ef: '184-187' },
  })
  expect(rows(html, 'Networks')).toEqual([
    ['Campus', 'campus', '192.0.2.0/25'],
    ['Lab', 'lab', '192.0.2.0/26'],
    ['Dorm', 'dorm', '192.0.2.128/25'],
  ])
  expect(rows(html, 'Services')).toEqual([
    ['Web', 'http', '80/tcp'],
    ['DNS', 'dns', '53/udp'],
    ['other', 'other', 'What none of the configured services names.'],
  ])
  expect(rows(html, 'Routers')[0]).toEqual(['Border', 'border', '198.51.100.1, 2001:db8::1, samples 1 in 100 packets'])
  expect(rows(html, 'Autonomous systems')[0]).toEqual(['Cloud', 'cloud', 'AS 64497, AS 64500–64510'])
  expect(rows(html, 'TOS classes')[0]).toEqual(['ef', 'ef', 'TOS 184–187'])
  expect(html).toContain('Border: samples 1 in 100 packets, at the border')
  expect(html).toContain('Only flows of routers at the border count')
})

test('how figures are counted follows the config', async () => {
  const html = await about({
    timing: 'export',
    retention: { '5m': '60d', '30m': '3y' },
    site: { timeZone: 'Europe/Vienna', events: 'events.txt' },
    scoreboard: { top: 7, keep: 70 },
  })
  for (const said of [
    'A flow counts whole in the slot of the flow file it is in.',
    'Values of five minutes 60 days, of half an hour 1,098 days, of two hours 3,660 days, of a day for ever; scoreboards of slots 400 days',
    'is of a calendar month of Europe/Vienna',
    'Each list shows 7 hosts; of every slot the 70 busiest',
    'Numbered rules on charts are events',
    'rank ⌈0.95 × n⌉',
    'href="../data/catalog.json"',
    'href="../reports/"',
  ])
    expect(html).toContain(said)
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(html).toContain(`flowscan ${version}, from NetFlow`)
  expect(await about()).not.toContain('Numbered rules on charts are events')
})
