import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Alarm } from '../model/alarm.ts'
import type { Reason } from '../model/reason.ts'

/** `data/health.json`: how flowscan is. The only file below `data` that depends on the clock. Times are ISO 8601 in UTC. */
export interface Health {
  readonly schema: 1
  /** The end of the run that tells this. */
  readonly at: string
  /** The end of the last run that did all it should; `null`: there was none. */
  readonly lastSuccess: string | null
  /** The newest slot that is stored, and how long ago it ended. */
  readonly newestSlot: string | null
  readonly lagSeconds: number | null
  /** What became of the flow files of the last run, and what ended it early, if something did. */
  readonly lastRun: { readonly files: { readonly [outcome: string]: number }; readonly error: string | null }
  readonly quarantine: { readonly count: number; readonly newest: readonly Reason[] }
  /** Files that could not be read or counted, and wait for another attempt. */
  readonly pending: number
  /** Flow files that came before under another name, the newest last. */
  readonly copies: readonly { readonly file: string; readonly of: string }[]
  /** Flow files that were counted long after their slot had ended, the newest last. Absent in what older versions wrote. */
  readonly late?: readonly LateFile[]
  /** What is missing of the 24 hours up to the newest slot. */
  readonly gaps: readonly { readonly source: string; readonly from: string; readonly to: string }[]
  readonly free: { readonly bytes: number; readonly inodes: number | null } | null
  readonly alarms: readonly (Alarm & { readonly since: string })[]
}

/** After the end of its slot, in seconds: when the file last changed, and when it was counted. */
export interface LateFile {
  readonly file: string
  readonly source: string
  readonly slot: string
  readonly changedSeconds: number
  readonly countedSeconds: number
}

export function healthPath(data: string): string {
  return join(data, 'health.json')
}

/** `null`: there is none, or nobody could read it. It is written anew after each run. */
export function readHealth(data: string): Health | null {
  try {
    const stored: unknown = JSON.parse(readFileSync(healthPath(data), 'utf8'))
    return isHealth(stored) ? stored : null
  } catch {
    return null
  }
}

/** It has no checksum, and anybody may have edited it: what is told to people from it must be there. */
function isHealth(stored: unknown): stored is Health {
  const { schema, lastRun, quarantine, copies, late = [], gaps, alarms } = stored as Partial<Health>
  return (
    schema === 1 &&
    typeof lastRun?.files === 'object' &&
    typeof quarantine?.count === 'number' &&
    areTexts(quarantine.newest, 'file', 'reason') &&
    areTexts(copies, 'file', 'of') &&
    areTexts(late, 'file', 'source', 'slot') &&
    late.every(({ changedSeconds, countedSeconds }) => [changedSeconds, countedSeconds].every(Number.isFinite)) &&
    areTexts(gaps, 'source', 'from', 'to') &&
    areTexts(alarms, 'subject', 'what', 'mend', 'since')
  )
}

function areTexts(list: unknown, ...keys: readonly string[]): boolean {
  return Array.isArray(list) && list.every((each) => keys.every((key) => typeof each?.[key] === 'string'))
}
