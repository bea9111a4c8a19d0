import { type Dirent, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config } from '../../ingest/config/schema.ts'
import { buildSite } from '../../site/build.ts'
import { createDraft } from '../../site/release.ts'
import { withTwins } from '../../site/twins.ts'
import { temporaryDirectory } from '../directory.ts'
import { configOf, part, store } from './stored.ts'

vi.setConfig({ testTimeout: 60_000 })

const slot = (at: number) => part(at, { http: [3000, 300], hosts: [['192.0.2.1', 3000, 3, 1, 300, 1, 1]] })

let config: Config
beforeEach(() => {
  config = configOf()
})

const filesBelow = (directory: string): string[] =>
  (readdirSync(directory, { recursive: true, withFileTypes: true }) as Dirent[])
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
const current = () => join(config.site.dir, 'current/')
const inode = (file: string) => statSync(join(current(), file)).ino
/** Twins that do not hold what their file holds, and files without one. */
const flaws = (directory: string): string[] => {
  const files = filesBelow(directory)
  const texts = files.filter((file) => /\.(html|css|js|json|csv|svg)$/.test(file))
  expect(texts.length).toBeGreaterThan(3)
  return texts.filter((file) => {
    if (!files.includes(`${file}.gz`)) return true
    const text = readFileSync(file)
    if (!gunzipSync(readFileSync(`${file}.gz`)).equals(text)) return true
    return (
      file.includes('/assets/') &&
      !(files.includes(`${file}.br`) && brotliDecompressSync(readFileSync(`${file}.br`)).equals(text))
    )
  })
}

describe('packed twins', () => {
  test('lie beside every text of the release and the archive, and hold the same, after every build', async () => {
    for (const at of [0, 1, 2]) {
      store(config, slot(at))
      await buildSite(config)
      expect(flaws(current())).toEqual([])
      expect(flaws(join(config.site.dir, 'archive/2026-11-23'))).toEqual([])
    }
  })

  test('of a page or an asset that stays are taken over, not packed again', async () => {
    store(config, slot(0))
    await buildSite(config)
    const files = ['about/index.html.gz', 'assets/site.css.br', 'assets/site.js.gz']
    const before = [...files, 'total/index.html.gz'].map(inode)
    store(config, slot(1))
    await buildSite(config)
    expect(files.map(inode)).toEqual(before.slice(0, -1))
    expect(inode('total/index.html.gz')).not.toBe(before.at(-1))
  })

  test.each(['total/week/index.html.gz', 'assets/site.css.br'])('%s is made again when it was lost', async (file) => {
    store(config, slot(0))
    const { directory } = await buildSite(config)
    rmSync(join(directory, file))
    await buildSite(config)
    expect(flaws(current())).toEqual([])
  })

  test('are the same bytes whenever they are made, and what is no text has none', () => {
    const files = ['a/index.html', 'assets/site.js', 'a/picture.png', 'data/x.json.gz'].map((path) => ({
      path,
      text: `${path} `.repeat(99),
    }))
    const first = withTwins(files)
    vi.useFakeTimers({ now: Date.now() + 100_000_000, toFake: ['Date'] })
    expect(withTwins(files)).toEqual(first)
    vi.useRealTimers()
    expect(first.map(({ path }) => path)).toEqual([
      ...['a/index.html', 'a/index.html.gz', 'assets/site.js', 'assets/site.js.gz', 'assets/site.js.br'],
      ...['a/picture.png', 'data/x.json.gz'],
    ])
  })
})

describe('the time of a file, of which web servers make its ETag', () => {
  const etag = (file: string) => {
    const { mtimeMs, size } = statSync(join(config.site.dir, file))
    return `${Math.floor(mtimeMs / 1000)}-${size}`
  }
  const record = { version: 'x', pages: {}, assets: {}, ranges: {} } as never

  test('differs where the content does, though its size is the same and the second, too', async () => {
    const { dir } = config.site
    const seen: string[] = []
    for (const text of ['one', 'two', 'six', 'ten']) {
      const draft = createDraft(dir)
      await draft.write([{ path: 'index.html', text }])
      await draft.publish(record)
      seen.push(etag('current/index.html'), etag('current/index.html.gz'))
    }
    expect(new Set(seen).size).toBe(seen.length)
  })

  test('differs, too, when the clock was set back', async () => {
    const { dir } = config.site
    const seen: string[] = []
    for (const now of ['2026-11-23', '2026-11-23', '2025-01-01', '2026-11-23']) {
      vi.useFakeTimers({ now: Date.parse(now), toFake: ['Date'] })
      const draft = createDraft(dir)
      await draft.write([{ path: 'index.html', text: 'text' }])
      await draft.publish(record)
      seen.push(etag('current/index.html'))
    }
    vi.useRealTimers()
    expect(new Set(seen).size).toBe(seen.length)
  })

  test('stays with what stays', async () => {
    store(config, slot(0))
    await buildSite(config)
    const before = ['about/index.html', 'total/index.html', '404.html'].map((file) => etag(`current/${file}`))
    store(config, slot(1))
    await buildSite(config)
    const after = ['about/index.html', 'total/index.html', '404.html'].map((file) => etag(`current/${file}`))
    expect([after[0], after[2]]).toEqual([before[0], before[2]])
    expect(after[1]).not.toBe(before[1])
  })

  test('of a page of the archive moves on with every new content, whatever the clock says', async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ['Date'] })
    const file = 'archive/2026-11-23/0000/index.html'
    const seen: string[] = []
    // The link to its successor is as long, whichever it is.
    for (const at of [3, 2, 1]) {
      store(config, ...(at === 3 ? [slot(0), slot(at)] : [slot(at)]))
      await buildSite(config)
      seen.push(etag(file))
    }
    vi.useRealTimers()
    expect(new Set(seen).size).toBe(3)
    expect(new Set(seen.map((each) => each.split('-')[1])).size).toBe(1)
  })
})

test('a directory that holds no release begins with the clock', async () => {
  const draft = createDraft(temporaryDirectory())
  expect(Math.abs(draft.second - Date.now() / 1000)).toBeLessThan(5)
})
