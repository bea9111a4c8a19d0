import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { archivePath } from '../links.ts'

/*
 * A site in pieces that change apart from each other: a day of the archive, a window of data, and the release itself with all that is not behind a link. Years of archive
 * cost a look at each day, not at each of its files.
 */
export interface Unit {
  /** Below the root of the site; empty for the release itself. */
  readonly path: string
  /** The directory that holds it. */
  readonly from: string
  /** Another when anything in it is another; `null` for what has to be looked at file by file. */
  readonly state: string | null
}

/** A file of the site: where its bytes are, and what differs when they do. */
export interface SourceFile {
  readonly from: string
  readonly size: number
  readonly state: string
}

/** The units of a release; those come first that nothing in the others is needed for, itself last. */
export function listUnits(release: string): Unit[] {
  const behindLinks = linksIn(release, '').flatMap((path) => unitsBehind(release, path))
  return [...behindLinks.sort((a, b) => (a.path < b.path ? -1 : 1)), { path: '', from: release, state: null }]
}

/** The files of a unit by their path below the root of the site. */
export function filesOfUnit({ path, from }: Unit): Map<string, SourceFile> {
  const files = new Map<string, SourceFile>()
  const visit = (directory: string, address: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const full = join(directory, entry.name)
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory()) visit(full, join(address, entry.name))
      else if (entry.isFile()) files.set(join(address, entry.name), sourceOf(full))
    }
  }
  visit(from, path)
  return files
}

/** Time and size tell contents of one path apart: see `writeFiles`. */
function sourceOf(from: string): SourceFile {
  const { size, mtimeMs } = statSync(from)
  return { from, size, state: `${Math.floor(mtimeMs / 1000)}-${size}` }
}

function linksIn(directory: string, address: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(address, entry.name)
    if (entry.isSymbolicLink()) return [path]
    return entry.isDirectory() ? linksIn(join(directory, entry.name), path) : []
  })
}

/** A day is another when what it was made from was written down anew; of data each version has a name of its own. */
function unitsBehind(release: string, path: string): Unit[] {
  const from = realpathSync(join(release, path))
  if (archivePath(`${path}/index.html`) !== null) {
    const record = statSync(`${from}.json.gz`, { throwIfNoEntry: false })
    return [{ path, from, state: record === undefined ? null : `${record.mtimeMs}-${record.size}-${record.ino}` }]
  }
  return readdirSync(from, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => ({ path: join(path, name), from: join(from, name), state: name }))
}
