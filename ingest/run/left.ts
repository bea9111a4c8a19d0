import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { DamagedFile, readJson, removeFile, writeJson } from '../store/files.ts'

/** What is known of a file that stays where it is. */
interface Left {
  /** Device, inode, size and times: another file under the same path is another file. */
  readonly identity: string
  /** The id of the part it gave. */
  readonly part?: string
  /** In how many runs it could not be read or counted; absent when it was dealt with. */
  readonly attempts?: number
}

/**
 * Files that stay where they are (`flows.saved: false`, or one that could not be read or counted), by path. Of those that were dealt with it
 * only spares work: a file whose identity differs is read, and its content decides.
 */
export interface LeftFiles {
  /** Was this very file dealt with? */
  knows(path: string, stat: BigIntStats): boolean
  /** The id of the part that this path gave last, whatever lies there now. */
  partOf(path: string): string | undefined
  /** The first path that gave this part; it may have gone since. */
  firstPathOf(part: string): string | undefined
  /** This file was dealt with; `part`: the id it gave. */
  add(path: string, stat: BigIntStats, part?: string): void
  /** One more run could not read or count this file: in how many it could not. `stat`: `undefined` when even that is not to be had. */
  failed(path: string, stat: BigIntStats | undefined): number
  /** This file is no longer where it was. */
  forget(path: string): void
  /** Files that could not be read or counted. */
  failing(): number
  /** Writes what is known of the files that still exist. */
  save(present: ReadonlySet<string>): void
}

export function readLeftFiles(data: string): LeftFiles {
  const path = join(data, 'left.json.gz')
  const known = new Map(Object.entries(readQuietly(path)))
  const failedNow = new Set<string>()
  const pathOf = new Map([...known].flatMap(([file, { part }]) => (part === undefined ? [] : [[part, file] as const])))
  return {
    knows(file, stat) {
      const left = known.get(file)
      return left !== undefined && left.attempts === undefined && left.identity === identityOf(stat)
    },
    partOf: (file) => known.get(file)?.part,
    firstPathOf: (part) => pathOf.get(part),
    add(file, stat, part) {
      known.set(file, { identity: identityOf(stat), ...(part === undefined ? {} : { part }) })
      if (part !== undefined && !pathOf.has(part)) pathOf.set(part, file)
    },
    failed(file, stat) {
      const { identity, part, attempts = 0 } = known.get(file) ?? { identity: '' }
      const now = stat === undefined ? '' : identityOf(stat)
      const left = { identity: now, attempts: identity === now ? attempts + 1 : 1 }
      known.set(file, part === undefined ? left : { ...left, part })
      failedNow.add(file)
      return left.attempts
    },
    forget: (file) => void known.delete(file),
    failing: () => [...known.values()].filter(({ attempts }) => attempts !== undefined).length,
    save(present) {
      // One that could be read after all has been moved, or is known without attempts.
      for (const [file, { attempts }] of known)
        if (!present.has(file) || (attempts !== undefined && !failedNow.has(file))) known.delete(file)
      if (known.size === 0) return removeFile(path)
      const sorted = Object.fromEntries([...known].sort(([a], [b]) => (a < b ? -1 : 1)))
      if (JSON.stringify(sorted) !== JSON.stringify(readQuietly(path))) writeJson(path, sorted)
    },
  }
}

function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join()
}

function readQuietly(path: string): Record<string, Left> {
  try {
    return (readJson(path)?.value as Record<string, Left> | undefined) ?? {}
  } catch (error) {
    if (error instanceof DamagedFile) return {}
    throw error
  }
}
