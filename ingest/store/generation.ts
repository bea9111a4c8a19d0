import { lstatSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { EXIT, UserError } from '../model/errors.ts'
import {
  DamagedFile,
  exchangeLink,
  linkFiles,
  listDirectory,
  listFiles,
  readJson,
  removeTree,
  writeJson,
} from './files.ts'
import { assertSchema } from './schema.ts'

/*
 * All that parts, series and boards are is one generation: a directory of its own, or the data directory itself until the first rebuild. The
 * link `current` tells which; exchanging it is one rename. README, "Generations".
 */
const SCHEMA = 1
const LINK = 'current'
const FILE = 'generation.json.gz'
/** The directories that make up a store. */
export const STORE = ['parts', 'sealed', 'series', 'boards'] as const

/** The directory of the generation that counts. A generation is a store like any other: its own root. */
export function storeRoot(data: string): string {
  const path = join(data, LINK)
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return data
  const target = readlinkSync(path)
  if (!/^generation-\d+$/.test(target))
    throw new UserError(
      `${path}: leads to ${JSON.stringify(target)}, expected a generation such as generation-2`,
      EXIT.io,
    )
  return join(data, target)
}

/** What a generation was made for. */
export interface GenerationPlan {
  /** UTC days that were counted again, both included. */
  readonly from: string
  readonly to: string
  /** Fingerprint of the config that counted them. */
  readonly config: string
}

interface Generation extends GenerationPlan {
  readonly number: number
  /** By UTC day, the number of the generation that counted it again last. */
  readonly days: { readonly [day: string]: number }
}

/** `null` for the data directory itself, in which every day was counted once. Throws DamagedFile and NewerSchema. */
function readGeneration(root: string): Generation | null {
  const path = generationPath(root)
  const stored = readJson(path)
  if (stored === null) return null
  assertSchema(path, stored.value, SCHEMA)
  return stored.value as Generation
}

/**
 * How often, and where, days were counted again: changes for a day whenever its counts may have. Of a file that is damaged or has gone nothing is known;
 * then the archive renders again what it would not have to.
 */
export function recountsOf(root: string): Generation['days'] {
  return readQuietly(root)?.days ?? {}
}

/** Throws DamagedFile where what is kept of the generation that counts cannot be read, or has gone. */
export function checkGeneration(data: string): void {
  const root = storeRoot(data)
  if (root !== data && readGeneration(root) === null) throw new DamagedFile(`${generationPath(root)}: it has gone`)
}

export function generationPath(root: string): string {
  return join(root, FILE)
}

/**
 * A directory for the next generation: that of a rebuild by the same plan which was ended before its time, else an empty one. What an ended
 * rebuild by another plan left goes; a generation that was whole stays, also when the link was set back to one before it.
 */
export function beginGeneration(data: string, plan: GenerationPlan): string {
  const counting = storeRoot(data)
  const before = readQuietly(counting)
  // By its name: without its file it counts all the same.
  const current = counting === data ? 1 : Number(basename(counting).replace('generation-', ''))
  const last = Math.max(current, ...listNumbers(data))
  const begun = last > current ? readQuietly(rootOf(data, last)) : null
  if (begun !== null && JSON.stringify(planOf(begun)) === JSON.stringify(planOf(plan))) return rootOf(data, last)
  const isWhole = last === current || (begun !== null && isCounted(begun))
  const number = isWhole ? last + 1 : last
  const root = rootOf(data, number)
  removeTree(root)
  writeJson(join(root, FILE), { schema: SCHEMA, number, ...planOf(plan), days: before?.days ?? {} })
  return root
}

function rootOf(data: string, number: number): string {
  return join(data, `generation-${number}`)
}

function listNumbers(data: string): number[] {
  return listDirectory(data).flatMap((name) => /^generation-(\d+)$/.exec(name)?.slice(1).map(Number) ?? [])
}

/** The days that it counted are written last. */
function isCounted({ number, days }: Generation): boolean {
  return Object.values(days).includes(number)
}

function planOf({ from, to, config }: GenerationPlan): GenerationPlan {
  return { from, to, config }
}

function readQuietly(root: string): Generation | null {
  try {
    return readGeneration(root)
  } catch {
    return null
  }
}

/** Gives a new generation what stays as it is, under second names of the same files. `isKept` gets paths below the root. */
export function takeOver(from: string, to: string, isKept: (path: string) => boolean): void {
  linkFiles(from, to, listFiles(from, STORE).filter(isKept))
}

/** From now on this generation counts, and these are the days it counted again. One rename: before it all is as it was. */
export function makeCurrent(data: string, root: string, days: readonly string[]): void {
  const { number, ...generation } = readGeneration(root)!
  const recounted = Object.fromEntries(days.map((day) => [day, number]))
  const all = Object.entries({ ...generation.days, ...recounted }).sort(([a], [b]) => (a < b ? -1 : 1))
  writeJson(join(root, FILE), { ...generation, number, days: Object.fromEntries(all) })
  exchangeLink(join(data, LINK), `generation-${number}`)
}
