import {
  closeSync,
  copyFileSync,
  fsync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { syncFile, TEMPORARY } from '../ingest/store/files.ts'

/** A file to be: where, and what is in it. */
export interface NewFile {
  readonly path: string
  readonly text: string | Uint8Array
}

/** Open at a time. Flushes under way together share the journal's commits. */
const AT_ONCE = 64
const flush = promisify(fsync)

/**
 * Puts files under their names, each whole or not at all, durably. Unlike the store's writes they have no order among
 * themselves, so they are flushed together: hundreds in the time of a few. All else takes microseconds, and is not worth
 * the way to another thread and back. A file has always the same temporary name (one build at a time writes a site): the one that a
 * killed build leaves goes away when the next does what that had left to do.
 * Their time is `second` (unix), or, where there was such a file that is not older, a moment after that one's: web servers make an ETag of
 * time and size, and nothing else would tell apart two contents of equal size within a second, or when the clock was set back.
 */
export async function writeFiles(files: readonly NewFile[], second: number): Promise<void> {
  const directories = makeDirectories(files.map(({ path }) => dirname(path)))
  for (let at = 0; at < files.length; at += AT_ONCE) await writeTogether(files.slice(at, at + AT_ONCE), second)
  await flushDirectories(directories)
}

/**
 * Puts files where nobody looks yet, and nothing of their names is: into a directory that gets its own name when all of it is there. Their bytes are durable, their
 * names are not yet: see `flushDirectories`.
 */
export async function writeUnseen(files: readonly NewFile[], second: number): Promise<void> {
  makeDirectories(files.map(({ path }) => dirname(path)))
  for (let at = 0; at < files.length; at += AT_ONCE)
    await flushTogether(
      files.slice(at, at + AT_ONCE),
      'wx',
      ({ path }) => path,
      (descriptor, { text }) => fill(descriptor, text, second),
    )
}

/** A second (unix) behind the time of what is at `path`, also where times are kept to two seconds (FAT); 0 when nothing is there. */
export function secondBehind(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? 0 : Math.floor(stats.mtimeMs / 1000) + 2
}

/** Makes the names in directories durable, as far as the file system has a way to (shares of Windows have none). */
export async function flushDirectories(paths: readonly string[]): Promise<void> {
  try {
    for (let at = 0; at < paths.length; at += AT_ONCE)
      await flushTogether(paths.slice(at, at + AT_ONCE), 'r', (path) => path)
  } catch (error) {
    if (!CANNOT_FLUSH.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
const CANNOT_FLUSH = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** Returns them with those above that were new: all whose names have to be flushed. */
function makeDirectories(paths: readonly string[]): string[] {
  const made = new Set(paths)
  for (const path of new Set(paths)) {
    const first = mkdirSync(path, { recursive: true })
    for (let above = path; first !== undefined && above.length >= first.length; above = dirname(above))
      made.add(dirname(above))
  }
  return [...made]
}

async function writeTogether(files: readonly NewFile[], second: number): Promise<void> {
  const drafts = files.map(({ path, text }) => ({
    path,
    text,
    temporary: join(dirname(path), TEMPORARY + basename(path)),
    time: Math.max(second, secondBehind(path)),
  }))
  await flushTogether(
    drafts,
    'w',
    ({ temporary }) => temporary,
    (descriptor, { text, time }) => fill(descriptor, text, time),
  )
  for (const { path, temporary } of drafts) renameSync(temporary, path)
}

function fill(descriptor: number, text: string | Uint8Array, second: number): void {
  writeFileSync(descriptor, text)
  futimesSync(descriptor, second, second)
}

async function flushTogether<T>(
  items: readonly T[],
  mode: 'r' | 'w' | 'wx',
  pathOf: (item: T) => string,
  act: (descriptor: number, item: T) => void = () => {},
): Promise<void> {
  const descriptors: number[] = []
  try {
    for (const item of items) {
      const descriptor = openSync(pathOf(item), mode)
      descriptors.push(descriptor)
      act(descriptor, item)
    }
    const flushed = await Promise.allSettled(descriptors.map((descriptor) => flush(descriptor)))
    for (const each of flushed) if (each.status === 'rejected') throw each.reason
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor)
  }
}

/** Gives files a second name; where the file system cannot, a copy. The names are not durable yet: see `flushDirectories`. */
export function linkFiles(pairs: readonly { readonly from: string; readonly to: string }[]): void {
  for (const directory of new Set(pairs.map(({ to }) => dirname(to)))) mkdirSync(directory, { recursive: true })
  for (const { from, to } of pairs) {
    try {
      linkSync(from, to)
    } catch (error) {
      if (!CANNOT_LINK.has((error as NodeJS.ErrnoException).code ?? '')) throw error
      copyFileSync(from, to)
      syncFile(to)
    }
  }
}
const CANNOT_LINK = new Set(['EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])
