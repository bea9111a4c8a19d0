import type { Command } from 'commander'
import { buildSite } from '../../site/build.ts'
import { type Edition, editionsOf, WHOLE } from '../../site/edition.ts'
import { SHIPPED_TEMPLATES } from '../../site/templates.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { acquireLock } from '../run/lock.ts'
import { describeRepair } from '../run/repair.ts'
import { repairing } from '../run/up-to-date.ts'
import { watchPlaces } from '../run/watch.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { tolerate } from './tolerate.ts'
import { untilInterrupted } from './until-interrupted.ts'

interface BuildOptions extends ConfigOption {
  readonly watch?: true
}

export function configure(command: Command): void {
  addConfigOption(command)
    .option('--watch', 'build again whenever a template, an asset or the config changes, until Ctrl-C')
    .addHelpText(
      'after',
      `
Examples:
  $ flowscan build --config /etc/flowscan/flowscan.config.ts
  $ flowscan build --watch & flowscan serve      # while you write templates (site.templates): reload the page to see

Renders what changed since the last build into a new release below site.dir and makes it public by exchanging the link
site.dir/current: point the web server there. Whatever fails, the old site stays. Editions of the site (site.editions) are
built after it, each into its own directory.`,
    )
    .action(async ({ config, watch }: BuildOptions) => {
      if (watch) await buildOnChange(config)
      else await buildAndReport(await loadConfig(config))
    })
}

/** What the operator can mend, a template with a mistake too, is printed, and the next change tries again. */
async function buildOnChange(path: string): Promise<void> {
  const { config } = await loadConfig(path)
  const own = config.site.templates === undefined ? [] : [config.site.templates]
  const places = [SHIPPED_TEMPLATES, ...own, path]
  const stop = watchPlaces(places, () => tolerate(async () => buildAndReport(await loadConfig(path))))
  console.error(`flowscan: watching ${places.join(', ')} until Ctrl-C`)
  await untilInterrupted()
  await stop()
}

/**
 * Builds the site, then its editions, and says how it went, a line for each. What fails of one keeps no other: the first failure is thrown once all had
 * their turn. Throws a UserError (75) when another build of the same site is under way.
 */
export async function buildAndReport(loaded: LoadedConfig): Promise<void> {
  const release = acquireLock(loaded.config.site.dir)
  const failures: unknown[] = []
  const attempt = (build: () => Promise<void>) => build().catch((error: unknown) => failures.push(error))
  try {
    await attempt(() => buildOne(loaded, loaded.config, WHOLE, 'site'))
    for (const { name, config, edition } of editionsOf(loaded.config))
      await attempt(() => buildEdition(loaded, config, edition, name))
  } finally {
    release()
  }
  const [first, ...others] = failures
  for (const each of others) log(each instanceof Error ? each.message : String(each))
  if (first !== undefined) throw first
}

async function buildEdition(loaded: LoadedConfig, config: Config, edition: Edition, name: string): Promise<void> {
  const release = acquireLock(config.site.dir)
  try {
    await buildOne(loaded, config, edition, `edition ${name}`)
  } finally {
    release()
  }
}

async function buildOne(loaded: LoadedConfig, config: Config, edition: Edition, what: string): Promise<void> {
  const started = performance.now()
  const { rendered, kept, archived, mirrored } = await repairing(
    loaded,
    () => buildSite(config, { log, edition }),
    (repair) => log(describeRepair(repair)),
  )
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  log(
    `${what} built in ${seconds} s: ${rendered} pages rendered, ${kept} as they were, ${archived} scoreboards archived`,
  )
  if (mirrored !== null) log(`${config.site.mirror}: ${mirrored.written} files written, ${mirrored.removed} removed`)
}

function log(line: string): void {
  console.error(`flowscan: ${line}`)
}
