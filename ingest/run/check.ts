import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readEvents } from '../config/events.ts'
import { isInside } from '../config/places.ts'
import type { Config, Source } from '../config/schema.ts'
import { EXIT, UserError } from '../model/errors.ts'
import { listFiles, sizeOf } from '../store/files.ts'
import { type Forecast, forecast } from '../store/forecast.ts'
import { STORE, storeRoot } from '../store/generation.ts'
import { discoverFlowFiles } from './discover.ts'
import { isWorldWritable, KEEP_OUT } from './privacy.ts'
import { LITTLE_SPACE } from './room.ts'

/** One thing that was looked at. `subject` is a key of the config; what is not ok says how to mend it. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error'
  readonly subject: string
  readonly message: string
  /** What an error lets the command end with. */
  readonly exitCode: number
}

const MEBIBYTE = 1024 * 1024
const NO_SPACE = 64 * MEBIBYTE

/** Looks at every directory that the config names, as the user who runs this; writes nothing. */
export function checkDirectories(config: Config): Finding[] {
  const { flows, data, site } = config
  const sources = flows.map((source) => ({ source, key: keysOf(source, flows.length > 1) }))
  const dirs = Object.fromEntries(sources.map(({ source, key }) => [key.dir, source.dir]))
  const saved = Object.fromEntries(
    sources.flatMap(({ source, key }) => (source.saved === false ? [] : [[key.saved, source.saved]])),
  )
  const editions = Object.entries(site.editions).flatMap(([name, { dir, mirror }]) => [
    [`site.editions.${name}.dir`, dir] as const,
    ...(mirror === undefined ? [] : [[`site.editions.${name}.mirror`, mirror] as const]),
  ])
  const mirror = site.mirror === undefined ? {} : { 'site.mirror': site.mirror }
  const sites: Record<string, string> = { 'site.dir': site.dir, ...mirror, ...Object.fromEntries(editions) }
  const written = { data, ...saved, ...sites }
  return [
    ...checkPlaces({ ...dirs, ...written }),
    ...checkFlowFiles(config, sources),
    ...Object.entries({ ...dirs, data, ...saved }).flatMap(([key, path]) => checkPrivate(key, path)),
    ...Object.entries(written).map(([key, path]) => checkWritable(key, path)),
    ...sources.flatMap(({ source, key }) => (source.saved === false ? [] : [checkMove(key, source.dir, source.saved)])),
    ...Object.entries({ data, ...sites }).map(([key, path]) => checkSpace(key, path)),
    checkRetention(config),
    ...checkEvents(config),
  ]
}

/** What the keys of a source are called in findings: with its name where there are several. */
interface SourceKeys {
  readonly dir: string
  readonly saved: string
}

function keysOf({ source }: Source, isOneOfMany: boolean): SourceKeys {
  const flows = isOneOfMany ? `flows.${source}` : 'flows'
  return { dir: `${flows}.dir`, saved: `${flows}.saved` }
}

/**
 * Every directory has a place of its own. Nothing lies where the site is published, and flow files do not lie where
 * flowscan writes: they would not be found, or found again and again.
 */
function checkPlaces(places: Readonly<Record<string, string>>): Finding[] {
  const names = Object.keys(places)
  return names.flatMap((key, at) =>
    names
      .filter((other, otherAt) => {
        if (places[key] === places[other]) return otherAt < at
        return (
          (other.startsWith('site.') || (key !== 'site.dir' && key.endsWith('.dir'))) &&
          isInside(places[key]!, places[other]!)
        )
      })
      .map((other) =>
        error(
          key,
          `${places[key]}: is or lies in ${other} (${places[other]}); give it a place of its own`,
          EXIT.config,
        ),
      ),
  )
}

function checkFlowFiles(config: Config, sources: readonly { source: Source; key: SourceKeys }[]): Finding[] {
  try {
    const files = discoverFlowFiles(config)
    return sources.map(({ source, key }) => {
      const { dir, pattern } = source
      const found = files.filter((file) => file.source.source === source.source)
      const mistake = found.find((file) => file.mistake !== undefined)?.mistake
      if (mistake !== undefined) return error(key.dir, mistake.replace(/^flows\.dir: /, ''))
      const waiting = found.length
      if (waiting > 0) return ok(key.dir, `${dir}: ${waiting} completed flow file${waiting === 1 ? '' : 's'} waiting`)
      const names = pattern === undefined ? 'ft-v05.2026-11-23.163500+0000 or nfcapd.202611231635' : String(pattern)
      return ok(key.dir, `${dir}: no completed flow file (named like ${names}) waiting`)
    })
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown
    return [error('flows.dir', thrown.message.replace(/^flows\.dir: /, ''), thrown.exitCode)]
  }
}

function checkPrivate(key: string, path: string): Finding[] {
  return isWorldWritable(path) ? [error(key, `${path}: ${KEEP_OUT} ${path}`)] : []
}

function checkWritable(key: string, path: string): Finding {
  const there = nearest(path)
  const mend = 'let the user that runs flowscan write there, or choose another place'
  if (!statSync(there).isDirectory())
    return error(key, `${path}: ${there} is not a directory; move it away, or choose another place`)
  try {
    accessSync(there, constants.W_OK | constants.X_OK)
  } catch (thrown) {
    return error(key, `${path}: ${there} cannot be written (${(thrown as NodeJS.ErrnoException).code}); ${mend}`)
  }
  return ok(key, there === path ? `${path}: can be written` : `${path}: will be made`)
}

/** Moving a flow file takes writing the directory it leaves; to another device it must be copied. */
function checkMove(key: SourceKeys, from: string, to: string): Finding {
  const start = nearest(from)
  try {
    accessSync(start, constants.W_OK | constants.X_OK)
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code
    const mend = 'let the user that runs flowscan write there, or set flows.saved to false'
    return error(key.dir, `${from}: files cannot be moved away from it (${code}); ${mend}`)
  }
  if (statSync(start).dev === statSync(nearest(to)).dev) return ok(key.saved, `${to}: on the same device as flows.dir`)
  return warning(
    key.saved,
    `${to}: on another device than flows.dir: every file is copied; choose a place beside flows.dir`,
  )
}

function checkSpace(key: string, path: string): Finding {
  const { bavail, bsize } = statfsSync(nearest(path))
  const free = bavail * bsize
  const told = `${path}: ${Math.floor(free / MEBIBYTE).toLocaleString('en-US')} MiB free`
  if (free < NO_SPACE) return error(key, `${told}; make room, or choose another place`)
  return free < LITTLE_SPACE ? warning(key, `${told}; make room before it is full`) : ok(key, told)
}

/** What `data` will take once everything has faded that does, and whether there is room for it. */
function checkRetention({ data, retention }: Config): Finding {
  let expected: Forecast | null
  try {
    expected = existsSync(data) ? forecast(data, retention) : null
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown
    return warning('retention', `no forecast: ${thrown.message}`)
  }
  if (expected === null) return ok('retention', 'no forecast before a whole day is stored')
  const { kinds, measuredDays } = expected
  const sum = (isForever: boolean, of: 'bytes' | 'files') =>
    kinds.filter((each) => each.isForever === isForever).reduce((total, each) => total + each[of], 0)
  const each = kinds.map(({ kind, bytes, isForever }) => `${kind} ${mebibytes(bytes)}${isForever ? ' a year' : ''}`)
  const told = [
    `by the last ${measuredDays} day${measuredDays === 1 ? '' : 's'}, data will take ${mebibytes(sum(false, 'bytes'))} MiB`,
    ` in ${Math.round(sum(false, 'files')).toLocaleString('en-US')} files, and ${mebibytes(sum(true, 'bytes'))} MiB more each year`,
    ` (MiB: ${each.join(', ')})`,
  ].join('')
  const { bavail, bsize } = statfsSync(nearest(data))
  const room = bavail * bsize + bytesBelow(data)
  if (sum(false, 'bytes') + sum(true, 'bytes') <= room) return ok('retention', told)
  return warning(
    'retention',
    `${told}, but there is room for ${mebibytes(room)} MiB; make room, or keep less (retention)`,
  )
}

/** A line of events that cannot be read is left out of the site. */
function checkEvents({ site: { events: path, timeZone } }: Config): Finding[] {
  if (path === undefined) return []
  const { events, mistakes } = readEvents(path, timeZone)
  if (mistakes.length > 0) return mistakes.map((mistake) => warning('site.events', `${path}: ${mistake}`))
  return [ok('site.events', `${path}: ${events.length} event${events.length === 1 ? '' : 's'}`)]
}

function bytesBelow(data: string): number {
  const root = storeRoot(data)
  return sizeOf(listFiles(root, STORE).map((path) => join(root, path)))
}

function mebibytes(bytes: number): string {
  return (Math.ceil((bytes / MEBIBYTE) * 10) / 10).toLocaleString('en-US')
}

/** The path itself, or what exists of the way to it. */
function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path))
}

function ok(subject: string, message: string): Finding {
  return { level: 'ok', subject, message, exitCode: EXIT.ok }
}

function warning(subject: string, message: string): Finding {
  return { level: 'warning', subject, message, exitCode: EXIT.ok }
}

function error(subject: string, message: string, exitCode: number = EXIT.io): Finding {
  return { level: 'error', subject, message, exitCode }
}
