import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { isTemporary, withoutChance } from './strace.ts'

/*
 * All that a disturbed run leaves to the next, as one hash: names, kinds, modes, bytes, where links lead, which names are of one file, and of flow
 * files the times. Only what differs between two runs that did the same is left out: process ids, chance, the time of day, inodes.
 */

/** Equal when the next run finds the same. */
export function hashOfRemains(base: string): string {
  const hash = createHash('sha256')
  const firstNames = new Map<number, string>()
  for (const path of pathsBelow(base)) {
    const full = join(base, path)
    const stat = lstatSync(full)
    const name = withoutChance(path)
    const first = firstNames.get(stat.ino) ?? name
    if (stat.isFile()) firstNames.set(stat.ino, first)
    const time = /^(flows|saved)\//.test(path) ? stat.mtimeMs : 0
    hash.update(`${name}\0${stat.mode}\0${time}\0${first}\0`)
    if (stat.isSymbolicLink()) hash.update(readlinkSync(full))
    else if (stat.isFile()) hash.update(contentOf(full, path, base, stat))
    hash.update('\0')
  }
  return hash.digest('hex')
}

/** Does something there name a process, which has to end before it counts as dead? */
export function namesProcess(base: string): boolean {
  return pathsBelow(base).some((path) => isTemporary(path) || isLock(path))
}

function pathsBelow(base: string): string[] {
  return readdirSync(base, { recursive: true, withFileTypes: true })
    .map((entry) => relative(base, join(entry.parentPath, entry.name)))
    .sort()
}

function isLock(path: string): boolean {
  return /^(data|public)\/lock$/.test(path)
}

/** Of a lock that can be read, the process; of what is known of a file, its inode, unless it is another; times of day; what a release's config says of paths. */
const PASSING = /^(pid|boot|start|at|lastSuccess|lagSeconds|free|version)$/

function contentOf(full: string, path: string, base: string, { size }: Stats): Uint8Array | string {
  const bytes = readFileSync(full)
  if (path.endsWith('reason.json')) return bytes.toString().replaceAll(base, '')
  if (
    size === 0 ||
    !(isLock(path) || /^data\/(health\.json|left\.json\.gz)$|^public\/releases\/\d+\.json\.gz$/.test(path))
  )
    return bytes
  try {
    const text = path.endsWith('.gz') ? gunzipSync(bytes).toString().split('\n')[0]! : bytes.toString()
    return JSON.stringify(JSON.parse(text), (key, value) => withoutPassing(key, value, base)).replaceAll(base, '')
  } catch {
    return bytes
  }
}

function withoutPassing(key: string, value: unknown, base: string): unknown {
  if (PASSING.test(key)) return null
  if (typeof value !== 'object' || value === null || !('identity' in value)) return value
  return { ...value, identity: isOf(resolve(base, key), String(value.identity)) }
}

/** Is this what flowscan knows the file by? */
function isOf(path: string, identity: string): boolean {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return stat !== undefined && identity === [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join()
}
