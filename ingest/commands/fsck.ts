import type { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import { EXIT } from '../model/errors.ts'
import { printable } from '../model/text.ts'
import { fsck, repairStore, type StoreCheck } from '../run/fsck.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { createProgress } from './progress.ts'
import { formatTable } from './table.ts'

interface Options extends ConfigOption {
  readonly deep?: true
  readonly repair?: true
}

export function configure(command: Command): void {
  addConfigOption(command)
    .option('--deep', 'also derive everything anew, elsewhere, and compare it byte for byte')
    .option('--repair', 'set damaged files aside in data/quarantine and make them anew')
    .addHelpText(
      'after',
      `
Example:
  $ flowscan fsck --config /etc/flowscan/flowscan.config.ts

Reads every file in data: checksums, schemas, names that do not fit what a file holds, parts that do not add up, series and
boards made from something else than what is there. Prints what it found and how to mend it; changes nothing without
--repair, and never deletes. Exit code 0: nothing is damaged, or all of it was repaired; 65: damage was found; 74: a newer
flowscan wrote some of it; 75: a run is at work.`,
    )
    .action(async (options: Options) => {
      const loaded = await loadConfig(options.config)
      const progress = createProgress()
      const deep = options.deep === true
      try {
        const check =
          options.repair === true
            ? await repairStore(loaded, deep, (repair) => progress.onRepair?.(repair), progress.onStep)
            : fsck(loaded.config.data, deep, progress.onStep)
        progress.stop()
        console.log(describe(check, deep))
        process.exitCode = exitCodeOf(check, options.repair === true)
      } finally {
        progress.stop()
      }
    })
}

function describe({ defects, parts, derived, isCompared }: StoreCheck, deep: boolean): string {
  const rows = defects.map(({ kind, path, found, mend }) => [kind, path, found, mend].map(printable))
  const table = rows.length === 0 ? [] : [formatTable(['what', 'file', 'found', 'mend'], rows)]
  const compared = isCompared
    ? '; all derived anew and compared'
    : deep
      ? '; not compared: mend what is above first'
      : ''
  return [...table, `${parts} parts, ${derived} derived files, ${defects.length} findings${compared}`].join('\n')
}

function exitCodeOf({ defects }: StoreCheck, isRepaired: boolean): number {
  const has = (...kinds: string[]) => defects.some(({ kind }) => kinds.includes(kind))
  if (has('newer')) return EXIT.io
  return has('unbalanced') || (has('damage') && !isRepaired) ? EXIT.data : EXIT.ok
}
