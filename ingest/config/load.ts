import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXIT, UserError } from '../model/errors.ts'
import { type Config, schema } from './schema.ts'

/** A config together with where it came from. */
export interface LoadedConfig {
  readonly config: Config
  readonly file: string
  /** SHA-256 of what decides how flows are counted, shortened: written into every part. */
  readonly fingerprint: string
}

/**
 * Reads a config file (TypeScript, JavaScript or JSON) and checks it whole. Paths in it are relative to the file.
 * Throws a UserError (exit code 78) that lists every mistake with key, value and mend.
 */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const file = resolve(path)
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if (size === undefined) throw new UserError(`${file}: no such config; give one with --config FILE`, EXIT.config)
  if (size > 8_388_608) throw new UserError(`${file}: ${size} bytes is no config; the limit is 8 MiB`, EXIT.config)
  return parseConfig(await importDefault(file), file)
}

/** Checks a config already in memory as if it stood in `file`. */
export function parseConfig(given: unknown, file: string): LoadedConfig {
  const result = schema.safeParse(given)
  if (!result.success) throw new UserError(describeMistakes(file, result.error.issues), EXIT.config)
  const config = absolutePaths(result.data, dirname(file))
  return { config, file, fingerprint: fingerprintOf(result.data) }
}

async function importDefault(file: string): Promise<unknown> {
  const { createJiti } = await import('jiti')
  const self = fileURLToPath(new URL('./index.js', import.meta.url))
  const jiti = createJiti(import.meta.url, { fsCache: false, moduleCache: false, alias: { flowscan: self } })
  try {
    return await jiti.import(file, { default: true })
  } catch (error) {
    throw new UserError(`${file}: cannot be loaded: ${(error as Error).message}`, EXIT.config, { cause: error })
  }
}

function absolutePaths(config: Config, base: string): Config {
  const { flows, site } = config
  return {
    ...config,
    data: resolve(base, config.data),
    flows: {
      ...flows,
      dir: resolve(base, flows.dir),
      saved: flows.saved === false ? false : resolve(base, flows.saved),
    },
    site: { ...site, dir: resolve(base, site.dir) },
  }
}

/** Everything that changes what a flow counts as; not where things lie or how they look. */
function fingerprintOf({
  subnets,
  networks,
  services,
  protocols,
  tos,
  asNumbers,
  routers,
  scoreboard,
  timing,
  compat,
  reports,
}: Config): string {
  const strip = (members: readonly { label: string; color: string | undefined }[]) =>
    members.map(({ label: _label, color: _color, ...rest }) => rest)
  const counted = [
    subnets,
    ...[networks, services, protocols, tos, asNumbers, routers].map(strip),
    scoreboard,
    timing,
    compat,
    reports,
  ]
  return createHash('sha256').update(JSON.stringify(counted)).digest('hex').slice(0, 16)
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string
  readonly errors?: readonly (readonly Issue[])[]
  readonly input?: unknown
}

function describeMistakes(file: string, issues: readonly unknown[]): string {
  const lines = (issues as readonly Issue[])
    .flatMap((issue) => flatten(issue, []))
    .map(({ path, message }) => `  ${path.map(String).join('.') || 'config'}: ${message}`)
  const unique = [...new Set(lines)]
  return [`${file}: ${unique.length} mistake${unique.length === 1 ? '' : 's'}`, ...unique].join('\n')
}

/** A union fails with one list of issues per alternative: the list that got furthest is the one meant. */
function flatten(issue: Issue, base: readonly PropertyKey[]): { path: readonly PropertyKey[]; message: string }[] {
  const path = [...base, ...issue.path]
  if (issue.code !== 'invalid_union' || issue.errors === undefined) return [{ path, message: issue.message }]
  const meant = [...issue.errors].sort((a, b) => reach(b) - reach(a))[0] ?? []
  return meant.flatMap((inner) => flatten(inner, path))
}

function reach(issues: readonly Issue[]): number {
  return Math.max(
    0,
    ...issues.map(
      ({ path, code, errors }) =>
        path.length + (code === 'custom' ? 1 : 0) + (errors ? Math.max(0, ...errors.map(reach)) : 0),
    ),
  )
}
