import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import type { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import { EXIT } from '../model/errors.ts'
import { printable } from '../model/text.ts'
import { type Rebuilt, rebuild } from '../run/rebuild.ts'
import { STORE } from '../store/generation.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { addDaysOption } from './days-option.ts'
import { createProgress } from './progress.ts'

type Options = ConfigOption & { readonly from: string; readonly to?: string }

export function configure(command: Command): void {
  addDaysOption(addConfigOption(command), 'required')
    .addHelpText(
      'after',
      `
Example, after networks were changed in the config:
  $ flowscan rebuild --from 2026-11-01 --config /etc/flowscan/flowscan.config.ts

Counts the flow files in flows.saved again, from that UTC day on, by today's config, into a new generation beside what is
stored, and makes it the one that counts when all of it is whole: by one rename, so whatever ends it before, what is stored
is as it was; called again it goes on where it stopped. Parts whose flow file has gone keep their counts, and those whose flow file
cannot be counted: that is told, and ends with exit code 65. What counted
before stays until you remove it. Runs wait meanwhile (exit code 75); flow files that come are counted by the next.`,
    )
    .action(async ({ config, from, to }: Options) => {
      const loaded = await loadConfig(config)
      const progress = createProgress()
      let rebuilt: Rebuilt
      try {
        rebuilt = await rebuild(loaded, { from, to, threads: availableParallelism() }, progress.onStep)
      } finally {
        progress.stop()
      }
      for (const complaint of rebuilt.complaints) console.error(`flowscan: ${printable(complaint)}`)
      if (rebuilt.complaints.length > 0) process.exitCode = EXIT.data
      console.log(describe(rebuilt, loaded.config.data))
    })
}

function describe({ current, before, days, counted, kept, complaints }: Rebuilt, data: string): string {
  const told = [
    `${days.length} days`,
    `${counted} flow files counted again`,
    ...(kept > 0 ? [`${kept} parts without a flow file kept as they were`] : []),
    ...(complaints.length > 0 ? [`${complaints.length} flow files could not be counted`] : []),
  ]
  const old = before === data ? STORE.map((name) => `${data}/${name}`).join(' ') : before
  return `${relative(data, current)} counts now: ${told.join(', ')}\nWhat counted before can be removed when you are content: ${old}`
}
