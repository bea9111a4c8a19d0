import { accessSync, constants, lstatSync, mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { EXIT, UserError } from '../../ingest/model/errors.ts'
import { TEMPORARY } from '../../ingest/store/files.ts'
import { writeFiles } from '../write.ts'
import { type FileStates, FOLDER, readFiles, readUnits, unitPath, writeFileStates, writeUnits } from './record.ts'
import { filesOfUnit, listUnits, type SourceFile, type Unit } from './unit.ts'

/** How many files a mirroring wrote and removed. */
export interface Mirrored {
  readonly written: number
  readonly removed: number
}

/**
 * Makes a plain directory hold what a release holds, for web servers that cannot follow its links. First comes what is new, then what is other, then what is gone goes; of each kind data and assets
 * come before the pages that need them, leaves before the pages that lead to them. So no link is dead at any moment, and no file half; but a page and what it links to may be
 * of two builds for a while. Killed, it goes on where it was. What it did not write it never touches: where such a thing is in its way, it throws a UserError (74).
 */
export async function mirrorSite(release: string, mirror: string): Promise<Mirrored> {
  mkdirSync(mirror, { recursive: true })
  // Made recursively, a directory in a read-only one is said to be missing.
  accessSync(mirror, constants.W_OK)
  refuseLinks(mirror, FOLDER)
  const known = readUnits(mirror)
  const units = listUnits(release)
  const present = new Set(units.map(({ path }) => path))
  const goneUnits = Object.keys(known).filter((path) => !present.has(path))
  // What moves from one to the other was flowscan's before, too: the month's statement that is frozen.
  const elsewhere = Object.assign({}, ...['', ...goneUnits].map((path) => readFiles(mirror, path))) as FileStates
  const plans = [
    ...units
      .filter(({ path, state }) => state === null || state !== known[path] || !isThere(join(mirror, path)))
      .map((unit) => () => planUnit(release, mirror, unit, elsewhere)),
    ...goneUnits.map((path) => () => planRemoval(release, mirror, path)),
  ]
  const states = Object.fromEntries(units.map(({ path, state }) => [path, state]))
  const isAsBefore = plans.length === 1 && JSON.stringify(known) === JSON.stringify(states)
  if (!isAsBefore) await writeUnits(mirror, { ...known, ...pending(units, known) })

  let written = 0
  const left: Plan[] = []
  for (const makePlan of plans) {
    const plan = makePlan()
    if (isDone(plan)) continue
    await writeFileStates(mirror, plan.path, intended(plan))
    written += await copy(mirror, plan, plan.fresh)
    if (plan.other.length + plan.gone.length > 0) left.push(plan)
    else await conclude(mirror, plan)
  }
  for (const plan of left) written += await copy(mirror, plan, plan.other)
  for (const plan of [...left].reverse()) remove(mirror, inOrder(plan.gone).reverse())
  for (const plan of left) await conclude(mirror, plan)
  if (!isAsBefore) await writeUnits(mirror, states)
  return { written, removed: left.reduce((sum, { gone }) => sum + gone.length, 0) }
}

/** What has to be done to a unit; names are paths below the root of the site. */
interface Plan {
  readonly path: string
  readonly wanted: ReadonlyMap<string, SourceFile>
  readonly before: FileStates
  /** Not there yet, there with other content, and there in vain. */
  readonly fresh: readonly string[]
  readonly other: readonly string[]
  readonly gone: readonly string[]
}

function isDone({ wanted, before, fresh, other, gone }: Plan): boolean {
  return fresh.length + other.length + gone.length === 0 && Object.keys(before).length === wanted.size
}

function planUnit(release: string, mirror: string, unit: Unit, elsewhere: FileStates): Plan {
  const wanted = filesOfUnit(unit)
  const before = readFiles(mirror, unit.path)
  const fresh: string[] = []
  const other: string[] = []
  for (const [path, { size, state }] of wanted) {
    const there = lstatSync(join(mirror, path), { throwIfNoEntry: false })
    if (there === undefined) fresh.push(path)
    else if (!there.isFile() || !(path in before || path in elsewhere)) throw foreign(join(mirror, path))
    else if (before[path] !== state || there.size !== size) other.push(path)
  }
  return { path: unit.path, wanted, before, fresh, other, gone: goneOf(release, before) }
}

function planRemoval(release: string, mirror: string, path: string): Plan {
  const before = readFiles(mirror, path)
  return { path, wanted: new Map(), before, fresh: [], other: [], gone: goneOf(release, before) }
}

/** Those that are nowhere in the site, in this unit or another. */
function goneOf(release: string, before: FileStates): string[] {
  return Object.keys(before).filter((path) => !isThere(join(release, path)))
}

function foreign(path: string): UserError {
  return new UserError(
    `${path} is in the way and not flowscan's: move it away, or name a directory of its own in site.mirror`,
    EXIT.io,
  )
}

/** Units that are not up to date, so that they are known whatever happens meanwhile. */
function pending(units: readonly Unit[], known: { readonly [path: string]: string | null }) {
  return Object.fromEntries(units.filter(({ path, state }) => state !== known[path]).map(({ path }) => [path, null]))
}

/** What is there and what will be, so that both are known to be flowscan's. */
function intended({ before, fresh, other }: Plan): FileStates {
  return { ...before, ...Object.fromEntries([...fresh, ...other].map((path) => [path, null])) }
}

/** A unit is as it should be: that is written down, or, when nothing is left of it, that nothing is. */
async function conclude(mirror: string, { path, wanted }: Plan): Promise<void> {
  if (wanted.size === 0) rmSync(unitPath(mirror, path), { force: true })
  else await writeFileStates(mirror, path, Object.fromEntries([...wanted].map(([file, { state }]) => [file, state])))
}

/** Held in memory at a time. */
const BATCH = 64

async function copy(mirror: string, { wanted }: Plan, paths: readonly string[]): Promise<number> {
  const ordered = inOrder(paths)
  const second = Math.floor(Date.now() / 1000)
  for (const directory of new Set(ordered.map((path) => dirname(path)))) refuseLinks(mirror, directory)
  for (let at = 0; at < ordered.length; at += BATCH)
    await writeFiles(
      ordered
        .slice(at, at + BATCH)
        .map((path) => ({ path: join(mirror, path), text: readFileSync(wanted.get(path)!.from) })),
      second,
    )
  return ordered.length
}

/** Never through a link: who may write into web space must not lead flowscan elsewhere. */
function refuseLinks(mirror: string, path: string): void {
  if (path === '.') return
  refuseLinks(mirror, dirname(path))
  const there = lstatSync(join(mirror, path), { throwIfNoEntry: false })
  if (there !== undefined && !there.isDirectory()) throw foreign(join(mirror, path))
}

function remove(mirror: string, paths: readonly string[]): void {
  const directories = new Set(paths.map((path) => dirname(path)))
  for (const directory of directories) refuseLinks(mirror, directory)
  for (const path of paths) {
    const full = join(mirror, path)
    for (const each of [full, join(dirname(full), TEMPORARY + basename(full))]) rmSync(each, { force: true })
  }
  for (const directory of directories) removeEmpty(mirror, directory)
}

/** Directories that nothing is left in, upwards. */
function removeEmpty(mirror: string, path: string): void {
  if (path === '.') return
  try {
    rmdirSync(join(mirror, path))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
    if (code !== 'ENOENT') return
  }
  removeEmpty(mirror, dirname(path))
}

const PAGE = /\.html(\.gz|\.br)?$/

/** Data and assets, then pages, the deepest first: the first page of the site comes last. */
function inOrder(paths: readonly string[]): string[] {
  const rank = (path: string) => (PAGE.test(path) ? -path.split('/').length : Number.NEGATIVE_INFINITY)
  return [...paths].sort((a, b) => compare(rank(a), rank(b)) || compare(a, b))
}

function compare<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
