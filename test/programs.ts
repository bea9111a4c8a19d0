import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** Where a program is; `null` when it is not installed. Debian keeps some in sbin, which is not on everybody's PATH. */
export function findProgram(name: string): string | null {
  const directories = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  return directories.map((directory) => join(directory, name)).find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** For `test.skipIf`: are any of these programs missing? Then it is printed which, and what is skipped. */
export function isWithout(what: string, ...programs: readonly string[]): boolean {
  const missing = programs.filter((name) => findProgram(name) === null)
  if (missing.length > 0) console.warn(`skipped: ${what}: ${missing.join(', ')} not installed`)
  return missing.length > 0
}
