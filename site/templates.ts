import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXIT, UserError } from '../ingest/model/errors.ts'

/** The shipped ones lie beside the code's folder; the compiled code is one folder deeper. */
const CODE = dirname(fileURLToPath(import.meta.url))
export const SHIPPED_TEMPLATES = [join(CODE, '../templates'), join(CODE, '../../templates')].find((path) =>
  existsSync(path),
)!

/** Where a template of one's own finds the shipped one of the same name: `{% extends "shipped/range.njk" %}`. */
const SHIPPED = 'shipped'

/** The templates of a build. */
export interface Templates {
  readonly directory: string
  /** Names of assets that flowscan does not ship: they are published as they are. */
  readonly ownAssets: readonly string[]
  /** To be called when the build is over. */
  close(): void
}

/**
 * The shipped templates, or, with a directory of one's own, these with each file of that directory in the place of the shipped one of its name. Throws a UserError (78) when there is
 * no such directory.
 */
export function openTemplates(own: string | undefined): Templates {
  if (own === undefined) return { directory: SHIPPED_TEMPLATES, ownAssets: [], close: () => {} }
  if (!statSync(own, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError(
      `site.templates: ${own}: no such directory; make it, or leave the key out for the shipped look`,
      EXIT.config,
    )
  const directory = mkdtempSync(join(tmpdir(), 'flowscan-templates-'))
  cpSync(SHIPPED_TEMPLATES, directory, { recursive: true })
  cpSync(SHIPPED_TEMPLATES, join(directory, SHIPPED), { recursive: true })
  // What editors leave beside their files is not meant.
  cpSync(own, directory, { recursive: true, dereference: true, filter: (path) => path === own || isMeant(path) })
  return {
    directory,
    ownAssets: namesIn(join(own, 'assets')).filter(
      (name) => !namesIn(join(SHIPPED_TEMPLATES, 'assets')).includes(name),
    ),
    close: () => rmSync(directory, { recursive: true, force: true }),
  }
}

function namesIn(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && isMeant(entry.name))
    .map(({ name }) => name)
    .sort()
}

function isMeant(path: string): boolean {
  return !/^[.#]|~$/.test(basename(path))
}
