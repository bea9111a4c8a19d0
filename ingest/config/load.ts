import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXIT, UserError } from '../model/errors.ts'
import { whileLoading } from '../model/v8-flags.ts'
import { describeMistakes, expectation, passedOver, tooLarge } from './mistakes.ts'
import { misplacedEditions, sharedPlaces } from './places.ts'
import { type Config, schema } from './schema.ts'

/** A config together with where it came from. */
export interface LoadedConfig {
  readonly config: Config
  readonly file: string
  /** SHA-256 of what decides how flows are counted, shortened: written into every part. */
  readonly fingerprint: string
}

const MOST_BYTES = 8 * 1024 * 1024

/**
 * Reads a config file (TypeScript, JavaScript or JSON) and checks it whole. Paths in it are relative to the file.
 * Throws a UserError (exit code 78) that lists every mistake with key, value and mend.
 */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const file = resolve(path)
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) throw new UserError(`${file}: no such config; give one with --config FILE`, EXIT.config)
  if (!stat.isFile()) throw new UserError(`${file}: not a file; give a config with --config FILE`, EXIT.config)
  if (stat.size > MOST_BYTES)
    throw new UserError(`${file}: ${stat.size} bytes is no config; the limit is ${MOST_BYTES}`, EXIT.config)
  return parseConfig(await importDefault(file), file)
}

/** Checks a config already in memory as if it stood in `file`. */
export function parseConfig(given: unknown, file: string): LoadedConfig {
  const large = tooLarge(given)
  if (large.length > 0) throw new UserError(describeMistakes(file, large), EXIT.config)
  const result = schema.safeParse(given, { error: expectation, reportInput: true })
  const mistakes = [...passedOver(given), ...(result.error?.issues ?? [])]
  if (!result.success || mistakes.length > 0) throw new UserError(describeMistakes(file, mistakes), EXIT.config)
  const config = absolutePaths(result.data, dirname(file))
  const shared = [...sharedPlaces(config.flows), ...misplacedEditions(config)]
  if (shared.length > 0) throw new UserError(describeMistakes(file, shared), EXIT.config)
  return { config, file, fingerprint: fingerprintOf(result.data) }
}

async function importDefault(file: string): Promise<unknown> {
  const loaded = whileLoading()
  try {
    // With `import`, Node would look through all its code for the names it exports.
    const { createJiti } = createRequire(import.meta.url)('jiti') as typeof import('jiti')
    const self = fileURLToPath(new URL('./index.js', import.meta.url))
    const options = { fsCache: cacheDirectory(), moduleCache: false, alias: { flowscan: self } }
    return await createJiti(import.meta.url, options).import(file, { default: true })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UserError(`${file}: cannot be loaded: ${reason}`, EXIT.config, { cause: error })
  } finally {
    loaded()
  }
}

/**
 * Where a compiled config is kept (loading it takes 200 ms less): the service manager's place for that, else the user's.
 * Never a directory that others may write to, for what lies there is run.
 */
function cacheDirectory(): string {
  const { CACHE_DIRECTORY, XDG_CACHE_HOME } = process.env
  return CACHE_DIRECTORY ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'flowscan')
}

function absolutePaths(config: Config, base: string): Config {
  const { flows, site } = config
  return {
    ...config,
    data: resolve(base, config.data),
    flows: flows.map((source) => ({
      ...source,
      dir: resolve(base, source.dir),
      saved: source.saved === false ? false : resolve(base, source.saved),
    })),
    site: {
      ...site,
      dir: resolve(base, site.dir),
      events: site.events === undefined ? undefined : resolve(base, site.events),
      templates: site.templates === undefined ? undefined : resolve(base, site.templates),
      mirror: site.mirror === undefined ? undefined : resolve(base, site.mirror),
      editions: Object.fromEntries(
        Object.entries(site.editions).map(([name, edition]) => [
          name,
          {
            ...edition,
            dir: resolve(base, edition.dir),
            mirror: edition.mirror === undefined ? undefined : resolve(base, edition.mirror),
          },
        ]),
      ),
    },
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
  const strip = (members: readonly { label: string; color: string | undefined; formerly: readonly string[] }[]) =>
    members.map(({ label: _label, color: _color, formerly: _formerly, ...rest }) => rest)
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
