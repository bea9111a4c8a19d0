import { basename, dirname } from 'node:path'
import { type Call, hasWorked, isCreating, pathsOf, withoutChance } from './strace.ts'

/*
 * Is the order of a run's system calls one that a power failure cannot turn against it? The page cache survives a kill, so no kill shows a
 * missing fsync; the log of an undisturbed run does. The model is that of POSIX: bytes are durable after fsync of their file, names
 * after fsync of their directory, and nothing is ordered by itself.
 */

/** What is not durable yet. */
interface Volatile {
  /** Files with bytes written since their fsync. */
  readonly bytes: Set<string>
  /** Names made since the fsync of their directory. */
  readonly names: Set<string>
}

/**
 * What is wrong with the order of the calls of a whole run below `base`, a line each:
 * a name is given to a file with bytes that are not durable, or to a directory with anything in it that is not;
 * something is moved, removed or pointed to (an index, the link of the site) while anything made before is not durable; or the run ends so.
 * Temporary names and the lock are nobody's loss.
 */
export function violationsOf(calls: readonly Call[], base: string): string[] {
  const volatile: Volatile = { bytes: new Set(), names: new Set() }
  const found = calls.filter(hasWorked).flatMap((call) => {
    const paths = pathsOf(call, base)
    if (paths.length === 0 || paths.some(isLock)) return []
    const open = offendedBy(call, paths, volatile)
    apply(call, paths, volatile)
    return open.length === 0 ? [] : [`${call.name} ${paths.map(withoutChance).join(' -> ')} ${tell(open)}`]
  })
  const left = [...volatile.bytes, ...volatile.names].filter((path) => !hasTemporaryName(path))
  return left.length === 0 ? found : [...found, `the run ends ${tell(left)}`]
}

function tell(paths: readonly string[]): string {
  const some = [...new Set(paths.map(withoutChance))]
  return `before these are durable: ${some.slice(0, 5).join(', ')}${some.length > 5 ? ` and ${some.length - 5} more` : ''}`
}

/** What has to be durable before the call, and is not. */
function offendedBy({ name }: Call, [from, to]: readonly string[], { bytes, names }: Volatile): string[] {
  const elsewhere = () => [...bytes, ...names].filter((path) => !hasTemporaryName(path) && !isBelow(path, from!))
  if (name.startsWith('link')) return bytes.has(from!) ? [from!] : []
  if (/^(unlink|rmdir)/.test(name)) return isOfNoReturn(from!) ? elsewhere() : []
  if (!name.startsWith('rename')) return []
  const inside = [...bytes, ...[...names].filter((path) => path !== from)].filter((path) => isBelow(path, from!))
  // Within a directory that has no name yet nothing points anywhere.
  const isPointer = /^(index\.json\.gz|current)$/.test(basename(to!)) && isOfNoReturn(dirname(to!))
  return isOfNoReturn(from!) || isPointer ? [...inside, ...elsewhere()] : inside
}

/** Nothing brings back what had this name. */
function isOfNoReturn(path: string): boolean {
  return !path.split('/').some((name) => name.startsWith('.tmp-'))
}

function apply(call: Call, [path, to]: readonly string[], { bytes, names }: Volatile): void {
  const { name } = call
  if (isCreating(call) || /^(mkdir|symlink)/.test(name)) names.add(path!)
  else if (/write|ftruncate|copy_file_range|sendfile/.test(name)) bytes.add(to ?? path!)
  else if (/^(fsync|fdatasync)/.test(name)) {
    bytes.delete(path!)
    for (const each of names) if (dirname(each) === path) names.delete(each)
  } else if (name.startsWith('link')) names.add(to!)
  else if (/^(unlink|rmdir)/.test(name)) {
    bytes.delete(path!)
    names.delete(path!)
  } else if (name.startsWith('rename')) {
    for (const set of [bytes, names]) {
      for (const each of [...set].filter((each) => isBelow(each, path!))) {
        set.delete(each)
        set.add(to! + each.slice(path!.length))
      }
    }
    names.add(to!)
  }
}

/** The very path, or one below it. */
function isBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}/`)
}

function hasTemporaryName(path: string): boolean {
  return basename(path).startsWith('.tmp-')
}

/** Only tells which process is at work. */
function isLock(path: string): boolean {
  return /^(data|public)\/lock(\.tmp-|$)/.test(path)
}
