import { existsSync, statSync } from 'node:fs'
import type { Config } from '../config/schema.ts'
import { EXIT, UserError } from '../model/errors.ts'

/** May everybody write here? Then anybody could put in flows, or take the store away. */
export function isWorldWritable(path: string): boolean {
  return existsSync(path) && (statSync(path).mode & 0o002) !== 0
}

export const KEEP_OUT = 'everybody may write here; let only the collector and flowscan: chmod o-w'

/** Throws a UserError (74) when everybody may write where flow files come from, or where they and what was counted are kept. */
export function assertPrivate({ data, flows }: Config): void {
  const sources = flows.flatMap(({ dir, saved }) => [
    ['flows.dir', dir],
    ['flows.saved', saved === false ? dir : saved],
  ])
  for (const [key, path] of [['data', data], ...sources] as [string, string][])
    if (isWorldWritable(path)) throw new UserError(`${key}: ${path}: ${KEEP_OUT} ${path}`, EXIT.io)
}
