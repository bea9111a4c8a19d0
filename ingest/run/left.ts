import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { DamagedFile, readJson, writeJson } from '../store/files.ts'

/**
 * Files that stay where they are (`flows.saved: false`, or set aside is not possible) and need not be read again: by path, the identity of the file and
 * what became of it. Only spares work: a file whose identity differs is read, and its content decides.
 */
export interface LeftFiles {
  /** Was this very file dealt with? */
  knows(path: string, stat: BigIntStats): boolean
  add(path: string, stat: BigIntStats): void
  /** Writes what is known of the files that still exist. */
  save(present: ReadonlySet<string>): void
}

export function readLeftFiles(data: string): LeftFiles {
  const path = join(data, 'left.json.gz')
  const known = new Map(Object.entries(readQuietly(path)))
  const before = known.size
  let isChanged = false
  return {
    knows: (file, stat) => known.get(file) === identityOf(stat),
    add(file, stat) {
      known.set(file, identityOf(stat))
      isChanged = true
    },
    save(present) {
      for (const file of known.keys()) if (!present.has(file)) known.delete(file)
      if (isChanged || known.size !== before)
        writeJson(path, Object.fromEntries([...known].sort(([a], [b]) => (a < b ? -1 : 1))))
    },
  }
}

function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join()
}

function readQuietly(path: string): Record<string, string> {
  try {
    return (readJson(path)?.value as Record<string, string> | undefined) ?? {}
  } catch (error) {
    if (error instanceof DamagedFile) return {}
    throw error
  }
}
