import { existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { Alarm } from '../model/alarm.ts'
import { EXIT, UserError } from '../model/errors.ts'
import type { Reason } from '../model/reason.ts'
import { DAY_SECONDS, dayOf, isoTime, SLOT_SECONDS } from '../model/time.ts'
import { writeFileDurably } from '../store/files.ts'
import { type Health, healthPath, type LateFile, readHealth } from '../store/health.ts'
import { listDays, listParts, newestSlot } from '../store/part.ts'
import type { WaitingFile } from './discover.ts'
import type { IngestListener, Outcome } from './ingest.ts'
import { quarantinePath } from './quarantine.ts'
import { LEFT } from './repair.ts'
import { LITTLE_SPACE } from './room.ts'

/** Listens to a run and tells in the end how it went. */
export interface HealthReport extends Required<Pick<IngestListener, 'onFile' | 'onRepair' | 'onAlarm'>> {
  /** Writes `data/health.json`. `error`: what ended the run early. `isOver`: the run did all it should, unless there is an error. */
  write(error: unknown, isOver: boolean): void
}

const NEWEST_REASONS = 10
const NEWEST_COPIES = 100
const NEWEST_LATE = 100
/** A file that is counted two slots after the end of its own has kept somebody waiting. */
const LATE_SECONDS = 2 * SLOT_SECONDS

/**
 * Does what a run does, and writes how it went, whether it succeeds or fails. A run that another one kept from its work says nothing: the
 * other will.
 */
export async function reportHealth(config: Config, run: (report: HealthReport) => Promise<void>): Promise<void> {
  const report = createHealthReport(config)
  try {
    await run(report)
  } catch (error) {
    if (!(error instanceof UserError && error.exitCode === EXIT.tryLater)) quietly(() => report.write(error, true))
    throw error
  }
  report.write(null, true)
}

function createHealthReport({ data, flows }: Config): HealthReport {
  const before = readHealth(data)
  const files: Record<Outcome['kind'], number> = {
    counted: 0,
    known: 0,
    deferred: 0,
    refused: 0,
    quarantined: 0,
    unreadable: 0,
    failed: 0,
  }
  const copies = [...(before?.copies ?? [])]
  const late = [...(before?.late ?? [])]
  const alarms: Alarm[] = []
  const since = new Map(before?.alarms.map((alarm) => [alarm.subject, alarm.since]))
  return {
    onFile(file, outcome) {
      const { path } = file
      files[outcome.kind]++
      // What waited before there was anything in the store came before flowscan did.
      if (outcome.kind === 'counted' && before !== null && before.newestSlot !== null)
        late.push(...lateness(file, outcome, Date.now()))
      if (outcome.kind === 'known' && outcome.copyOf !== null) copies.push({ file: path, of: outcome.copyOf })
    },
    onRepair(repair) {
      if ('isGap' in repair && repair.isGap)
        alarms.push({
          subject: 'parts',
          what: `${repair.path}: what it held is in no saved flow file`,
          mend: 'put the flow files of that day back from a backup and run flowscan verify --repair',
        })
      if ('isLeft' in repair)
        alarms.push({
          subject: 'parts',
          what: `${repair.path}: ${LEFT}`,
          mend: 'put the flow files of that day back from a backup and run flowscan fsck --repair; without them it gives the part up',
        })
    },
    onAlarm: (alarm) => alarms.push(alarm),
    write(error, isOver) {
      if (!existsSync(data)) return
      const at = isoTime(Date.now() / 1000)
      const slot = quietly(() => newestSlot(data)) ?? null
      const pending = files.unreadable + files.failed
      const quarantine = readQuarantine(data)
      const free = quietly(() => freeIn(data)) ?? null
      const told = [...alarms, ...alarmsOf({ error, quarantine, pending, free })]
      const health: Health = {
        schema: 1,
        at,
        lastSuccess: error === null && isOver ? at : (before?.lastSuccess ?? null),
        newestSlot: slot === null ? null : isoTime(slot),
        lagSeconds: slot === null ? null : Math.round(Date.now() / 1000) - slot - SLOT_SECONDS,
        lastRun: { files, error: error === null ? null : messageOf(error) },
        quarantine,
        pending,
        copies: copies.slice(-NEWEST_COPIES),
        late: late.slice(-NEWEST_LATE),
        gaps: (slot === null ? null : quietly(() => gapsOf(data, flows, slot))) ?? [],
        free,
        alarms: [...new Map(told.map((alarm) => [alarm.subject, alarm])).values()].map((alarm) => ({
          ...alarm,
          since: since.get(alarm.subject) ?? at,
        })),
      }
      for (const alarm of health.alarms) since.set(alarm.subject, alarm.since)
      writeFileDurably(healthPath(data), Buffer.from(`${JSON.stringify(health, null, 2)}\n`))
    },
  }
}

/** The file, if it is counted late. */
function lateness(
  { path, source: { source } }: WaitingFile,
  { slot, changedMs }: Outcome & { kind: 'counted' },
  nowMs: number,
): LateFile[] {
  const since = (ms: number) => Math.round(ms / 1000) - slot - SLOT_SECONDS
  const countedSeconds = since(nowMs)
  if (countedSeconds <= LATE_SECONDS) return []
  return [{ file: path, source, slot: isoTime(slot), changedSeconds: since(changedMs), countedSeconds }]
}

function alarmsOf({
  error,
  quarantine,
  pending,
  free,
}: Pick<Health, 'quarantine' | 'pending' | 'free'> & { error: unknown }): Alarm[] {
  const [newest] = quarantine.newest
  return [
    error !== null && {
      subject: 'run',
      what: `the last run did not end well: ${messageOf(error)}`,
      mend: 'do what the message says; flowscan check tells more',
    },
    newest !== undefined && {
      subject: 'quarantine',
      what: `${quarantine.count} files or directories were set aside or refused, the newest: ${newest.file}: ${newest.reason}`,
      mend: 'look at them in data/quarantine; remove what is dealt with',
    },
    pending > 0 && {
      subject: 'flow files',
      what: `${pending} could not be read or made flowscan fail; they are tried again`,
      mend: 'the log of the run names each with its reason',
    },
    free !== null &&
      free.bytes < LITTLE_SPACE && {
        subject: 'space',
        what: `${free.bytes} bytes free where data is`,
        mend: 'make room',
      },
  ].filter((alarm) => alarm !== false)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function readQuarantine(data: string): Health['quarantine'] {
  const directory = quarantinePath(data)
  const ids = quietly(() => readdirSync(directory)) ?? []
  const aged = ids.map((id) => ({ id, ms: quietly(() => statSync(join(directory, id)).mtimeMs) ?? 0 }))
  const newest = aged.sort((a, b) => b.ms - a.ms).slice(0, NEWEST_REASONS)
  return {
    count: ids.length,
    newest: newest.flatMap(
      ({ id }) => quietly(() => JSON.parse(readFileSync(join(directory, id, 'reason.json'), 'utf8')) as Reason) ?? [],
    ),
  }
}

function freeIn(data: string): Health['free'] {
  const { bavail, bsize, files, ffree } = statfsSync(data)
  return { bytes: bavail * bsize, inodes: files === 0 ? null : ffree }
}

/** By source, the slots of the last 24 hours without a part; what was before anything was stored is not missing. */
function gapsOf(data: string, flows: Config['flows'], newest: number): Health['gaps'] {
  const days = listDays(data)
  const dayAgo = newest - DAY_SECONDS + SLOT_SECONDS
  const parts = days.filter((day) => day >= dayOf(dayAgo)).flatMap((day) => listParts(data, day))
  const first = days[0]! < dayOf(dayAgo) ? dayAgo : Math.max(dayAgo, parts[0]!.slot)
  return flows.flatMap(({ source }) => {
    const present = new Set(parts.filter((part) => part.source === source).map(({ slot }) => slot))
    const gaps: { from: number; to: number }[] = []
    for (let slot = first; slot <= newest; slot += SLOT_SECONDS) {
      if (present.has(slot)) continue
      const last = gaps.at(-1)
      if (last?.to === slot) last.to += SLOT_SECONDS
      else gaps.push({ from: slot, to: slot + SLOT_SECONDS })
    }
    return gaps.map(({ from, to }) => ({ source, from: isoTime(from), to: isoTime(to) }))
  })
}

/** What cannot be told must not keep the rest from being told. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
