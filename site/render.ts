import { join } from 'node:path'
import Eleventy from '@11ty/eleventy'
import type { Assets } from './assets.ts'
import { renderStacked } from './charts/render.ts'
import { renderSparkline } from './charts/sparkline.ts'
import { link, NOT_FOUND, OVERVIEW } from './links.ts'
import { type Page, TEMPLATES } from './pages/page.ts'

/** What is around the content of every page. */
export interface Frame {
  readonly siteTitle: string
  readonly menu: readonly { readonly address: string; readonly label: string }[]
  readonly assets: Assets
}

/** A page and the frame it goes into. */
export interface Framed {
  readonly page: Page
  readonly frame: Frame
}

/**
 * Draws the charts and lets Eleventy print every page with the template of its name. Returns HTML by address. Throws
 * what a template throws. Nothing is written.
 */
export async function renderPages(templates: string, pages: readonly Framed[]): Promise<Map<string, string>> {
  if (pages.length === 0) return new Map()
  const { charts, sparklines } = await drawAll(pages)
  const items = Object.fromEntries(
    TEMPLATES.map((name) => [name, pages.filter(({ page }) => page.template === name).map(toItem)]),
  )
  const eleventy = new Eleventy(templates, join(templates, '_site'), {
    configPath: null,
    quietMode: true,
    config(config) {
      config.setTemplateFormats(['njk'])
      config.setNunjucksEnvironmentOptions({ throwOnUndefined: true, trimBlocks: true, lstripBlocks: true })
      config.addGlobalData('items', () => items)
      config.addGlobalData(
        'permalink',
        () =>
          ({ it }: { it: { address: string } }) =>
            fileOf(it.address),
      )
      config.addShortcode('chart', (address: string, name: string) => charts.get(keyOf(address, name))!)
      config.addShortcode('sparkline', (address: string, name: string) => sparklines.get(keyOf(address, name))!)
      config.addShortcode('chip', chip)
      config.addShortcode('bar', bar)
    },
  })
  eleventy.disableLogger()
  const rendered = await eleventy.toJSON()
  return new Map(rendered.map(({ url, content }) => [url.slice(1), content]))
}

/** The file that a page is, below the root of the site. */
export function fileOf(address: string): string {
  return address.endsWith('.html') ? address : `${address}index.html`
}

async function drawAll(pages: readonly Framed[]) {
  const charts = new Map<string, string>()
  const sparklines = new Map<string, string>()
  for (const { page } of pages) {
    for (const [name, chart] of Object.entries(page.charts ?? {}))
      charts.set(keyOf(page.address, name), await renderStacked(chart))
    for (const [name, rates] of Object.entries(page.sparklines ?? {}))
      sparklines.set(keyOf(page.address, name), renderSparkline(rates))
  }
  return { charts, sparklines }
}

function keyOf(address: string, name: string): string {
  return `${address} ${name}`
}

/** What a template sees as `it`. */
function toItem({ page, frame }: Framed) {
  const { address, title, section, trail, data, content } = page
  return {
    address,
    title,
    siteTitle: frame.siteTitle,
    documentTitle: address === OVERVIEW ? frame.siteTitle : `${title} · ${frame.siteTitle}`,
    home: link(address, OVERVIEW),
    menu: frame.menu.map((entry) => ({
      href: link(address, entry.address),
      label: entry.label,
      isCurrent: entry.address === section && address !== NOT_FOUND,
      isHere: entry.address === address,
    })),
    css: link(address, frame.assets.css),
    script: link(address, frame.assets.script),
    icon: link(address, frame.assets.icon),
    trail,
    data,
    ...content,
  }
}

/** A colour as a small square. Colours come from the config, which checks them, and the theme. */
function chip(color: string): string {
  return `<svg class="chip" viewBox="0 0 1 1" aria-hidden="true"><rect width="1" height="1" fill="${color}"/></svg>`
}

/** A share as the length of a bar. */
function bar(percent: number, color: string): string {
  return `<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width="${percent}" height="1" fill="${color}"/></svg>`
}
