import type { Command } from 'commander'

/** What every command that needs a config can be told. */
export interface ConfigOption {
  readonly config: string
}

export function addConfigOption(command: Command): Command {
  return command.option('-c, --config <file>', 'the config; paths in it are relative to it', 'flowscan.config.ts')
}
