import type { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import { STEPS, type StepName } from '../model/time.ts'
import { prune } from '../run/prune.ts'
import type { Faded } from '../store/retention.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'

interface Options extends ConfigOption {
  readonly dryRun?: true
}

export function configure(command: Command): void {
  addConfigOption(command)
    .option('--dry-run', 'only tell what would go')
    .addHelpText(
      'after',
      `
Examples:
  $ flowscan prune --dry-run
  $ flowscan prune --config /etc/flowscan/flowscan.config.ts

Removes the five-minute values and parts, half-hour, two-hour and daily values that are older than retention in the config
says, counted from the newest slot. Every run does so by itself, two days of each at most and never by a clock that must be
wrong; this does all at once. Coarser values, the boards of days and flow files stay. Exit code 75: a run is at work.`,
    )
    .action(async ({ config, dryRun }: Options) => {
      const isRehearsal = dryRun === true
      const faded = prune(await loadConfig(config), isRehearsal)
      for (const line of faded === null ? ['nothing is stored'] : describe(faded, isRehearsal)) console.log(line)
    })
}

const WORDS: Readonly<Record<StepName, string>> = {
  '5m': 'days of five-minute values',
  '30m': 'days of half-hour values',
  '2h': 'months of two-hour values',
  '1d': 'years of daily values',
}

function describe({ windows, parts, bytes }: Faded, isRehearsal: boolean): string[] {
  const lines = [
    ...(Object.keys(STEPS) as StepName[]).map((step) => [windows[step], WORDS[step]] as const),
    [parts, 'days of parts'] as const,
  ]
    .filter(([names]) => names.length > 0)
    .map(([names, what]) => `${names.length} ${what}: ${names[0]} to ${names.at(-1)}`)
  if (lines.length === 0) return ['nothing is old enough to go']
  return [...lines, `${bytes.toLocaleString('en-US')} bytes ${isRehearsal ? 'would be' : 'are'} free`]
}
