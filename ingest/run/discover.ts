import { type Dir, existsSync, opendirSync, realpathSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { createNameClock } from '../aggregate/file-slot.ts'
import { sharedPlaces } from '../config/places.ts'
import type { Config, Source } from '../config/schema.ts'
import { EXIT, UserError } from '../model/errors.ts'

/** Names that collectors give to files they have closed. Others are ignored: `tmp-v05…`, `nfcapd.current.…`, dotfiles, everything else. */
const COMPLETED = [/^ft-v\d\d\.\d{4}-\d\d-\d\d\.\d{6}([+-]\d{4})?$/, /^nfcapd\.\d{12}(\d\d)?([+-]\d{4})?$/]

/** Directories into which flow-capture (-N) and nfcapd (-S) sort their files by time: `2026/2026-11/2026-11-23`, `2026/11/23/16`, `2026/48/1`. */
const DATES = /(^|\/)\d{4}(-\d\d){0,2}(\/\d[\d-]*)*$/

/** A completed flow file that waits, by its name alone: nothing was opened yet. */
export interface WaitingFile {
  readonly path: string
  readonly name: string
  /** The name with the directories above it, below the source's `dir`, that tell of more than the date: `router-1/nfcapd.202611231635`. */
  readonly place: string
  readonly source: Source
  /** Why it cannot be read: it is the directory of a source. */
  readonly mistake?: string
}

/**
 * Completed flow files in the directories of all sources and below (not in any `saved`, nor where flowscan writes), the newest by name first: what
 * people look at is there soonest. A directory of one of several sources that cannot be read is told as a file that cannot. Throws a UserError when
 * the only one cannot be read, or when two sources reach the same one by links.
 */
export function discoverFlowFiles(config: Config): WaitingFile[] {
  const { flows, data, site } = config
  const sources = flows.map((source) => ({
    ...source,
    dir: real(source.dir),
    saved: source.saved && real(source.saved),
  }))
  const [shared] = sharedPlaces(sources)
  if (shared !== undefined) throw new UserError(`flows: ${shared.message}`, EXIT.config)
  const written = [data, site.dir, site.mirror].filter((path) => path !== undefined)
  const leaveOut = new Set(written.map(real).concat(sources.flatMap(({ saved }) => saved || [])))
  const timeIn = createNameClock(site.timeZone)
  const find = (source: Source, at: number) =>
    [...walk(source.dir, source, leaveOut)].map((path) => toWaiting(path, source.dir, flows[at]!))
  const found = sources.flatMap((source, at) =>
    flows.length === 1 ? find(source, at) : orMistake(source, () => find(source, at)),
  )
  // A single file, as every five minutes, needs no clock.
  if (found.length === 1) return found
  return found
    .map((file) => ({ file, ms: timeIn(file.name) ?? 0 }))
    .sort((a, b) => b.ms - a.ms || (a.file.path < b.file.path ? -1 : 1))
    .map(({ file }) => file)
}

/** One of several collectors must not keep the others waiting. */
function orMistake(source: Source, find: () => WaitingFile[]): WaitingFile[] {
  try {
    return find()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const name = basename(source.dir)
    return [{ path: source.dir, name, place: name, source, mistake: error.message }]
  }
}

function toWaiting(path: string, dir: string, source: Source): WaitingFile {
  const name = basename(path)
  const directory = relative(dir, path)
    .slice(0, -name.length - 1)
    .replace(DATES, '')
  return { path, name, place: join(directory, name), source }
}

/** A directory may hold a million names: they are read as they come. One that is named like a flow file is told as one, and refused as such. */
function* walk(directory: string, source: Source, leaveOut: ReadonlySet<string>): Generator<string> {
  const open = openDirectory(directory, source.dir)
  if (open === null) return yield directory
  try {
    for (let entry = open.readSync(); entry !== null; entry = open.readSync()) {
      const path = join(directory, entry.name)
      if (entry.name.startsWith('.') || leaveOut.has(path)) continue
      if (entry.isDirectory() && !isCompleted(entry.name, undefined)) yield* walk(path, source, leaveOut)
      else if (isCompleted(entry.name, source.pattern)) yield path
    }
  } finally {
    open.closeSync()
  }
}

export function isCompleted(name: string, pattern: RegExp | undefined): boolean {
  return pattern === undefined ? COMPLETED.some((allowed) => allowed.test(name)) : pattern.test(name)
}

/** The path without links; one that does not exist yet as it is. */
function real(path: string): string {
  return existsSync(path) ? realpathSync(path) : path
}

/** That is how the directory is. Anything else (EIO, EMFILE) is no fault of its own, and ends the run. */
const OF_ITS_OWN = new Set(['ENOENT', 'EACCES', 'EPERM', 'ESTALE', 'ENOTDIR', 'ELOOP'])

/** `null`: one below the top that has gone, or that this user may not read; whoever opens it finds out which. */
function openDirectory(directory: string, top: string): Dir | null {
  try {
    return opendirSync(directory, { bufferSize: 1024 })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (directory !== top && OF_ITS_OWN.has(code ?? '')) return null
    if (directory !== top) throw error
    const mend =
      code === 'ENOENT'
        ? 'make it, or let flows.dir name the directory in which your collector puts its files'
        : `let the user that runs flowscan read it (${message})`
    throw new UserError(`flows.dir: ${relative('', directory) || directory}: cannot be read; ${mend}`, EXIT.io, {
      cause: error,
    })
  }
}
