import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { newestSlot } from '../../ingest/store/part.ts'
import { readAssets } from '../../site/assets.ts'
import { memberSubject, rangePage, totalSubject } from '../../site/pages/range.ts'
import { createSite, menuOf } from '../../site/pages/site.ts'
import { renderPages } from '../../site/render.ts'
import { cellsSeen, createTrafficReader } from '../../site/traffic.ts'
import { ingestCampus } from '../campus-site.ts'
import { temporaryDirectory } from '../directory.ts'

const TEMPLATES = fileURLToPath(new URL('../../templates', import.meta.url))
/** What a visitor waits for on a slow line: the page with its charts, and the style sheet. */
const MOST_BYTES = 25 * 1024
const END = Date.parse('2026-11-24T15:00:00Z') / 1000

test('a page of a full day and the style sheet weigh at most 25 KB', { timeout: 240_000 }, async () => {
  const { config } = await ingestCampus(temporaryDirectory(), { end: END, hours: 25, flowsPerSlot: 400 })
  const site = createSite(config)
  const { assets, files } = readAssets(TEMPLATES)
  const day = createTrafficReader(config.data, newestSlot(config.data)).read('day')
  const members = site.dimensions.flatMap((of) => of.members.map((member) => memberSubject(site, of, member)))
  const pages = [totalSubject(site), ...members].map((subject) =>
    rangePage(site, subject, day, cellsSeen(day), { board: null, since: '2026-11-23' }, null),
  )
  const frame = { siteTitle: site.title, root: '/', menu: menuOf(site), assets }
  const html = await renderPages(
    TEMPLATES,
    pages.map((page) => ({ page, frame })),
  )
  const weigh = (text: string | Uint8Array) => gzipSync(text, { level: 9 }).length
  const style = weigh(files.find(({ path }) => path === join('assets', 'site.css'))!.text)
  const weights = [...html].map(([address, text]) => ({ address, bytes: weigh(text) + style }))
  expect(weights.length).toBeGreaterThan(40)
  expect(weights.filter(({ bytes }) => bytes > MOST_BYTES)).toEqual([])
  const heaviest = weights.reduce((most, page) => (page.bytes > most.bytes ? page : most))
  console.log(`heaviest: /${heaviest.address}, ${heaviest.bytes} bytes gzip, ${style} of them the style sheet`)
})
