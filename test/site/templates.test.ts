import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config } from '../../ingest/config/schema.ts'
import { buildSite } from '../../site/build.ts'
import { temporaryDirectory } from '../directory.ts'
import { CONFIG, configOf, part, store } from './stored.ts'

vi.setConfig({ testTimeout: 120_000 })

let config: Config
let own: string
beforeEach(() => {
  const { site, ...given } = configOf()
  own = temporaryDirectory()
  config = { ...given, site: { ...site, templates: own } }
  store(config, part(0, { http: [3000, 300] }))
})

const write = (name: string, text: string) => {
  mkdirSync(dirname(join(own, name)), { recursive: true })
  writeFileSync(join(own, name), text)
}
const read = (file: string) => readFileSync(join(config.site.dir, 'current', file), 'utf8')
const ABOUT = `{% extends "shipped/about.njk" %}\n{% block main %}<p>Ask the NOC.</p>{{ super() }}{% endblock %}`

describe('templates of one’s own', () => {
  test('stand for the shipped ones of their names, may go on from them, and the rest stays shipped', async () => {
    await buildSite(config)
    const shipped = read('services/index.html')
    write('about.njk', ABOUT)
    write('assets/about.css.bak~', 'not meant')
    const { rendered } = await buildSite(config)
    expect(rendered).toBeGreaterThan(10)
    expect(read('about/index.html')).toMatch(/<p>Ask the NOC\.<\/p>[\s\S]*<h1>/)
    expect(read('services/index.html')).toBe(shipped)
    expect((await buildSite(config)).rendered).toBe(0)
  })

  test('a layout is around every page, also those whose templates are shipped', async () => {
    write('_layouts/base.njk', `{% extends "shipped/_layouts/base.njk" %}\n{% block main %}<b>ours</b>{% endblock %}`)
    await buildSite(config)
    expect(read('services/index.html')).toContain('</html>')
    write('_layouts/base.njk', '<title>{{ it.title }}</title>{% block main %}{% endblock %}</html>')
    await buildSite(config)
    expect(read('services/index.html')).toMatch(/^<title>Services<\/title>/)
  })

  test('a style sheet joins the others, other assets are published as they are', async () => {
    write('assets/university.css', '.title { color: #800000 }')
    write('assets/logo.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>')
    await buildSite(config)
    const [ours, theirs] = ['#800000', '.wrap{'].map((text) => read('assets/site.css').indexOf(text))
    expect(theirs).toBeGreaterThan(0)
    expect(ours).toBeGreaterThan(theirs!)
    expect(read('assets/logo.svg')).toContain('<svg')
    const packed = readFileSync(join(config.site.dir, 'current/assets/logo.svg.gz'))
    expect(gunzipSync(packed).toString()).toBe(read('assets/logo.svg'))
  })

  test.each([
    {
      mistake: '{% if %}',
      told: /^templates: about.njk, line 1, column 7: unexpected token: %}; nothing was published/,
    },
    {
      mistake: '<p>{{ it.nothing }}</p>',
      told: /^templates: about.njk or what it is made with, line 1, column \d+: attempted to output null/,
    },
    { mistake: '{% include "gone.njk" %}', told: /about.njk or what it is made with: template not found: gone.njk/ },
  ])('with a mistake are told, and the old site stays: $mistake', async ({ mistake, told }) => {
    await buildSite(config)
    const before = read('about/index.html')
    write('about.njk', mistake)
    await expect(buildSite(config)).rejects.toMatchObject({ message: expect.stringMatching(told), exitCode: 78 })
    expect(read('about/index.html')).toBe(before)
  })

  test('that are not there are told', async () => {
    rmSync(own, { recursive: true })
    await expect(buildSite(config)).rejects.toThrow(/^site.templates: .*: no such directory; make it/)
    mkdirSync(own)
  })

  test('leave nothing behind, whether the build does well or not', async () => {
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('flowscan-templates-'))
    const before = left()
    await buildSite(config)
    write('about.njk', '{% if %}')
    await expect(buildSite(config)).rejects.toThrow()
    expect(left()).toEqual(before)
  })
})

describe('flowscan build --watch', () => {
  const CLI = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname

  /** Resolves with what was said once it holds `text`, counted from the last time. */
  function listenTo(child: ChildProcess) {
    let said = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    return async (text: string) => {
      await vi.waitFor(() => expect(said).toContain(text), { timeout: 120_000, interval: 50 })
      const heard = said
      said = ''
      return heard
    }
  }

  test('builds when a template changes, tells mistakes and goes on', { timeout: 400_000 }, async () => {
    const base = dirname(config.data)
    writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify({ ...CONFIG, site: { templates: own } }))
    const child = spawn(process.execPath, [CLI, 'build', '--watch', '--config', join(base, 'flowscan.config.json')])
    const ended = new Promise((resolve) => child.once('exit', resolve))
    const hear = listenTo(child)
    try {
      await hear('site built')
      write('about.njk', ABOUT)
      await hear('site built')
      expect(read('about/index.html')).toContain('Ask the NOC.')
      write('about.njk', ABOUT.replace('{% endblock %}', ''))
      await hear('templates: about.njk')
      expect(read('about/index.html')).toContain('Ask the NOC.')
      write('about.njk', ABOUT.replace('NOC', 'help desk'))
      await hear('site built')
      expect(read('about/index.html')).toContain('Ask the help desk.')
      rmSync(join(own, 'about.njk'))
      await hear('site built')
      expect(read('about/index.html')).not.toContain('Ask the')
    } finally {
      child.kill('SIGINT')
    }
    expect(await ended).toBe(0)
    expect(existsSync(join(base, 'public/lock'))).toBe(false)
  })
})
