import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { themeCss } from './charts/theme.ts'
import { assetAddress } from './links.ts'

/** The addresses of what every page needs, with the hash of its content. */
export interface Assets {
  readonly css: string
  readonly script: string
  readonly icon: string
}

/** Reads the assets of the templates. `files`: by name below `assets/`. */
export function readAssets(templates: string): { assets: Assets; files: ReadonlyMap<string, string> } {
  const read = (name: string) => readFileSync(join(templates, 'assets', name), 'utf8')
  const files = new Map([
    ['site.css', `${themeCss()}\n${read('site.css')}`],
    ['site.js', read('site.js')],
    ['icon.svg', read('icon.svg')],
  ])
  const address = (name: string) => assetAddress(name, hashOf(files.get(name)!).slice(0, 10))
  return { assets: { css: address('site.css'), script: address('site.js'), icon: address('icon.svg') }, files }
}

/** A hash over every file of directories, so that a change of code or templates renders every page anew. */
export function hashOfFiles(...directories: readonly string[]): string {
  const hash = createHash('sha256')
  for (const directory of directories) {
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort())
      hash.update(readFileSync(entry)).update('\0')
  }
  return hash.digest('hex')
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
