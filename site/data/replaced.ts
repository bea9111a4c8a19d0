import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DAY_SECONDS } from '../../ingest/model/time.ts'
import { CATALOG } from '../links.ts'
import { listReleases } from '../release.ts'
import { versionsIn } from './catalog.ts'
import { dataDirectory, listVersions, removeVersion, STEP_NAMES, versionName } from './places.ts'
import type { DataRecord } from './record.ts'

/** A page that was opened before goes on to fetch what its catalog named. */
const KEPT_SECONDS = DAY_SECONDS

/**
 * Removes versions that have been replaced for a day, and that no catalog of a kept release names. A clock that jumps takes nothing from these,
 * and one that was ahead begins the day anew. Returns since when each of the others is replaced. `now`: unix seconds.
 */
export function removeReplaced(
  siteDirectory: string,
  { windows, replaced }: DataRecord,
  now: number,
): DataRecord['replaced'] {
  const newest = new Set(
    STEP_NAMES.flatMap((step) =>
      Object.entries(windows[step]).map(([window, { hash }]) => `${step}/${versionName(window, hash)}`),
    ),
  )
  const named = namedByReleases(siteDirectory)
  const others = STEP_NAMES.flatMap((step) => listVersions(siteDirectory, step).map((name) => `${step}/${name}`))
    .filter((version) => !newest.has(version))
    .map((version) => [version, Math.min(replaced[version] ?? now, now)] as const)
  const isKept = ([version, since]: (typeof others)[number]) => named.has(version) || now - since < KEPT_SECONDS
  for (const each of others) if (!isKept(each)) removeVersion(dataDirectory(siteDirectory, each[0]))
  return Object.fromEntries(others.filter(isKept))
}

function namedByReleases(siteDirectory: string): Set<string> {
  const releases = join(siteDirectory, 'releases')
  return new Set(
    listReleases(releases).flatMap((number) => versionsIn(readCatalog(join(releases, String(number), CATALOG)))),
  )
}

/** Releases of older versions have none. */
function readCatalog(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{"resolutions":{}}'
    throw error
  }
}
