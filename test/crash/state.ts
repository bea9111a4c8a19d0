import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'

/** SHA-256 of every file by path, where links lead, and that a directory is there: equal when two trees are byte-identical. */
export type State = { readonly [path: string]: string }

/** The state below some directories of `base`; those that do not exist hold nothing. A reason may name the directory itself. */
export function stateOf(base: string, directories: readonly string[], leaveOut = /^$/): State {
  const state: Record<string, string> = {}
  for (const directory of directories) {
    const top = join(base, directory)
    if (!existsSync(top)) continue
    for (const entry of readdirSync(top, { recursive: true, withFileTypes: true })) {
      const full = join(entry.parentPath, entry.name)
      const path = relative(base, full)
      if (leaveOut.test(path)) continue
      if (entry.isDirectory()) state[path] = 'directory'
      else if (entry.isSymbolicLink()) state[path] = `-> ${readlinkSync(full)}`
      else if (entry.name === 'reason.json') state[path] = readFileSync(full, 'utf8').replaceAll(base, '')
      else state[path] = hashOf(full)
    }
  }
  return state
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

/**
 * What a visitor finds below `public/current`, whatever number the release has; what the archive's links lead to is in it. Names that begin with a dot are not:
 * no web server hands them out (deploy/nginx.conf, `flowscan serve`).
 */
export function viewOf(base: string): State {
  const current = join(base, 'public/current')
  if (!existsSync(current)) return {}
  const view: Record<string, string> = {}
  const visit = (directory: string, address: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      const path = join(directory, entry.name)
      const name = `${address}/${entry.name}`
      if (entry.isDirectory()) visit(path, name)
      else if (entry.isSymbolicLink()) visit(realpathSync(path), name)
      else view[name] = hashOf(path)
    }
  }
  visit(realpathSync(current), '')
  return view
}

/** In what two states differ, in one line; `null`: in nothing. */
export function differenceOf(expected: State, found: State): string | null {
  const missing = Object.keys(expected).filter((path) => found[path] === undefined)
  const extra = Object.keys(found).filter((path) => expected[path] === undefined)
  const other = Object.keys(expected).filter((path) => found[path] !== undefined && found[path] !== expected[path])
  const told = Object.entries({ missing, extra, other })
    .filter(([, paths]) => paths.length > 0)
    .map(
      ([kind, paths]) =>
        `${kind}: ${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ` and ${paths.length - 3} more` : ''}`,
    )
  return told.length === 0 ? null : told.join('; ')
}
