import type { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import { watchFlows } from '../run/watch.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { runAndReport } from './run.ts'
import { tolerate } from './tolerate.ts'
import { untilInterrupted } from './until-interrupted.ts'

export function configure(command: Command): void {
  addConfigOption(command)
    .addHelpText(
      'after',
      `
Example:
  $ flowscan watch --config /etc/flowscan/flowscan.config.ts

Instead of a timer: does what flowscan run does whenever the collector has closed a flow file. Ctrl-C ends it.`,
    )
    .action(async ({ config }: ConfigOption) => {
      const loaded = await loadConfig(config)
      const stop = watchFlows(loaded.config, () => runTolerantly(config))
      await untilInterrupted()
      await stop()
    })
}

/** A run whose failures are printed; the next one tries again. */
export async function runTolerantly(configPath: string): Promise<void> {
  await tolerate(() => runAndReport(configPath))
}
