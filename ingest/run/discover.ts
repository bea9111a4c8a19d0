import { type Dirent, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { timeInName } from '../aggregate/file-slot.ts'
import type { Config } from '../config/schema.ts'
import { EXIT, UserError } from '../model/errors.ts'

/** Names that collectors give to files they have closed. Others are ignored: `tmp-v05…`, `nfcapd.current.…`, dotfiles, everything else. */
const COMPLETED = [/^ft-v\d\d\.\d{4}-\d\d-\d\d\.\d{6}([+-]\d{4})?$/, /^nfcapd\.\d{12}(\d\d)?([+-]\d{4})?$/]

/** A completed flow file that waits, by its name alone: nothing was opened yet. */
export interface WaitingFile {
  readonly path: string
  readonly name: string
}

/**
 * Completed flow files in `flows.dir` and below (not in `saved` or the data directory), the newest by name first: what people look at is
 * there soonest. Throws a UserError when the directory cannot be read.
 */
export function discoverFlowFiles(config: Config): WaitingFile[] {
  const { flows, data, site } = config
  const found: { file: WaitingFile; ms: number }[] = []
  const leaveOut = new Set([flows.saved, data, site.dir])
  const visit = (directory: string): void => {
    for (const entry of listEntries(directory, flows.dir)) {
      const path = join(directory, entry.name)
      if (entry.name.startsWith('.') || leaveOut.has(path)) continue
      if (entry.isDirectory()) visit(path)
      else if (isCompleted(entry.name, flows.pattern))
        found.push({ file: { path, name: entry.name }, ms: timeInName(entry.name, site.timeZone) ?? 0 })
    }
  }
  visit(flows.dir)
  return found.sort((a, b) => b.ms - a.ms || (a.file.path < b.file.path ? -1 : 1)).map(({ file }) => file)
}

export function isCompleted(name: string, pattern: RegExp | undefined): boolean {
  return pattern === undefined ? COMPLETED.some((allowed) => allowed.test(name)) : pattern.test(name)
}

function listEntries(directory: string, top: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (directory !== top && code === 'ENOENT') return []
    const mend =
      code === 'ENOENT'
        ? 'make it, or let flows.dir name the directory in which your collector puts its files'
        : `let the user that runs flowscan read it (${message})`
    throw new UserError(`flows.dir: ${relative('', directory) || directory}: cannot be read; ${mend}`, EXIT.io, {
      cause: error,
    })
  }
}
