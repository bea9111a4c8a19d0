import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Assets } from './assets.ts'
import type { StackedChart } from './charts/chart.ts'
import { renderSparkline } from './charts/sparkline.ts'
import { downloadNames, downloadsOf } from './downloads.ts'
import { link, NOT_FOUND, OVERVIEW } from './links.ts'
import type { Page } from './pages/page.ts'
import { explainTemplate } from './template-mistake.ts'
import type { NewFile } from './write.ts'

/** What is around the content of every page. */
export interface Frame {
  readonly siteTitle: string
  /** The path of the site below its host: `/`, `/flows/`. */
  readonly root: string
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
 * what a template throws: a UserError that names the place. Nothing is written. Vega and Eleventy are loaded when they are needed, for they cost more than a
 * build that renders nothing; in this order, for Eleventy slows down what is loaded later.
 */
export async function renderPages(templates: string, pages: readonly Framed[]): Promise<Map<string, string>> {
  if (pages.length === 0) return new Map()
  const { renderStacked } = await import('./charts/render.ts')
  // No template is a module here: nobody has to stand between Node and the modules that it loads, in a thread of its own.
  process.env.ELEVENTY_SKIP_ESM_RESOLVER = '1'
  const { default: Eleventy } = await import('@11ty/eleventy')
  const { charts, sparklines } = await drawAll(pages, renderStacked)
  const eleventy = new Eleventy(VIRTUAL, VIRTUAL, {
    configPath: null,
    quietMode: true,
    config(config) {
      config.benchmarkManager.get('Configuration').setIsVerbose(false)
      config.setIncludesDirectory(relative(VIRTUAL, templates))
      config.setTemplateFormats(['njk'])
      config.setNunjucksEnvironmentOptions({ throwOnUndefined: true, trimBlocks: true, lstripBlocks: true })
      config.addGlobalData(
        'permalink',
        () =>
          ({ it }: { it: { address: string } }) =>
            fileOf(it.address),
      )
      for (const name of new Set(pages.map(({ page }) => page.template))) {
        const items = pages.filter(({ page }) => page.template === name).map(toItem)
        config.addTemplate(`${name}.njk`, `{% extends "${name}.njk" %}`, {
          pagination: { data: 'items', size: 1, alias: 'it' },
          items,
        })
      }
      config.addShortcode('chart', (address: string, name: string) => charts.get(keyOf(address, name))!)
      config.addShortcode('sparkline', (address: string, name: string) => sparklines.get(keyOf(address, name))!)
      config.addShortcode('chip', chip)
      config.addShortcode('bar', bar)
    },
  })
  eleventy.disableLogger()
  const rendered = await fromUsableDirectory(templates, () => eleventy.toJSON()).catch((error) => {
    throw explainTemplate(error, templates)
  })
  return new Map(rendered.map(({ url, content }) => [url.slice(1), content]))
}

/**
 * Where Eleventy is told to look for pages: there are none, all are made here. The templates are what these extend, so that
 * each is compiled once and not once a page.
 */
const VIRTUAL = dirname(fileURLToPath(import.meta.url))

/** Eleventy finds no page when it is called in `/`, where services run. */
async function fromUsableDirectory<T>(directory: string, action: () => Promise<T>): Promise<T> {
  const here = process.cwd()
  if (here !== '/') return action()
  process.chdir(directory)
  try {
    return await action()
  } finally {
    process.chdir(here)
  }
}

/** The file that a page is, below the root of the site. */
export function fileOf(address: string): string {
  return address.endsWith('.html') ? address : `${address}index.html`
}

/** The files of a rendered page, below the root of the site; its own last. What lies beside it is made here, and so not held for long. */
export function filesOf({ address, downloads = {}, files = {} }: Page, html: ReadonlyMap<string, string>): NewFile[] {
  const numbers = Object.entries(downloads).map(([name, data]) => downloadsOf(name, data))
  const beside = Object.entries(Object.assign({}, ...numbers, files) as { [name: string]: NewFile['text'] })
  return [
    ...beside.map(([name, text]) => ({ path: address + name, text })),
    { path: fileOf(address), text: html.get(address)! },
  ]
}

/** The same by name alone, whether it is rendered or not. */
export function fileNamesOf({ address, downloads = {}, files = {} }: Page): string[] {
  const beside = [...Object.keys(downloads).flatMap(downloadNames), ...Object.keys(files)]
  return [...beside.map((name) => address + name), fileOf(address)]
}

/** Pages are made and rendered some at a time, so that memory does not follow the size of the site. */
const BATCH = 128

/** Groups items that count for so many pages each. */
export function* inBatches<T>(items: Iterable<T>, pagesOf: (item: T) => number): Generator<T[]> {
  let batch: T[] = []
  let pages = 0
  for (const item of items) {
    batch.push(item)
    pages += pagesOf(item)
    if (pages < BATCH) continue
    yield batch
    batch = []
    pages = 0
  }
  if (batch.length > 0) yield batch
}

async function drawAll(pages: readonly Framed[], draw: (chart: StackedChart) => Promise<string>) {
  const charts = new Map<string, string>()
  const sparklines = new Map<string, string>()
  for (const { page } of pages) {
    for (const [name, chart] of Object.entries(page.charts ?? {}))
      charts.set(keyOf(page.address, name), await draw(chart))
    for (const [name, sparkline] of Object.entries(page.sparklines ?? {}))
      sparklines.set(keyOf(page.address, name), renderSparkline(sparkline, sparkline))
  }
  return { charts, sparklines }
}

function keyOf(address: string, name: string): string {
  return `${address} ${name}`
}

/** What a template sees as `it`. */
function toItem({ page, frame }: Framed) {
  const { address, title, section, trail, data, content } = page
  const pageCss = frame.assets.pageCss[page.template]
  const linkTo = (to: string) => link(address, to, frame.root)
  return {
    address,
    title,
    siteTitle: frame.siteTitle,
    documentTitle: address === OVERVIEW ? frame.siteTitle : `${title} · ${frame.siteTitle}`,
    home: linkTo(OVERVIEW),
    menu: frame.menu.map((entry) => ({
      href: linkTo(entry.address),
      label: entry.label,
      isCurrent: entry.address === section && address !== NOT_FOUND,
      isHere: entry.address === address,
    })),
    css: linkTo(frame.assets.css),
    printCss: linkTo(frame.assets.printCss),
    pageCss: pageCss === undefined ? '' : linkTo(pageCss),
    script: linkTo(frame.assets.script),
    client: linkTo(frame.assets.client),
    icon: linkTo(frame.assets.icon),
    touchIcon: linkTo(frame.assets.touchIcon),
    card: linkTo(frame.assets.card),
    description: `What fills the lines of ${frame.siteTitle}: traffic in and out, every five minutes, from flow records.`,
    trail,
    data,
    ...content,
  }
}

/** A colour as a small square. Colours come from the config, which checks them, and the theme. */
function chip(color: string): string {
  return `<svg class="chip" viewBox="0 0 1 1" aria-hidden="true"><rect width="1" height="1" fill="${color}"/></svg>`
}

const LEAST_BAR = 2

/** A share as the length of a bar; the smallest is still seen. */
function bar(share: number, color: string): string {
  const percent = share > 0 ? Math.max(share, LEAST_BAR) : 0
  return `<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width="${percent}" height="1" fill="${color}"/></svg>`
}
