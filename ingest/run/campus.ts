import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { DAY_SECONDS, SLOT_SECONDS, slotOf } from '../model/time.ts'
import { makeDirectory, writeFileDurably } from '../store/files.ts'
import { newestSlot } from '../store/part.ts'
import { synthesizeStretch } from '../synthesize/index.ts'
import { discoverFlowFiles } from './discover.ts'

/** In `dir` of the first source: the flow files here are made up, and may be made up further. A name that no discovery takes for a flow file. */
const MARK = '.made-up-by-flowscan'
const DAYS = 3

export interface CampusListener {
  onSlot?(done: number, all: number): void
}

/**
 * Is the traffic of this config to be made up? Yes where it was before, and where there is nothing at all: no flow
 * files, nothing stored. Where somebody's real flow files are, never.
 */
export function isMadeUp(config: Config): boolean {
  const { dir } = config.flows[0]!
  makeDirectory(dir)
  if (existsSync(join(dir, MARK))) return true
  if (newestSlot(config.data) !== null || discoverFlowFiles(config).length > 0) return false
  writeFileDurably(join(dir, MARK), Buffer.from('The flow files here are made up by flowscan demo.\n'))
  return true
}

/**
 * Makes up the flow files that are missing up to now (unix ms), at most of the last three days, as the two collectors of
 * the campus would have written them. Returns how many.
 */
export function continueCampus(config: Config, nowMs: number, listener: CampusListener = {}): number {
  const to = slotOf(nowMs / 1000)
  const stored = newestSlot(config.data)
  const from = Math.max(to - DAYS * DAY_SECONDS, stored === null ? 0 : stored + SLOT_SECONDS)
  return synthesizeStretch({
    dir: config.flows[0]!.dir,
    from,
    to,
    onSlot: (_paths, done, all) => listener.onSlot?.(done, all),
  })
}
