import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { SLOT_SECONDS } from '../../ingest/model/time.ts'
import { isThere, listDirectory } from '../../ingest/store/files.ts'
import { dataDirectory, STEP_NAMES, versionName } from './places.ts'
import { type DataRecord, withoutWindow } from './record.ts'
import { createVersionHash } from './version.ts'

/**
 * Disks change what nobody reads. So each build reads one published window whole, in turn: a year of them within three days. One that is no longer what
 * it is called is left out of what comes back, and so is made anew by this build. `end`: of the newest slot (unix seconds).
 */
export function forgetDamaged(
  siteDirectory: string,
  record: DataRecord,
  end: number,
  log: (line: string) => void,
): DataRecord {
  const all = STEP_NAMES.flatMap((step) =>
    Object.entries(record.windows[step]).map(([window, { hash }]) => ({ step, window, hash })),
  )
  const turn = all[Math.floor(end / SLOT_SECONDS) % all.length]
  if (turn === undefined) return record
  const { step, window, hash } = turn
  const version = versionName(window, hash)
  const directory = dataDirectory(siteDirectory, step, version)
  if (!isThere(directory) || isWhole(directory, hash)) return record
  log(`data/${step}/${version}: damaged on the disk; it is made anew from what is stored`)
  return withoutWindow(record, step, window)
}

function isWhole(directory: string, hash: string): boolean {
  try {
    const read = (name: string) => gunzipSync(readFileSync(join(directory, `${name}.json.gz`)))
    const index = read('index')
    const { chunks } = JSON.parse(index.toString()) as { chunks: { [group: string]: string[] } }
    const names = Object.entries(chunks).flatMap(([group, firsts]) => firsts.map((_, at) => `${group}-${at}`))
    const found = createVersionHash()
    for (const name of names) found.add(name, read(name))
    found.add('index', index)
    return found.end() === hash && listDirectory(directory).length === names.length + 1
  } catch {
    return false
  }
}
