import type { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import { explainRefusal, UserError } from '../model/errors.ts'
import { watchFlows } from '../run/watch.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { runAndReport } from './run.ts'
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

/** What the operator can mend must not end a process that is meant to stay: it is printed, and the next run tries again. */
export async function runTolerantly(configPath: string): Promise<void> {
  try {
    await runAndReport(configPath)
  } catch (thrown) {
    const error = explainRefusal(thrown)
    if (!(error instanceof UserError)) throw error
    console.error(`flowscan: ${error.message}`)
  }
}
