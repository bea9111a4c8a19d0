import { basename, dirname, join } from 'node:path'
import { toJson } from '../model/counter.ts'
import { DamagedFile, listDirectory, readJson, writeJson } from './files.ts'

/*
 * A flow file may come twice, cut short and whole. Both have their part, and neither is ever changed or deleted; a mark beside the shorter one's says
 * which part takes its place, and one beside the longer's whose place it takes: the loss of one of the two changes nothing. A mark counts as soon as
 * the longer part is there: so both are written before the second of the parts, whichever that is, and the one rename that commits the part exchanges
 * one for the other.
 */
const MARK = /^(\d{8}T\d{4}Z-[a-z0-9-]+-)([0-9a-f]{32})\.(superseded-by|supersedes)-([0-9a-f]{32})\.json\.gz$/

/** What a mark says, by (shortened) ids. `start`: what the names of both parts begin with. */
interface Succession {
  readonly start: string
  readonly shorter: string
  readonly longer: string
}

function successionIn(name: string): Succession | null {
  const match = MARK.exec(name)
  if (match === null) return null
  const [, start, id, how, other] = match as unknown as [string, string, string, string, string]
  return how === 'supersedes' ? { start, shorter: other, longer: id } : { start, shorter: id, longer: other }
}

/** Marks the part at `path` as superseded by the one with the (shortened) id `by`. Durable. */
export function markSuperseded(path: string, by: string): void {
  const [, start, shorter] = /^(.*-)([0-9a-f]{32})\.json\.gz$/.exec(basename(path)) as unknown as [
    string,
    string,
    string,
  ]
  for (const [name, content] of marksOf({ start, shorter, longer: by })) writeJson(join(dirname(path), name), content)
}

/** The two marks, by name. */
function marksOf({ start, shorter, longer }: Succession): [name: string, content: object][] {
  return [
    [`${start}${shorter}.superseded-by-${longer}.json.gz`, { schema: 1, supersededBy: longer }],
    [`${start}${longer}.supersedes-${shorter}.json.gz`, { schema: 1, supersedes: shorter }],
  ]
}

/** Marks in a directory that are damaged or have gone, by path, with what is wrong. What they say stands in their names. */
export function findDamagedMarks(directory: string): { readonly path: string; readonly found: string }[] {
  const marks = new Map(listSuccessions(directory).flatMap(marksOf))
  return [...marks].flatMap(([name, content]) => {
    const path = join(directory, name)
    const found = damageOf(path, content)
    return found === null ? [] : [{ path, found }]
  })
}

function damageOf(path: string, content: object): string | null {
  try {
    const stored = readJson(path)
    if (stored === null) return 'it has gone'
    return toJson(stored.value) === toJson(content) ? null : 'it says something else than its name'
  } catch (error) {
    if (error instanceof DamagedFile) return error.message.replace(`${path}: `, '')
    throw error
  }
}

/** Writes the marks again that are damaged or have gone. */
export function mendMarks(directory: string): void {
  if (findDamagedMarks(directory).length === 0) return
  for (const { start, shorter, longer } of listSuccessions(directory))
    markSuperseded(join(directory, `${start}${shorter}.json.gz`), longer)
}

function listSuccessions(directory: string): Succession[] {
  return listDirectory(directory).flatMap((name) => successionIn(name) ?? [])
}

/** Is this the path of a mark? */
export function isMark(path: string): boolean {
  return MARK.test(basename(path))
}

/** The parts of a day that count. `names`: everything that lies in the directory. */
export function withoutSuperseded<P extends { readonly id: string }>(
  parts: readonly P[],
  names: readonly string[],
): P[] {
  const successions = names.flatMap((name) => successionIn(name) ?? [])
  if (successions.length === 0) return [...parts]
  const present = new Set(parts.map(({ id }) => id))
  const superseded = new Set(successions.filter(({ longer }) => present.has(longer)).map(({ shorter }) => shorter))
  return parts.filter(({ id }) => !superseded.has(id))
}
