import { renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { STEPS, type StepName } from '../../ingest/model/time.ts'
import { isThere, listDirectory, TEMPORARY } from '../../ingest/store/files.ts'

/* Where published data lie: README, "On disk". */

export const STEP_NAMES = Object.keys(STEPS) as StepName[]

/** By resolution and window, the hash of the version that counts. */
export type Versions = { readonly [S in StepName]: { readonly [window: string]: string } }

/** Beside the releases. */
export function dataDirectory(siteDirectory: string, ...below: readonly string[]): string {
  return join(siteDirectory, 'data', ...below)
}

export function versionName(window: string, hash: string): string {
  return `${window}-${hash}`
}

/** The versions of a resolution that are there, whole: each was given its name when it was. */
export function listVersions(siteDirectory: string, step: StepName): string[] {
  return listDirectory(dataDirectory(siteDirectory, step)).filter((name) => VERSION.test(name))
}
const VERSION = /^\d{4}(-\d\d){0,2}-[0-9a-f]{16}$/

/** First out of the way: what has the name of a version is whole, whenever a removal ends before its time. */
export function removeVersion(directory: string): void {
  if (!isThere(directory)) return
  const leaving = join(dirname(directory), `${TEMPORARY}${process.pid}-${basename(directory)}`)
  renameSync(directory, leaving)
  rmSync(leaving, { recursive: true, force: true })
}
