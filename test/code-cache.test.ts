import { spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from './directory.ts'
import { FIXTURES } from './flow-files.ts'

const CLI = new URL('../dist/flowscan/cli.js', import.meta.url).pathname
const FILE = join(FIXTURES, 'flow-tools/syn-v5-multi-little-z0.ft')

/** What `flowscan inspect` prints, and the code that it kept in this directory. */
function inspect(cache: string, command = 'inspect', file = FILE) {
  const env = { ...process.env, CACHE_DIRECTORY: cache }
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, command, file], { env, encoding: 'utf8' })
  const kept = readdirSync(cache).map((name) => join(cache, name))
  return { status, stdout, stderr, kept }
}

test('what V8 compiled is kept once, for each command that ended well', () => {
  const cache = temporaryDirectory()
  expect(inspect(cache, 'inspect', '/nowhere').kept).toEqual([])
  expect(inspect(cache, 'fly').kept).toEqual([])
  expect(inspect(cache, '../fly').kept).toEqual([])
  const first = inspect(cache)
  expect(first.kept).toHaveLength(1)
  const { ino, mode } = statSync(first.kept[0]!)
  expect(mode & 0o777).toBe(0o600)
  expect(inspect(cache)).toEqual(first)
  expect(statSync(first.kept[0]!).ino).toBe(ino)
  const old = Date.now() / 1000 - 7200
  utimesSync(first.kept[0]!, old, old)
  expect(inspect(cache)).toEqual(first)
  expect(statSync(first.kept[0]!).ino).not.toBe(ino)
})

test.each([
  { what: 'nothing', of: () => Buffer.alloc(0) },
  { what: 'its beginning', of: (kept: Buffer) => kept.subarray(0, kept.length / 2) },
  { what: 'a flipped bit', of: (kept: Buffer) => flip(kept, kept.length - 1000) },
  { what: 'code of another bundle', of: (kept: Buffer) => flip(kept, 0) },
])('$what instead of the code is not run, but replaced', ({ of }) => {
  const cache = temporaryDirectory()
  const first = inspect(cache)
  const [place] = first.kept
  const whole = readFileSync(place!)
  writeFileSync(place!, of(Buffer.from(whole)))
  expect(inspect(cache)).toEqual(first)
  expect(statSync(place!).size).toBeGreaterThan(whole.length / 2)
  expect(readFileSync(place!)).not.toEqual(of(Buffer.from(whole)))
})

test('code that others may write is not run, but replaced', () => {
  const cache = temporaryDirectory()
  const first = inspect(cache)
  const { ino } = statSync(first.kept[0]!)
  chmodSync(first.kept[0]!, 0o620)
  expect(inspect(cache)).toEqual(first)
  const replaced = statSync(first.kept[0]!)
  expect(replaced.ino).not.toBe(ino)
  expect(replaced.mode & 0o777).toBe(0o600)
})

test('where nothing can be kept, the command does what it does', () => {
  const base = temporaryDirectory()
  const taken = join(base, 'taken')
  writeFileSync(taken, '')
  const env = { ...process.env, CACHE_DIRECTORY: taken }
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'inspect', FILE], { env, encoding: 'utf8' })
  const { stdout: usual } = inspect(temporaryDirectory())
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: usual, stderr: '' })
})

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1
  return bytes
}
