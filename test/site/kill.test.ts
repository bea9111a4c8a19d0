import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { readCatalog, readWindow } from './published.ts'
import { CONFIG, configOf, part, store } from './stored.ts'

/*
 * `flowscan build`, the compiled one, killed at moments spread over its whole run. What a visitor sees is the old site or
 * the new one, byte for byte; what is left behind does not disturb the next build.
 */
const CLI = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname
const KILLS = 12

/** Returns how long it took, in milliseconds. */
function runBuild(base: string, killMs?: number): Promise<{ signal: string | null; code: number | null; ms: number }> {
  const begun = performance.now()
  const child = spawn(process.execPath, [CLI, 'build', '--config', join(base, 'flowscan.config.json')], {
    stdio: 'ignore',
    cwd: '/',
  })
  const timer = killMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killMs)
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      resolve({ signal, code, ms: performance.now() - begun })
    })
  })
}

const slot = (at: number) => part(at, { http: [3000, 300], hosts: [['192.0.2.1', 3000, 3, 1, 300, 1, 1]] })

const leftoversIn = (directory: string) =>
  readdirSync(directory, { recursive: true }).filter((name) => /\.tmp-/.test(String(name)))

test('what a killed build can leave is gone after the next', { timeout: 60_000 }, async () => {
  const base = temporaryDirectory()
  const config = { ...configOf(), data: join(base, 'data') }
  writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify(CONFIG))
  store(config, slot(0), slot(1))
  expect(await runBuild(base)).toMatchObject({ code: 0 })
  store(config, slot(2))
  const site = join(base, 'public')
  const DEAD = 2 ** 22 + 1
  for (const directory of ['archive/2026-11-23/0010', `releases/.tmp-${DEAD}-draft`, `data/5m/.tmp-${DEAD}-2026-11-23`])
    mkdirSync(join(site, directory), { recursive: true })
  for (const file of [
    'archive/2026-11-23/0010/.tmp-board.json',
    `archive/.tmp-${DEAD}-record`,
    `archive/reports/.tmp-${DEAD}-record`,
    `releases/.tmp-${DEAD}-draft/index.html`,
    `data/.tmp-${DEAD}-record`,
    `data/5m/.tmp-${DEAD}-2026-11-23/total-0.json.gz`,
  ])
    writeFileSync(join(site, file), 'half')
  symlinkSync('releases/2', join(site, '.tmp-current'))
  expect(leftoversIn(site).length).toBeGreaterThan(4)
  expect(await runBuild(base)).toMatchObject({ code: 0 })
  expect(leftoversIn(site)).toEqual([])
})

test(`${KILLS} times killed: always the old site or the new one`, { timeout: 300_000 }, async () => {
  const base = temporaryDirectory()
  const config = { ...configOf(), data: join(base, 'data') }
  config.site = { ...config.site, dir: join(base, 'public') }
  writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify(CONFIG))
  store(config, slot(0), slot(1))
  expect(await runBuild(base)).toMatchObject({ code: 0 })
  const view = () => hashTree(config.site.dir, 'current/', 'current/scoreboard/2026/11/23/')
  const old = view()
  store(config, slot(2))
  const copyTo = (from: string, to: string) => {
    for (const name of ['data', 'public', 'flowscan.config.json'])
      cpSync(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true })
  }
  const [undisturbed, before] = [temporaryDirectory(), temporaryDirectory()]
  copyTo(base, undisturbed)
  copyTo(base, before)
  const { ms } = await runBuild(undisturbed)
  const fresh = hashTree(join(undisturbed, 'public'), 'current/')

  let killed = 0
  for (let at = 0; at < KILLS; at++) {
    const { signal } = await runBuild(base, (ms * (at + 1)) / (KILLS + 1))
    if (signal === 'SIGKILL') killed++
    const seen = hashTree(config.site.dir, 'current/')
    const isOld = Object.keys(seen).every((file) => seen[file] === old[file])
    expect(isOld ? 'old' : seen, `after kill ${at}`).toEqual(isOld ? 'old' : fresh)
    for (const [window] of Object.entries(readCatalog(config).resolutions['5m'].windows))
      expect(readWindow(config, '5m', window).known.filter(Boolean)).toHaveLength(isOld ? 2 : 3)
    // A build that came through leaves the next one nothing to be killed in.
    if (!isOld) {
      rmSync(join(base, 'public'), { recursive: true })
      copyTo(before, base)
    }
  }
  // Some come through before: how long a build takes differs with what else runs.
  expect(killed).toBeGreaterThan(KILLS / 4)
  await runBuild(base)
  expect(hashTree(config.site.dir, 'current/')).toEqual(fresh)
  expect(hashTree(config.site.dir, 'archive/2026-11-23')).toEqual(
    hashTree(join(undisturbed, 'public'), 'archive/2026-11-23'),
  )
  expect(leftoversIn(config.site.dir)).toEqual([])
})
