import { existsSync, linkSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { LoadedConfig } from '../../ingest/config/load.ts'
import type { StepName } from '../../ingest/model/time.ts'
import { compareBoard, compareSeries, createDifferences, SECONDS } from '../soak/compare.ts'
import { configFor } from '../soak/flowscan.ts'
import { type Truth, truthOf } from '../soak/oracle.ts'
import { DAY } from '../soak/plan.ts'
import { type Case, damagedBytes, inflict, kindOf } from './damage.ts'
import { FILES, FIRST_FINE, FIRST_PARTS, listFiles, PARTS_OF_DAY, type RotStore, SHAPE } from './store.ts'

export interface Verdict {
  /** Did `fsck` tell of it? */
  readonly isDetected: boolean
  /** Is every byte again what it was? */
  readonly isWhole: boolean
  /** What is wrong, in words; `null`: nothing. */
  readonly problem: string | null
}

/** Where cases are played through, one after the other. */
export interface Stage {
  readonly store: RotStore
  readonly base: string
  readonly loaded: { readonly there: LoadedConfig; readonly gone: LoadedConfig }
}

/** `base`: a directory of its own, on the file system of the store. */
export function createStage(store: RotStore, base: string): Stage {
  mkdirSync(base, { recursive: true })
  const loaded = configFor(store.flowscan, base, SHAPE)
  const withSaved = (directory: string): LoadedConfig => {
    const flows = loaded.config.flows.map((source) => ({ ...source, saved: join(directory, 'saved', source.source) }))
    return { ...loaded, config: { ...loaded.config, flows } }
  }
  return { store, base, loaded: { there: withSaved(store.base), gone: withSaved(base) } }
}

/**
 * What may go unnoticed, or be other afterwards, for it changes no number: bits that leave what is unpacked as it was (what gzip notes of time and system, a
 * repetition taken from elsewhere), how often days were counted again (the archive of the site renders some pages once more), and that the part which was cut
 * short has gone while the whole one is there.
 */
function isHarmless({ base, parts }: RotStore, { path, damage }: Case): boolean {
  if (path.endsWith('generation.json.gz')) return true
  if (damage.kind === 'deletion') return parts.get(basename(path))?.what === 'cut'
  if (damage.kind !== 'flip') return false
  const bytes = readFileSync(join(base, 'data', path))
  return isSameUnpacked(bytes, damagedBytes(Buffer.from(bytes), damage))
}

function isSameUnpacked(before: Uint8Array, after: Uint8Array): boolean {
  try {
    return gunzipSync(after).equals(gunzipSync(before))
  } catch {
    return false
  }
}

/** Damages a fresh copy of the store, asks fsck, lets a run and a reader of everything mend it, and judges what comes of it. */
export async function judge(stage: Stage, given: Case): Promise<Verdict> {
  const { store } = stage
  const loaded = given.hasSaved ? stage.loaded.there : stage.loaded.gone
  const { data } = loaded.config
  linkTree(join(store.base, 'data'), data)
  inflict(data, given)
  const isDetected = await isTold(() => store.flowscan.fsck(data, false).defects.length > 0)
  const undetected = isDetected || isHarmless(store, given) ? null : 'fsck does not tell of it'
  try {
    await mend(stage, loaded)
  } catch (error) {
    return { isDetected, isWhole: false, problem: `a run cannot mend it: ${(error as Error).stack}` }
  }
  const wrongBefore = changedFiles(store, data).length === 0 ? null : wrongNumber(stage, data, given)
  if (wrongBefore !== null) return { isDetected, isWhole: false, problem: wrongBefore }
  if (changedFiles(store, data).length > 0) await store.flowscan.repairStore(loaded, false, () => {})
  const changed = changedFiles(store, data)
  const isWhole = changed.length === 0
  const notWhole =
    given.hasSaved && !isWhole && !isLostForGood(given) && !isHarmless(store, given)
      ? `differs afterwards: ${changed.join(', ')}`
      : null
  const wrong = isWhole ? null : wrongNumber(stage, data, given)
  return { isDetected, isWhole, problem: wrong ?? notWhole ?? undetected }
}

/** An error is telling, too. */
async function isTold(ask: () => boolean): Promise<boolean> {
  try {
    return ask()
  } catch {
    return true
  }
}

/** A second name for each file: nothing writes into a file that has its name. */
export function linkTree(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  const directories = new Set<string>()
  for (const path of listFiles(from)) {
    const target = join(to, path)
    if (!directories.has(dirname(target))) mkdirSync(dirname(target), { recursive: true })
    directories.add(dirname(target))
    linkSync(join(from, path), target)
  }
  const current = join(from, 'current')
  if (existsSync(current)) symlinkSync(readlinkSync(current), join(to, 'current'))
}

/** A run, then whatever reads everything and mends what it meets, as a build of the site does; last what the run left to the next. */
async function mend({ store }: Stage, loaded: LoadedConfig): Promise<void> {
  const { ingest, repairing, repairStore } = store.flowscan
  await ingest(loaded)
  await repairing(
    loaded,
    async () => readEverything(store, loaded.config.data),
    () => {},
  )
  await repairStore(loaded, false, () => {})
}

/** Files are read and checked all the same. */
const NO_CELLS = { wants: () => false }

function readEverything({ flowscan }: RotStore, data: string): void {
  const { from, to } = stretch()
  for (const step of Object.keys(SECONDS) as StepName[]) flowscan.readSeries(data, step, { from, to }, NO_CELLS)
  for (let day = from; day < to; day += DAY) flowscan.readDayBoard(data, nameOf(day))
  for (const day of flowscan.listDays(data))
    for (const part of flowscan.listParts(data, day)) flowscan.readPart(data, part)
}

function stretch() {
  return { from: SHAPE.start - DAY, to: SHAPE.start + (SHAPE.days + 1) * DAY }
}

function nameOf(day: number): string {
  return new Date(day * 1000).toISOString().slice(0, 10)
}

/** What is other than in the store before, is missing, or was not there. */
function changedFiles(store: RotStore, data: string): string[] {
  const now = new Set(listFiles(data).filter((path) => !path.startsWith('quarantine/')))
  const before = join(store.base, 'data')
  const isSame = (path: string) => {
    const [a, b] = [join(before, path), join(data, path)]
    return statSync(a).ino === statSync(b).ino || readFileSync(a).equals(readFileSync(b))
  }
  const different = store.files.filter((path) => !now.has(path) || !isSame(path))
  return [...different, ...[...now].filter((path) => !store.files.includes(path))]
}

/** What has no flow file or finer file behind it any more: coarser values and boards of days whose parts have faded. */
function isLostForGood({ path, damage }: Case): boolean {
  const paths = damage.kind === 'swap' ? [path, damage.other] : [path]
  const first = nameOf(SHAPE.start + FIRST_FINE * DAY)
  return paths.some((each) => {
    const kind = kindOf(each)
    if (kind === 'series/2h' || kind === 'series/1d') return false
    const day = /\d{4}-\d\d-\d\d/.exec(each)?.[0]
    return day !== undefined && day < first
  })
}

/**
 * Days with five-minute values must tell exactly what the parts that are left hold, where a part has gone a gap. Days before tell what
 * they did, or nothing.
 */
function wrongNumber({ store }: Stage, data: string, given: Case): string | null {
  const { flowscan, parts } = store
  const left = flowscan.listDays(data).flatMap((day) => flowscan.listStoredParts(data, day).map(({ name }) => name))
  const stranger = left.find((name) => !parts.has(name))
  if (stranger !== undefined) return `a part that never was: ${stranger}`
  const gone = store.kept - left.length
  if (gone > mostLost(store, given)) return `${gone} parts have gone`
  const found = createDifferences()
  const fine = SHAPE.start + FIRST_FINE * DAY
  const { from, to } = stretch()
  const now = truthOfParts(store, left)
  for (const step of Object.keys(SECONDS) as StepName[]) {
    compareSeries(flowscan, data, step, fine, to, now, found)
    for (let day = from; day < fine && step !== '5m'; day += DAY) {
      const isKept = flowscan
        .readSeries(data, step, { from: day, to: day + DAY }, NO_CELLS)
        .known.some((seconds) => seconds > 0)
      if (isKept) compareSeries(flowscan, data, step, day, day + DAY, truthOfAll(), found)
    }
  }
  for (let day = from; day < to; day += DAY) {
    const all = truthOfAll().boards.get(day)
    if (day >= fine) compareBoard(flowscan, data, day, now.boards.get(day), found)
    else if (flowscan.readDayBoard(data, nameOf(day)) !== null) compareBoard(flowscan, data, day, all, found)
  }
  const [first] = found.result().differences
  return first === undefined ? null : `a wrong number: ${first}`
}

/** How many parts damage may cost when no flow file is left: those in the bytes that it hit. */
function mostLost(store: RotStore, given: Case): number {
  const { path, damage, hasSaved } = given
  const kind = kindOf(path)
  if (isHarmless(store, given)) return 1
  if (hasSaved || (kind !== 'parts' && kind !== 'sealed parts')) return 0
  const inFile = kind === 'parts' || damage.kind === 'flip' ? 1 : PARTS_OF_DAY
  return damage.kind === 'swap' ? 2 * inFile : inFile
}

const truths = new Map<string, Truth>()

/** What the parts that are left hold, and those that have faded held; by the flows of their files. */
function truthOfParts({ parts }: RotStore, names: readonly string[]): Truth {
  const key = names.join()
  const known = truths.get(key)
  if (known !== undefined) return known
  const files = FILES.map((file) => ({
    ...file,
    arrivals: file.arrivals.filter(
      ({ what }) =>
        file.day < FIRST_PARTS ||
        names.some((name) => parts.get(name)!.file === file && parts.get(name)!.what === what),
    ),
  }))
  const truth = truthOf(SHAPE, files, SHAPE.days)
  truths.set(key, truth)
  return truth
}

let everything: Truth | undefined
function truthOfAll(): Truth {
  everything ??= truthOf(SHAPE, FILES, SHAPE.days)
  return everything
}
