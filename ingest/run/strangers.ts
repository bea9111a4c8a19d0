import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { TEMPORARY } from '../store/files.ts'
import type { Findings } from './defect.ts'

/** Every name that flowscan gives to a file below `data`. */
const NAMES = [
  /^parts\/\d{4}-\d\d-\d\d\/\d{8}T\d{4}Z-[a-z0-9-]+-[0-9a-f]{32}(\.supersede(d-by|s)-[0-9a-f]{32})?\.json\.gz$/,
  /^sealed\/\d{4}-\d\d-\d\d(-[0-9a-f]{32}){2}\.(json|parts)\.gz$/,
  /^series\/(5m|30m)\/\d{4}-\d\d-\d\d\.json\.gz$/,
  /^series\/2h\/\d{4}-\d\d\.json\.gz$/,
  /^series\/1d\/\d{4}\.json\.gz$/,
  /^series\/index\.json\.gz$/,
  /^boards\/\d{4}-\d\d-\d\d\.json\.gz$/,
  /^generation\.json\.gz$/,
  /^quarantine\/[^/]+\/[^/]+$/,
  /^(left\.json\.gz|lock|health\.json|current)$/,
]

/** Files that are none of flowscan's, and temporary ones that a run which was killed left. */
export function findStrangers(data: string, findings: Findings): void {
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue
    const path = join(entry.parentPath, entry.name)
    if (entry.name.includes(TEMPORARY))
      findings.add('stranger', path, 'what a run that was killed was writing', 'the next flowscan run removes it')
    else if (!isKnown(relative(data, path))) findings.add('stranger', path, 'no file of flowscan has such a name')
  }
}

/** Generations have the same files as the data directory had before the first of them. */
function isKnown(path: string): boolean {
  return NAMES.some((name) => name.test(path.replace(/^generation-\d+\//, '')))
}
