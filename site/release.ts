import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { STEPS } from '../ingest/model/time.ts'
import {
  isThere,
  listDirectory,
  makeDirectory,
  removeAll,
  syncDirectory,
  TEMPORARY,
  writeJson,
} from '../ingest/store/files.ts'
import { archivePath } from './links.ts'
import { readRemembered } from './remembered.ts'
import type { RangeName } from './traffic.ts'
import { withTwinNames, withTwins } from './twins.ts'
import { flushDirectories, linkFiles, type NewFile, secondBehind, writeUnseen } from './write.ts'

/*
 * A release is a whole site in a directory of its own. It is made under a temporary name, becomes `releases/<n>`, and
 * then the link `current` is exchanged: a visitor has the old site or the new one. `releases/<n>.json.gz`, beside it and not served,
 * holds what its pages were made from. No two releases are of one second: what is new in one has its time (see `writeFiles`).
 */
const SCHEMA = 2
/** Visitors of the last ones may still be reading. */
const KEPT = 3

/** What a release was made from. */
export interface ReleaseRecord {
  /** Of the code, the templates, the config. */
  readonly version: string
  /** By address. */
  readonly pages: { readonly [address: string]: PageRecord }
  /** The hash of what is in each, by its path below the root of the site. */
  readonly assets: { readonly [path: string]: string }
  readonly ranges: { readonly [R in RangeName]: RangeRecord }
}

export interface PageRecord {
  /** Hash of the page's model. */
  readonly key: string
  /** Below the root of the site. */
  readonly files: readonly string[]
  readonly range?: RangeName
}

export interface RangeRecord {
  /** See `TrafficReader.stateOf`. */
  readonly state: string
  /** Names of the cells that saw traffic. */
  readonly cells: readonly string[]
}

export interface CurrentRelease extends ReleaseRecord {
  readonly directory: string
  /** Is there a file of that path below the directory? */
  holds(file: string): boolean
}

/** The release that is public; `null` when there is none, or its record cannot be read: then everything is rendered. */
export function readCurrent(siteDirectory: string): CurrentRelease | null {
  const directory = currentDirectory(siteDirectory)
  if (directory === null) return null
  const record = readRemembered<ReleaseRecord>(`${directory}.json.gz`, SCHEMA)
  return record === null ? null : { ...record, directory, holds: createHolds(directory) }
}

/** Lists each directory once: a page has a dozen files, of which all are asked for. */
function createHolds(root: string): (file: string) => boolean {
  const listed = new Map<string, ReadonlySet<string>>()
  return (file) => {
    const end = file.lastIndexOf('/') + 1
    const directory = file.slice(0, end)
    const names = listed.get(directory) ?? namesIn(join(root, directory))
    listed.set(directory, names)
    return names.has(file.slice(end))
  }
}

/** None where the system does not let them be listed: what may be there is made anew. */
function namesIn(directory: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(directory))
  } catch {
    return new Set()
  }
}

function currentDirectory(siteDirectory: string): string | null {
  try {
    return join(siteDirectory, readlinkSync(join(siteDirectory, 'current')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** A release being made: not public, and gone without trace when it is dropped. */
export interface Draft {
  readonly directory: string
  /** Unix seconds: when it was begun, and always later than every release before. */
  readonly second: number
  /** Writes files and their packed twins. */
  write(files: readonly NewFile[]): Promise<void>
  /** Takes files over from another release, and their packed twins. */
  keep(from: string, files: readonly string[]): void
  /** Makes pages of the archive, by their addresses, part of the site with all that lies below them. */
  linkArchive(addresses: readonly string[]): void
  /** Makes the published data part of the site. */
  linkData(): void
  /** Makes it the site, once every name in it is durable. */
  publish(record: ReleaseRecord): Promise<string>
  drop(): void
}

export function createDraft(siteDirectory: string): Draft {
  const releases = join(siteDirectory, 'releases')
  makeDirectory(releases)
  for (const each of ['releases', 'archive', 'archive/reports']) dropAbandoned(join(siteDirectory, each))
  const directory = join(releases, `${TEMPORARY}${process.pid}-${randomBytes(4).toString('hex')}`)
  mkdirSync(directory)
  const second = Math.max(
    Math.floor(Date.now() / 1000),
    ...listReleases(releases).map((number) => secondBehind(join(releases, String(number)))),
  )
  return {
    directory,
    second,
    write: (files) =>
      writeUnseen(
        withTwins(files).map(({ path, text }) => ({ path: `${directory}/${path}`, text })),
        second,
      ),
    keep: (from, files) =>
      linkFiles(withTwinNames(files).map((file) => ({ from: `${from}/${file}`, to: `${directory}/${file}` }))),
    linkArchive(addresses) {
      for (const address of addresses) linkArchived(siteDirectory, directory, address)
    },
    linkData() {
      for (const step of Object.keys(STEPS)) linkStep(siteDirectory, directory, step)
    },
    async publish(record) {
      utimesSync(directory, second, second)
      await flushDirectories(directoriesIn(directory))
      const number = Math.max(0, ...listReleases(releases)) + 1
      const target = join(releases, String(number))
      writeJson(`${target}.json.gz`, { schema: SCHEMA, ...record })
      renameSync(directory, target)
      syncDirectory(releases)
      swap(siteDirectory, number)
      prune(releases, number)
      return target
    },
    drop: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** The directory and all those in it; what links lead to is not in it. */
function directoriesIn(directory: string): string[] {
  const inside = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return [directory, ...inside.flatMap(({ name }) => directoriesIn(join(directory, name)))]
}

/** `scoreboard/2026/11/23` in the release leads to `archive/2026-11-23` beside the releases. */
function linkArchived(siteDirectory: string, directory: string, address: string): void {
  linkAside(join(directory, address.slice(0, -1)), join(siteDirectory, archivePath(address)!.slice(0, -1)))
}

/** `data/5m` in the release leads to `data/5m` beside the releases: all its versions, for pages that were opened before. */
function linkStep(siteDirectory: string, directory: string, step: string): void {
  linkAside(join(directory, 'data', step), join(siteDirectory, 'data', step))
}

function linkAside(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(relative(dirname(path), target), path)
}

function swap(siteDirectory: string, number: number): void {
  const temporary = join(siteDirectory, `${TEMPORARY}current`)
  rmSync(temporary, { force: true })
  symlinkSync(join('releases', String(number)), temporary)
  renameSync(temporary, join(siteDirectory, 'current'))
  syncDirectory(siteDirectory)
}

/** Numbers of releases that a build finished: a directory with its record. */
export function listReleases(releases: string): number[] {
  return listDirectory(releases)
    .filter((name) => /^\d+$/.test(name) && isThere(join(releases, `${name}.json.gz`)))
    .map(Number)
    .sort((a, b) => a - b)
}

function prune(releases: string, newest: number): void {
  for (const number of listReleases(releases).filter((each) => each <= newest - KEPT)) {
    removeAll(join(releases, String(number)))
    rmSync(join(releases, `${number}.json.gz`), { force: true })
  }
}

/** Drafts and half-written records of builds that were killed; to be called before the first of one's own. */
export function dropAbandoned(directory: string): void {
  if (!existsSync(directory)) return
  for (const name of readdirSync(directory)) {
    const pid = Number(/^\.tmp-(\d+)-/.exec(basename(name))?.[1])
    // In a container each build may have the same number.
    const isAbandoned = pid === process.pid || (pid > 0 && !isRunning(pid))
    if (isAbandoned) rmSync(join(directory, name), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
