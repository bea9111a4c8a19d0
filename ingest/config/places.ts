import { relative } from 'node:path'
import type * as z from 'zod'
import type { Config, Source } from './schema.ts'

/** Does a path lie in a directory, however deep? Both absolute; a directory does not lie in itself. */
export function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path)
  return way !== '' && way !== '..' && !way.startsWith('../')
}

/**
 * Where two sources would claim the same flow file, or keep theirs in one place: neither would know which are its own. Each mistake names
 * both. Paths are absolute.
 */
export function sharedPlaces(sources: readonly Source[]): z.core.$ZodIssue[] {
  return sources.flatMap((one, at) =>
    sources.flatMap((other, otherAt) => {
      if (at === otherAt) return []
      const both = `${JSON.stringify(other.source)} and ${JSON.stringify(one.source)}`
      const told = 'give each a directory of its own'
      const mistakes = [
        { key: 'dir', found: at > otherAt && overlap(one.dir, other.dir), message: `both read ${one.dir}` },
        {
          key: 'dir',
          found: isWithin(one.dir, other.saved),
          message: `flow files of one are moved to where the other reads (${one.dir})`,
        },
        {
          key: 'saved',
          found: at > otherAt && one.saved !== false && one.saved === other.saved,
          message: `both move flow files to ${one.saved}`,
        },
      ]
      return mistakes
        .filter(({ found }) => found)
        .map(({ key, message }) => ({
          code: 'custom' as const,
          path: ['flows', at, key],
          message: `${both}: ${message}; ${told}`,
          input: undefined,
        }))
    }),
  )
}

/**
 * Where an edition of the site would lie in another place that the config names, or that in it: who may read the one would read the other.
 * Paths are absolute.
 */
export function misplacedEditions({ flows, data, site }: Config): z.core.$ZodIssue[] {
  const places: Place[] = [
    { key: ['data'], path: data },
    ...flows.flatMap(({ dir, saved }) => placesOf(['flows'], { dir, saved })),
    ...placesOf(['site'], { dir: site.dir, mirror: site.mirror }),
  ]
  return Object.entries(site.editions).flatMap(([name, { dir, mirror }]) =>
    placesOf(['site', 'editions', name], { dir, mirror }).flatMap((own) => {
      const others = places.filter(({ path }) => overlap(own.path, path))
      places.push(own)
      return others.map(({ key, path }) => ({
        code: 'custom' as const,
        path: own.key,
        message: `${own.path} and ${key.join('.')} (${path}) lie in each other; give it a place of its own`,
        input: undefined,
      }))
    }),
  )
}

interface Place {
  readonly key: string[]
  readonly path: string
}

function placesOf(section: readonly string[], paths: { readonly [key: string]: string | false | undefined }): Place[] {
  return Object.entries(paths).flatMap(([key, path]) => (path ? [{ key: [...section, key], path }] : []))
}

function overlap(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a)
}

function isWithin(path: string, directory: string | false): boolean {
  return directory !== false && (path === directory || isInside(path, directory))
}
