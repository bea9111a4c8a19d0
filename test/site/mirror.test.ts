import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config } from '../../ingest/config/schema.ts'
import { buildSite } from '../../site/build.ts'
import { mirrorSite } from '../../site/mirror/mirror.ts'
import { linkedFiles } from '../../site/validate.ts'
import { canMount } from '../crash/mounts.ts'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { CONFIG, configOf, part, store } from './stored.ts'

vi.setConfig({ testTimeout: 120_000 })
// Nothing here asks what a disk holds after a power failure: thousands of flushes would only cost time.
if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm'

/** Names made or removed from here on until the process is as good as killed; `null`: it lives. */
let left: number | null = null
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const mortal =
    <A extends readonly unknown[], R>(act: (...args: A) => R) =>
    (...args: A): R => {
      if (left !== null && left-- <= 0) throw new Error('killed')
      return act(...args)
    }
  return { ...fs, renameSync: mortal(fs.renameSync), rmSync: mortal(fs.rmSync), rmdirSync: mortal(fs.rmdirSync) }
})

const slot = (at: number) => part(at, { http: [3000, 300], hosts: [['192.0.2.1', 3000, 3, 1, 300, 1, 1]] })

let config: Config
let mirror: string
beforeEach(() => {
  const { site, ...given } = configOf()
  mirror = join(temporaryDirectory(), 'htdocs')
  config = { ...given, site: { ...site, mirror } }
})
afterEach(() => {
  left = null
})

/** Every file of the release, with what its links lead to. */
function viewOf(release: string): { [path: string]: string } {
  const copy = temporaryDirectory()
  cpSync(realpathSync(release), copy, { recursive: true, dereference: true })
  return hashTree(copy, '.')
}
const inMirror = () => {
  const files = hashTree(mirror, '.')
  return Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith('.flowscan/')))
}
const current = () => viewOf(join(config.site.dir, 'current'))

/** What a visitor who follows every link from the first page on would stumble over; `null` before there is a first page. */
function flawsOf(directory: string): string[] | null {
  if (!existsSync(join(directory, 'index.html'))) return null
  const flaws: string[] = []
  const seen = new Set(['index.html'])
  for (const file of seen) {
    const path = join(directory, file)
    if (!existsSync(path)) flaws.push(`${file} is not there`)
    else if (file.endsWith('.json')) JSON.parse(readFileSync(path, 'utf8'))
    else if (file.endsWith('.html')) {
      const html = readFileSync(path, 'utf8')
      if (!html.trimEnd().endsWith('</html>')) flaws.push(`${file} has no end`)
      for (const linked of linkedFiles(file.replace(/(^|\/)index\.html$/, '$1'), html)) seen.add(linked)
    }
  }
  return flaws
}

describe('a plain directory', () => {
  test('holds what the site holds, after every build', async () => {
    for (const at of [0, 1, 2, 300]) {
      store(config, slot(at))
      const { mirrored } = await buildSite(config)
      expect(inMirror()).toEqual(current())
      expect(mirrored!.written).toBeGreaterThan(20)
      expect(flawsOf(mirror)).toEqual([])
    }
    expect((await buildSite(config)).mirrored).toEqual({ written: 0, removed: 0 })
  })

  test('loses pages that the site loses, and the directories that were theirs', async () => {
    store(config, slot(0))
    await buildSite(config)
    expect(existsSync(join(mirror, 'networks/lab'))).toBe(true)
    const without = { ...config, networks: config.networks.filter(({ id }) => id !== 'lab') }
    expect((await buildSite(without)).mirrored!.removed).toBeGreaterThan(10)
    expect(existsSync(join(mirror, 'networks/lab'))).toBe(false)
    expect(inMirror()).toEqual(current())
  })

  test("keeps somebody else's files, also among its own", async () => {
    mkdirSync(join(mirror, 'networks/lab'), { recursive: true })
    const theirs = ['robots.txt', '.htaccess', 'networks/lab/notes.txt', 'wiki/index.html']
    mkdirSync(join(mirror, 'wiki'))
    for (const file of theirs) writeFileSync(join(mirror, file), file)
    store(config, slot(0))
    await buildSite(config)
    await buildSite({ ...config, networks: config.networks.filter(({ id }) => id !== 'lab') })
    for (const file of theirs) expect(readFileSync(join(mirror, file), 'utf8')).toBe(file)
    expect(readdirSync(join(mirror, 'networks/lab'))).toEqual(['notes.txt'])
  })

  test('with something else in the way is refused, and that stays as it is', async () => {
    mkdirSync(mirror)
    writeFileSync(join(mirror, 'index.html'), 'theirs')
    store(config, slot(0))
    await expect(buildSite(config)).rejects.toThrow(/htdocs\/index.html is in the way and not flowscan's: move it away/)
    expect(readFileSync(join(mirror, 'index.html'), 'utf8')).toBe('theirs')
    rmSync(join(mirror, 'index.html'))
    await buildSite(config)
    expect(inMirror()).toEqual(current())
  })

  test('with a link in place of a directory is refused: nothing is written or removed behind it', async () => {
    store(config, slot(0))
    await buildSite(config)
    const elsewhere = temporaryDirectory()
    cpSync(join(mirror, 'networks'), elsewhere, { recursive: true })
    rmSync(join(mirror, 'networks'), { recursive: true })
    symlinkSync(elsewhere, join(mirror, 'networks'))
    const before = hashTree(elsewhere, '.')
    store(config, slot(1))
    await expect(buildSite(config)).rejects.toThrow(/networks is in the way/)
    const without = { ...config, networks: config.networks.filter(({ id }) => id !== 'lab') }
    await expect(buildSite(without)).rejects.toThrow(/networks is in the way/)
    expect(hashTree(elsewhere, '.')).toEqual(before)
  })

  test('is mended where files were lost, and only what changed is written', async () => {
    store(config, slot(0))
    await buildSite(config)
    rmSync(join(mirror, 'total'), { recursive: true })
    rmSync(join(mirror, 'scoreboard/2026/11/23'), { recursive: true })
    writeFileSync(join(mirror, 'about/index.html'), 'cut')
    const { ino } = statSync(join(mirror, 'services/index.html'))
    await buildSite(config)
    expect(inMirror()).toEqual(current())
    expect(statSync(join(mirror, 'services/index.html')).ino).toBe(ino)
  })

  test('that cannot be written: the site is published all the same, and the next build goes on', async () => {
    const file = join(mirror, 'in-the-way')
    mkdirSync(mirror)
    writeFileSync(file, '')
    store(config, slot(0))
    const wrong = { ...config, site: { ...config.site, mirror: join(file, 'htdocs') } }
    await expect(buildSite(wrong)).rejects.toMatchObject({
      message: expect.stringMatching(/^site.mirror: ENOTDIR.*the site in site.dir is published/),
      exitCode: 74,
    })
    expect(existsSync(join(config.site.dir, 'current/index.html'))).toBe(true)
    rmSync(file)
    await buildSite(config)
    expect(inMirror()).toEqual(current())
  })

  test('follows what moves behind a link and back: a statement that is frozen', async () => {
    const base = temporaryDirectory()
    const write = (path: string, text: string) => {
      mkdirSync(join(base, path, '..'), { recursive: true })
      writeFileSync(join(base, path), text)
    }
    for (const release of ['1', '2']) write(`releases/${release}/index.html`, '<html></html>')
    write('releases/1/reports/2026-10/index.html', 'open')
    write('archive/reports/2026-10/index.html', 'frozen')
    write('archive/reports/2026-10.json.gz', '')
    mkdirSync(join(base, 'releases/2/reports'))
    symlinkSync('../../../archive/reports/2026-10', join(base, 'releases/2/reports/2026-10'))
    const shown = () => readFileSync(join(mirror, 'reports/2026-10/index.html'), 'utf8')
    for (const [release, text] of [
      ['1', 'open'],
      ['2', 'frozen'],
      ['1', 'open'],
      ['2', 'frozen'],
    ] as const) {
      await mirrorSite(join(base, 'releases', release), mirror)
      expect(shown()).toBe(text)
      expect(await mirrorSite(join(base, 'releases', release), mirror)).toEqual({ written: 0, removed: 0 })
    }
    rmSync(join(base, 'releases/2/reports'), { recursive: true })
    expect(await mirrorSite(join(base, 'releases/2'), mirror)).toEqual({ written: 0, removed: 1 })
    expect(existsSync(join(mirror, 'reports'))).toBe(false)
  })

  test('never gives two contents of an address the same time and size', async () => {
    const seen = new Map<string, string>()
    for (const at of [0, 1, 2, 3]) {
      store(config, slot(at))
      await buildSite(config)
      for (const [file, hash] of Object.entries(inMirror())) {
        const { mtimeMs, size } = statSync(join(mirror, file))
        const key = `${file} ${Math.floor(mtimeMs / 1000)} ${size}`
        expect(seen.get(key) ?? hash, key).toBe(hash)
        seen.set(key, hash)
      }
    }
  })
})

describe('stopped between any two names that it makes or removes', () => {
  /** Puts the mirror of an older site back, again and again. */
  async function twoSites() {
    store(config, slot(0), slot(1))
    await buildSite(config)
    const old = join(temporaryDirectory(), 'old')
    cpSync(mirror, old, { recursive: true, preserveTimestamps: true })
    store(config, slot(2))
    const networks = config.networks.filter(({ id }) => id !== 'lab')
    const { directory } = await buildSite({ ...config, networks })
    const fresh = inMirror()
    const restore = (from: string | null) => {
      rmSync(mirror, { recursive: true })
      if (from !== null) cpSync(from, mirror, { recursive: true, preserveTimestamps: true })
    }
    return { release: directory, old, fresh, restore }
  }

  test.each(['an older site', 'nothing'])('over %s, no link is dead, and the next goes on', async (over) => {
    const { release, old, fresh, restore } = await twoSites()
    const from = over === 'nothing' ? null : old
    let stops = 0
    for (let at = 0; ; at += at < 20 ? 1 : 37) {
      restore(from)
      left = at
      const ended = await mirrorSite(release, mirror).then(
        () => 'done',
        (error: Error) => error.message,
      )
      left = null
      if (ended === 'done') break
      expect(ended).toBe('killed')
      stops++
      expect(flawsOf(mirror) ?? [], `stopped after ${at}`).toEqual([])
      await mirrorSite(release, mirror)
      expect(inMirror(), `stopped after ${at}`).toEqual(fresh)
    }
    expect(stops).toBeGreaterThan(20)
  })
})

test('killed at moments spread over a build, by SIGKILL: no link is dead, and the next build goes on', async () => {
  const base = temporaryDirectory()
  const own = { ...configOf(), data: join(base, 'data') }
  writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify({ ...CONFIG, site: { mirror: 'htdocs' } }))
  const cli = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname
  const start = () => spawn(process.execPath, [cli, 'build', '--config', join(base, 'flowscan.config.json')])
  const build = () => new Promise((resolve) => start().once('exit', resolve))
  store(own, slot(0), slot(1))
  expect(await build()).toBe(0)
  mirror = join(base, 'htdocs')
  const shown = () => readFileSync(join(mirror, '.flowscan/units.json.gz'))
  let met = 0
  for (let at = 2; at < 10; at++) {
    store(own, slot(at))
    const before = shown()
    const child = start()
    const ended = new Promise((resolve) => child.once('exit', resolve))
    // From the moment on when it has begun with the directory.
    while (child.exitCode === null && shown().equals(before)) await wait(1)
    await wait((at - 2) * 15)
    child.kill('SIGKILL')
    if ((await ended) === null) met++
    expect(flawsOf(mirror)).toEqual([])
  }
  expect(met).toBeGreaterThan(2)
  expect(await build()).toBe(0)
  expect(inMirror()).toEqual(viewOf(join(base, 'public/current')))
})

describe.skipIf(!canMount())('on other file systems', () => {
  const mount = (...args: readonly string[]) => {
    const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  }

  test('read-only or full: told, and gone on with', async () => {
    store(config, slot(0))
    mkdirSync(mirror)
    mount('-t', 'tmpfs', '-o', 'ro,size=64m', 'tmpfs', mirror)
    try {
      await expect(buildSite(config)).rejects.toThrow(/^site.mirror: EROFS/)
      mount('-o', 'remount,rw,size=200k', mirror)
      await expect(buildSite(config)).rejects.toThrow(/^site.mirror: ENOSPC/)
      expect(flawsOf(mirror)).toBe(null)
      mount('-o', 'remount,rw,size=64m', mirror)
      await buildSite(config)
      expect(inMirror()).toEqual(current())
    } finally {
      spawnSync('umount', [mirror])
    }
  })
})
