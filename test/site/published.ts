import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Config } from '../../ingest/config/schema.ts'
import type { StepName } from '../../ingest/model/time.ts'
import type { CellJson } from '../../ingest/store/series-table.ts'

/* Published data as a visitor reads them: through `current`, from the catalog down. */

export interface Catalog {
  readonly schema: number
  readonly title: string
  readonly timeZone: string
  readonly end: number | null
  readonly boards?: string
  readonly dimensions: readonly {
    readonly name: string
    readonly overlap: boolean
    readonly members: readonly { readonly id: string; readonly label: string; readonly color: string }[]
  }[]
  readonly pairs: readonly (readonly [string, string])[]
  readonly resolutions: { readonly [S in StepName]: { readonly windows: { readonly [window: string]: string } } }
}

export interface Window {
  readonly from: number
  readonly step: number
  readonly points: number
  readonly known: readonly number[]
  readonly quality: { readonly [flaw: string]: readonly (number | string)[] }
  readonly chunks: { readonly [group: string]: readonly string[] }
  readonly cells: { readonly [cell: string]: CellJson }
}

export function readCatalog({ site }: Pick<Config, 'site'>): Catalog {
  return JSON.parse(readFileSync(join(site.dir, 'current/data/catalog.json'), 'utf8'))
}

/** The directory of the version that the catalog names. */
export function versionOf(config: Pick<Config, 'site'>, step: StepName, window: string): string {
  const hash = readCatalog(config).resolutions[step].windows[window]
  return join(config.site.dir, 'current/data', step, `${window}-${hash}`)
}

/** A window with all its cells. Throws where a cell is not in the file that the index leads to. */
export function readWindow(config: Pick<Config, 'site'>, step: StepName, window: string): Window {
  const directory = versionOf(config, step, window)
  const read = (name: string) => JSON.parse(gunzipSync(readFileSync(join(directory, `${name}.json.gz`))).toString())
  const index = read('index')
  const cells: Record<string, CellJson> = {}
  for (const [group, firsts] of Object.entries(index.chunks as Window['chunks'])) {
    for (const [at, first] of firsts.entries()) {
      const chunk = read(`${group}-${at}`).cells
      const names = Object.keys(chunk)
      if (names[0] !== first || names.some((name) => name < first || name >= (firsts[at + 1] ?? '~')))
        throw new Error(`${directory}: ${group}-${at} holds ${names}, its first is ${first}`)
      Object.assign(cells, chunk)
    }
  }
  return { ...index, cells }
}

/** The versions that are on disk, by resolution and name, each with the inode of its index. */
export function versionsOnDisk({ site }: Pick<Config, 'site'>): { [version: string]: number } {
  const steps = readdirSync(join(site.dir, 'data'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return Object.fromEntries(
    steps.flatMap(({ name: step }) =>
      readdirSync(join(site.dir, 'data', step)).map((version) => [
        `${step}/${version}`,
        statSync(join(site.dir, 'data', step, version, 'index.json.gz')).ino,
      ]),
    ),
  )
}
