import { join } from 'node:path'
import { EXIT, UserError } from '../ingest/model/errors.ts'
import { isThere, listDirectory, readJson, removeFile, writeJson } from '../ingest/store/files.ts'
import { type Edition, isPublic } from './edition.ts'

/*
 * What an archive holds is rendered once. So a directory in which a site was built that shows more must never become one that hides it: a
 * file tells whom it is for.
 */
const SCHEMA = 1

/** Makes a directory that of an edition. Throws a UserError where a site lies there that shows something else. */
export function claimDirectory(siteDirectory: string, edition: Edition): void {
  const path = join(siteDirectory, 'edition.json.gz')
  // Sites that show everything need no such file.
  if (!isPublic(edition)) {
    removeFile(path)
    return
  }
  const mine = { schema: SCHEMA, hosts: edition.hosts, hasNames: edition.hasNames }
  const stored = readJson(path)?.value
  if (JSON.stringify(stored) === JSON.stringify(mine)) return
  if (stored !== undefined || isBuilt(siteDirectory))
    throw new UserError(
      `${siteDirectory}: a site lies there that shows other things than this edition; name another directory, or remove this one and build again`,
      EXIT.config,
    )
  writeJson(path, mine)
}

function isBuilt(siteDirectory: string): boolean {
  return isThere(join(siteDirectory, 'current')) || listDirectory(join(siteDirectory, 'archive')).length > 0
}
