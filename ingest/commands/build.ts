import type { Command } from 'commander'
import { buildSite } from '../../site/build.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { acquireLock } from '../run/lock.ts'
import { describeRepair } from '../run/repair.ts'
import { repairing } from '../run/up-to-date.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'

export function configure(command: Command): void {
  addConfigOption(command)
    .addHelpText(
      'after',
      `
Example:
  $ flowscan build --config /etc/flowscan/flowscan.config.ts

Renders what changed since the last build into a new release below site.dir and makes it public by exchanging the link
site.dir/current: point the web server there. Whatever fails, the old site stays.`,
    )
    .action(async ({ config }: ConfigOption) => {
      await buildAndReport(await loadConfig(config))
    })
}

/** Builds and says how it went in one line. Throws a UserError (75) when another build of the same site is under way. */
export async function buildAndReport(loaded: LoadedConfig): Promise<void> {
  const { config } = loaded
  const release = acquireLock(config.site.dir)
  try {
    const started = performance.now()
    const log = (line: string) => console.error(`flowscan: ${line}`)
    const { rendered, kept, archived, mirrored } = await repairing(
      loaded,
      () => buildSite(config, { log }),
      (repair) => log(describeRepair(repair)),
    )
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.error(
      `flowscan: site built in ${seconds} s: ${rendered} pages rendered, ${kept} as they were, ${archived} scoreboards archived`,
    )
    if (mirrored !== null)
      console.error(`flowscan: ${config.site.mirror}: ${mirrored.written} files written, ${mirrored.removed} removed`)
  } finally {
    release()
  }
}
