import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { STEPS, type StepName } from '../../ingest/model/time.ts'
import { readPackedTable, seriesPath } from '../../ingest/store/derive.ts'
import { DamagedFile, isThere, listDirectory, makeDirectory, stampOf, TEMPORARY } from '../../ingest/store/files.ts'
import { recountsOf } from '../../ingest/store/generation.ts'
import { listWindows, readIndex } from '../../ingest/store/series-index.ts'
import { startOfWindow, windowOf } from '../../ingest/store/windows.ts'
import type { Site } from '../pages/site.ts'
import { dropAbandoned } from '../release.ts'
import { stateOf, UNSETTLED } from '../traffic.ts'
import { flushDirectories, writeFiles } from '../write.ts'
import { batches } from './batches.ts'
import { publishedCells } from './cells.ts'
import { dataDirectory, listVersions, removeVersion, STEP_NAMES, type Versions, versionName } from './places.ts'
import { type DataRecord, readRecord, type WindowRecord, writeRecord } from './record.ts'
import { forgetDamaged } from './scrub.ts'
import { createVersionHash } from './version.ts'
import { type WindowFile, windowFiles } from './window.ts'

/** The windows of everything that is stored, in place below `site.dir`; nothing leads to the new ones yet. */
export interface PublishedData {
  readonly record: DataRecord
  readonly versions: Versions
  /** Those that were not there before: `5m/2026-11-23`. */
  readonly written: readonly string[]
}

/** Of what is in a window: raised when the same series give other files. */
const FORMAT = 2
/** Windows between two notes of how far a long build has come. */
const BATCH = 50
/** As the store packs; 6 takes twice the time for 3 % less. */
const LEVEL = 4

/**
 * Writes the windows whose series are new or other than when they were published. What was written stays when the build fails later on, and the next need
 * not do it again. `end`: of the newest slot (unix seconds). Throws DamagedDerived and what the disk throws.
 */
export async function publishWindows(site: Site, end: number, log: (line: string) => void): Promise<PublishedData> {
  const { data, site: settings } = site.config
  const cells = publishedCells(site)
  const known = forgetOthers(readRecord(settings.dir), hashOf(`${FORMAT} ${cells.key}`))
  const before = forgetDamaged(settings.dir, known, end, log)
  const stateOf = createStateOf(data, end)
  const windows = noWindows()
  const written: string[] = []

  async function publish(step: StepName, window: string, state: string): Promise<void> {
    const stored = readPackedTable(data, step, window)
    if (stored === null) return
    const { hash, isNew } = await writeWindow(settings.dir, step, window, windowFiles(stored, cells, end))
    windows[step][window] = { state, hash }
    if (!isNew) return
    written.push(`${step}/${window}`)
    if (written.length % BATCH > 0) return
    writeRecord(settings.dir, { ...before, windows: mergeWindows(before.windows, windows) })
    log(`${written.length} windows of data published`)
  }

  dropAbandoned(dataDirectory(settings.dir))
  for (const step of STEP_NAMES) {
    makeDirectory(dataDirectory(settings.dir, step))
    dropAbandoned(dataDirectory(settings.dir, step))
    const there = new Set(listVersions(settings.dir, step))
    for (const window of listWindows(data, step)) {
      const state = stateOf(step, window)
      const known = before.windows[step][window]
      const isAsBefore = state !== UNSETTLED && known?.state === state && there.has(versionName(window, known.hash))
      if (isAsBefore) windows[step][window] = known
      else await publish(step, window, state)
    }
  }
  return { record: { ...before, windows }, versions: versionsOf(windows), written }
}

type Windows = { [S in StepName]: { [window: string]: WindowRecord } }

function noWindows(): Windows {
  return { '5m': {}, '30m': {}, '2h': {}, '1d': {} }
}

/** When other cells are published every window is looked at again. */
function forgetOthers(record: DataRecord, key: string): DataRecord {
  return record.key === key ? record : { ...record, key, windows: noWindows() }
}

function mergeWindows(before: DataRecord['windows'], now: Windows): Windows {
  return mapSteps((step) => ({ ...before[step], ...now[step] }))
}

function versionsOf(windows: Windows): Versions {
  return mapSteps((step) =>
    Object.fromEntries(Object.entries(windows[step]).map(([window, { hash }]) => [window, hash])),
  )
}

function mapSteps<T>(of: (step: StepName) => T): { [S in StepName]: T } {
  return Object.fromEntries(STEP_NAMES.map((step) => [step, of(step)])) as { [S in StepName]: T }
}

/**
 * What tells whether a window has to be read again: the file of its series; but of coarser points of which the last is not over yet, only when one more
 * is, or when a flow file came late. Their file changes with every slot, and pages are drawn anew no more often.
 */
function createStateOf(data: string, end: number): (step: StepName, window: string) => string {
  const derived = readIndex(data).days
  const recounts = JSON.stringify(recountsOf(data))
  return (step, window) => {
    const from = startOfWindow(window)
    const windowEnd = from + windowOf(step, from).length * STEPS[step]
    const to = Math.min(windowEnd, Math.floor(end / STEPS[step]) * STEPS[step])
    if (step === '5m' || to === windowEnd) return `${to} ${stampOf(seriesPath(data, step, window))}`
    const state = stateOf(data, derived, { from, to })
    return state === UNSETTLED ? state : hashOf(`${to} ${state} ${recounts}`)
  }
}

/** Files under way at a time: a window of thousands of members is not held whole. */
const FILES_AT_ONCE = 64

/** Puts a version in place, whole, each file read back and compared. When the same is there already, that stays. Throws DamagedFile. */
async function writeWindow(
  siteDirectory: string,
  step: StepName,
  window: string,
  files: Iterable<WindowFile>,
): Promise<{ hash: string; isNew: boolean }> {
  const draft = dataDirectory(siteDirectory, step, `${TEMPORARY}${process.pid}-${window}`)
  const hash = createVersionHash()
  for (const some of batches(files, FILES_AT_ONCE)) {
    for (const { name, text } of some) hash.add(name, text)
    await writeVerified(draft, some)
  }
  const name = hash.end()
  const target = dataDirectory(siteDirectory, step, versionName(window, name))
  const isNew = !holdsSame(target, draft)
  if (isNew) {
    removeVersion(target)
    renameSync(draft, target)
    await flushDirectories([dirname(target)])
  } else rmSync(draft, { recursive: true })
  return { hash: name, isNew }
}

async function writeVerified(directory: string, files: readonly WindowFile[]): Promise<void> {
  const packed = files.map(({ name, text }) => ({
    path: join(directory, `${name}.json.gz`),
    text: gzipSync(text, { level: LEVEL }),
  }))
  await writeFiles(packed, Math.floor(Date.now() / 1000))
  for (const [at, { path }] of packed.entries())
    if (unpacked(readFileSync(path)) !== files[at]!.text)
      throw new DamagedFile(`${path}: reads back other than it was written; is the disk failing?`)
}

function holdsSame(directory: string, draft: string): boolean {
  if (!isThere(directory)) return false
  const [there, names] = [listDirectory(directory), listDirectory(draft)]
  const isSame = (name: string) => readFileSync(join(directory, name)).equals(readFileSync(join(draft, name)))
  return there.join() === names.join() && names.every(isSame)
}

/** `null`: it is not gzip, or not whole. */
function unpacked(bytes: Uint8Array): string | null {
  try {
    return gunzipSync(bytes).toString()
  } catch {
    return null
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
