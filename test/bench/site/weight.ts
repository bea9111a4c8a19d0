import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { type Figure, median } from './figure.ts'

const KB = 1024

/** What a visitor without JavaScript loads for a range page, and what the first touch of a chart loads. */
export function measureWeight(root: string, tell: (figure: Figure) => void): void {
  const assets = join(root, 'assets')
  const names = readdirSync(assets)
  const pages = rangePages(root).map((file) => ({ file, weight: gzipped(file) + stylesOf(assets, file) }))
  const heaviest = pages.reduce((a, b) => (b.weight > a.weight ? b : a))
  const named = relative(root, heaviest.file).replace('index.html', '')
  tell({
    what: `range pages (${pages.length}), HTML + CSS + SVG, gzip: median`,
    measured: median(pages.map(({ weight }) => weight)) / KB,
    unit: 'KB',
  })
  tell({ what: `range pages: the heaviest, ${named}`, measured: heaviest.weight / KB, unit: 'KB', limit: 25 })
  tell({ what: 'of it CSS', measured: stylesOf(assets, heaviest.file) / KB, unit: 'KB' })
  for (const [at, script] of scriptsBySize(assets, names).entries()) {
    const packed = brotliCompressSync(readFileSync(join(assets, script))).length / KB
    const limit = at === 0 ? { limit: 125 } : {}
    tell({ what: `${script.replace(/[.-][0-9a-f]{8,}/, '')}, Brotli`, measured: packed, unit: 'KB', ...limit })
  }
}

/** The largest is what a chart becomes interactive by. */
function scriptsBySize(assets: string, names: readonly string[]): string[] {
  const size = (name: string) => readFileSync(join(assets, name)).length
  return names.filter((name) => /\.js$/.test(name)).sort((a, b) => size(b) - size(a))
}

function rangePages(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(({ name }) => name === 'bits.csv')
    .map(({ parentPath }) => join(parentPath, 'index.html'))
}

/** The style sheets of a page, without those for paper alone. */
function stylesOf(assets: string, file: string): number {
  const links = readFileSync(file, 'utf8').match(/<link rel="stylesheet"[^>]*>/g) ?? []
  return links
    .filter((link) => !link.includes('media="print"'))
    .reduce((sum, link) => sum + gzipped(join(assets, link.match(/assets\/([^?"]+)/)![1]!)), 0)
}

function gzipped(file: string): number {
  return gzipSync(readFileSync(file), { level: 9 }).length
}
