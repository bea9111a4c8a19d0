import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { stampOf } from '../../ingest/store/files.ts'
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
    const time = stat.isFile() && /^(flows|saved)\//.test(path) ? stat.mtimeMs : 0
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

/** Only the JSON in these holds something of which the next run makes nothing, or the same. */
const WITH_PASSING =
  /^data\/(lock|health\.json|left\.json\.gz)$|^public\/(lock|releases\/\d+\.json\.gz|data\/record\.json\.gz)$/

/** Of a lock, the process; times of day; of a release, what stands for all of the code and the config, which names the directory. */
const PASSING = /^(pid|boot|start|at|since|when|lastSuccess|lagSeconds|free|version|late)$/

function contentOf(full: string, path: string, base: string, { size }: Stats): Uint8Array | string {
  const bytes = readFileSync(full)
  if (path.endsWith('reason.json')) return bytes.toString().replaceAll(base, '')
  if (size === 0 || !WITH_PASSING.test(path)) return bytes
  try {
    const text = path.endsWith('.gz') ? gunzipSync(bytes).toString().split('\n')[0]! : bytes.toString()
    return JSON.stringify(JSON.parse(text), (key, value) => withoutPassing(key, value, base)).replaceAll(base, '')
  } catch {
    return bytes
  }
}

function withoutPassing(key: string, value: unknown, base: string): unknown {
  if (PASSING.test(key)) return null
  if (key === 'replaced') return Object.keys(value as object)
  if (typeof value !== 'object' || value === null) return value
  if ('identity' in value) return { ...value, identity: isOf(resolve(base, key), value.identity) }
  if ('state' in value) return { ...value, state: withoutStamp(String(value.state), base) }
  return value
}

/** Is this what flowscan knows the file by? */
function isOf(path: string, identity: unknown): boolean {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return stat !== undefined && identity === [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join()
}

/** A state that tells of a series file by its size, time and inode: of which that is there. */
function withoutStamp(state: string, base: string): string {
  const stamp = / (\d+ \d+ \d+)$/.exec(state)?.[1]
  if (stamp === undefined) return state
  const files = pathsBelow(join(base, 'data')).filter((path) => path.endsWith('.json.gz'))
  const of = files.find((path) => stamp === stampOf(join(base, 'data', path)))
  return state.replace(stamp, of ?? 'of none')
}
