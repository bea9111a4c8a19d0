import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import { EXIT } from '../model/errors.ts'
import { printable } from '../model/text.ts'
import { type VerifiedDay, verify } from '../run/verify.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { addDaysOption, type DaysOption } from './days-option.ts'
import { createProgress } from './progress.ts'

interface Options extends ConfigOption, DaysOption {
  readonly repair?: true
}

export function configure(command: Command): void {
  addDaysOption(addConfigOption(command))
    .option('--repair', 'count saved flow files that no part knows')
    .addHelpText(
      'after',
      `
Examples:
  $ flowscan verify --from 2026-11-01 --to 2026-11-23 --config /etc/flowscan/flowscan.config.ts
  $ flowscan verify --repair        after data was restored from a backup: counts what came since, once

Reads the flow files in flows.saved again, counts them by today's config and compares with what is stored: totals, every
cell, every host; then the series and boards with what the parts give. Parts that were counted under another config are
compared by their totals. Prints a line for each day. Nothing is changed without --repair. Exit code 0: all is equal;
65: there are differences; 75: a run is at work.`,
    )
    .action(async ({ config, from, to, repair }: Options) => {
      const loaded = await loadConfig(config)
      const progress = createProgress()
      let days: VerifiedDay[]
      try {
        const options = { from, to, countsMissing: repair === true, threads: availableParallelism() }
        days = await verify(loaded, options, progress)
      } finally {
        progress.stop()
      }
      for (const day of days) console.log(describe(day))
      if (days.some(({ differences }) => differences.length > 0)) process.exitCode = EXIT.data
    })
}

function describe({ day, files, equal, equalTotals, counted, withoutFile, differences }: VerifiedDay): string {
  const told = [
    `${files} flow files`,
    `${equal} equal`,
    ...(equalTotals > 0 ? [`${equalTotals} of another config with equal totals`] : []),
    ...(counted > 0 ? [`${counted} counted now`] : []),
    ...(withoutFile > 0 ? [`${withoutFile} parts without a flow file`] : []),
    differences.length === 0 ? 'no differences' : `${differences.length} differences`,
  ]
  return [`${day}: ${told.join(', ')}`, ...differences.map((difference) => `  ${printable(difference)}`)].join('\n')
}
