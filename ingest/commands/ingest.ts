import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { EXIT } from '../model/errors.ts'
import { type HealthReport, reportHealth } from '../run/health.ts'
import { type IngestListener, type IngestResult, ingest } from '../run/ingest.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { createProgress, type Progress } from './progress.ts'

export function configure(command: Command): void {
  addConfigOption(command)
    .addHelpText(
      'after',
      `
Example:
  $ flowscan ingest --config /etc/flowscan/flowscan.config.ts

Reads every completed flow file of every source (flows.dir), stores what it adds up to in data, and moves it to flows.saved. A damaged
file is set aside in data/quarantine with its reason. No flow file is ever deleted, and nothing is counted twice.`,
    )
    .action(async ({ config }: ConfigOption) => {
      const loaded = await loadConfig(config)
      await reportHealth(loaded.config, (report) => ingestAndReport(loaded, report))
    })
}

/** Ingests with progress and says how it went in one line; sets the exit code when files could not be read. */
export async function ingestAndReport(loaded: LoadedConfig, report: HealthReport): Promise<void> {
  const progress = createProgress()
  let result: IngestResult
  try {
    result = await ingest(loaded, toBoth(progress, report), availableParallelism())
  } finally {
    progress.stop()
  }
  console.error(summarize(result))
  if (result.exitCode !== EXIT.ok) process.exitCode = result.exitCode
}

function toBoth(progress: Progress, report: HealthReport): IngestListener {
  return {
    ...progress,
    onFile(...told) {
      progress.onFile?.(...told)
      report.onFile(...told)
    },
    onRepair(repair) {
      progress.onRepair?.(repair)
      report.onRepair(repair)
    },
    onAlarm(alarm) {
      progress.onAlarm?.(alarm)
      report.onAlarm(alarm)
    },
  }
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
