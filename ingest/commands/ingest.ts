import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { EXIT } from '../model/errors.ts'
import { type IngestResult, ingest } from '../run/ingest.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { createProgress } from './progress.ts'

export function configure(command: Command): void {
  addConfigOption(command)
    .addHelpText(
      'after',
      `
Example:
  $ flowscan ingest --config /etc/flowscan/flowscan.config.ts

Reads every completed flow file of every source (flows.dir), stores what it adds up to in data, and moves it to flows.saved. A damaged
file is set aside in data/quarantine with its reason. Nothing is ever deleted, and nothing is counted twice.`,
    )
    .action(async ({ config }: ConfigOption) => {
      await ingestAndReport(await loadConfig(config))
    })
}

/** Ingests with progress and says how it went in one line; sets the exit code when files could not be read. */
export async function ingestAndReport(loaded: LoadedConfig): Promise<void> {
  const progress = createProgress()
  let result: IngestResult
  try {
    result = await ingest(loaded, progress, availableParallelism())
  } finally {
    progress.stop()
  }
  console.error(summarize(result))
  if (result.exitCode !== EXIT.ok) process.exitCode = result.exitCode
}

const WORDS = {
  counted: 'counted',
  known: 'counted before',
  deferred: 'left for the next run',
  refused: 'left alone',
  quarantined: 'set aside as damaged',
  unreadable: 'could not be read',
  failed: 'made flowscan fail',
} as const

function summarize({ counts, days }: IngestResult): string {
  const told = (Object.keys(WORDS) as (keyof typeof WORDS)[])
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${counts[kind]} ${WORDS[kind]}`)
  const files = told.length === 0 ? 'no new flow files' : `flow files: ${told.join(', ')}`
  return `flowscan: ${files}; ${days.length} day${days.length === 1 ? '' : 's'} brought up to date`
}
