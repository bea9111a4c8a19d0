import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new directory that goes when the test is over. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'flowscan-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A copy of a directory, with the times of its files; it goes when the test is over. */
export function copyOf(directory: string): string {
  const path = temporaryDirectory()
  cpSync(directory, path, { recursive: true, preserveTimestamps: true })
  return path
}

/** SHA-256 of every file in these directories, by relative path: equal when the trees are byte-identical. */
export function hashTree(base: string, ...directories: readonly string[]): { [path: string]: string } {
  const hashes: { [path: string]: string } = {}
  for (const directory of directories) {
    for (const entry of readdirSync(join(base, directory), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      hashes[relative(base, path)] = createHash('sha256').update(readFileSync(path)).digest('hex')
    }
  }
  return hashes
}
