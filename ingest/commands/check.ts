import type { Command } from 'commander'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { checkDirectories } from '../run/check.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'

export function configure(command: Command): void {
  addConfigOption(command)
    .addHelpText(
      'after',
      `
Example, as the user that will run flowscan:
  $ sudo -u flowscan flowscan check --config /etc/flowscan/flowscan.config.ts

Tells every mistake in the config, then looks at the directories it names: one line for each finding. Nothing is
written. Exit code 0: all is well, or there are warnings only; 78: mend the config; 74: mend the directories.`,
    )
    .action(async ({ config }: ConfigOption) => {
      const loaded = await loadConfig(config)
      const findings = checkDirectories(loaded.config)
      console.log(line('ok', 'config', describe(loaded)))
      for (const { level, subject, message } of findings) console.log(line(level, subject, message))
      process.exitCode = findings.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? 0
    })
}

function line(level: string, subject: string, message: string): string {
  return `${level.padEnd(9)}${subject.padEnd(13)}${message}`
}

function describe({ file, config }: LoadedConfig): string {
  const counts = (['subnets', 'networks', 'services', 'protocols', 'tos', 'asNumbers', 'routers'] as const)
    .filter((key) => config[key].length > 0)
    .map((key) => `${key} ${config[key].length}`)
  return `${file}: ${counts.join(', ')}`
}
