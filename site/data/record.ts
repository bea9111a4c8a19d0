import { STEPS, type StepName } from '../../ingest/model/time.ts'
import { writeJson } from '../../ingest/store/files.ts'
import { readRemembered } from '../remembered.ts'
import { dataDirectory } from './places.ts'

/*
 * What is remembered from build to build, so that only series that changed are read. It is not served, and may be lost: then all is read again, and
 * found to be there.
 */
const SCHEMA = 1

export interface DataRecord {
  /** See `PublishedCells.key`. */
  readonly key: string
  readonly windows: { readonly [S in StepName]: { readonly [window: string]: WindowRecord } }
  /** Of versions that are no longer the newest, since when they are not: unix seconds, by `5m/2026-11-23-<hash>`. */
  readonly replaced: { readonly [version: string]: number }
}

export interface WindowRecord {
  /** Is as before while nothing of the window is new. */
  readonly state: string
  readonly hash: string
}

export function readRecord(siteDirectory: string): DataRecord {
  return readRemembered<DataRecord>(recordPath(siteDirectory), SCHEMA) ?? EMPTY
}

export function writeRecord(siteDirectory: string, record: DataRecord): void {
  writeJson(recordPath(siteDirectory), { schema: SCHEMA, ...record })
}

/** So that the next build that comes to this window makes it anew. */
export function withoutWindow(record: DataRecord, step: StepName, window: string): DataRecord {
  const { [window]: _, ...others } = record.windows[step]
  return { ...record, windows: { ...record.windows, [step]: others } }
}

function recordPath(siteDirectory: string): string {
  return dataDirectory(siteDirectory, 'record.json.gz')
}

const NONE = Object.fromEntries(Object.keys(STEPS).map((step) => [step, {}])) as DataRecord['windows']
const EMPTY: DataRecord = { key: '', windows: NONE, replaced: {} }
