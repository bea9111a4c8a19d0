import { basename } from 'node:path'
import { writeJson } from './files.ts'

/*
 * A flow file may come twice, cut short and whole. Both have their part, and neither is ever changed or deleted; a mark beside the shorter one's says
 * which part takes its place. A mark counts as soon as that part is there: so it is written before the second of the two, whichever that is,
 * and the one rename that commits the part exchanges one for the other.
 */
const MARK = /^\d{8}T\d{4}Z-[a-z0-9-]+-([0-9a-f]{32})\.superseded-by-([0-9a-f]{32})\.json\.gz$/

/** Marks the part at `path` as superseded by the one with the (shortened) id `by`. Durable. */
export function markSuperseded(path: string, by: string): void {
  writeJson(path.replace(/\.json\.gz$/, `.superseded-by-${by}.json.gz`), { schema: 1, supersededBy: by })
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
  const marks = names.flatMap((name) => {
    const match = MARK.exec(name)
    return match === null ? [] : [{ id: match[1]!, by: match[2]! }]
  })
  if (marks.length === 0) return [...parts]
  const present = new Set(parts.map(({ id }) => id))
  const superseded = new Set(marks.filter(({ by }) => present.has(by)).map(({ id }) => id))
  return parts.filter(({ id }) => !superseded.has(id))
}
