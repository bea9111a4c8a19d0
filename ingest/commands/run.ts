import type { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import { reportHealth } from '../run/health.ts'
import { buildAndReport } from './build.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { ingestAndReport } from './ingest.ts'

export function configure(command: Command): void {
  addConfigOption(command)
    .addHelpText(
      'after',
      `
Example, as a timer calls it every five minutes:
  $ flowscan run --config /etc/flowscan/flowscan.config.ts

Does what flowscan ingest does, then what flowscan build does. Safe to kill and to repeat at any moment.`,
    )
    .action(async ({ config }: ConfigOption) => {
      await runAndReport(config)
    })
}

/** Ingests, then builds, by the config as it is now; what goes wrong is thrown (UserError) or printed. */
export async function runAndReport(configPath: string): Promise<void> {
  const loaded = await loadConfig(configPath)
  await reportHealth(loaded.config, async (report) => {
    await ingestAndReport(loaded, report)
    // The site tells of it.
    report.write(null, false)
    await buildAndReport(loaded)
  })
}
