import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import type { Part } from '../model/part.ts'
import { dayOf, isoTime } from '../model/time.ts'
import { compareDerived, tellsOf } from '../store/compare.ts'
import { DamagedFile, decodeJson } from '../store/files.ts'
import {
  commitEncoded,
  DamagedPart,
  type EncodedPart,
  listDays,
  listParts,
  listStoredParts,
  readPart,
  shortId,
} from '../store/part.ts'
import { isSince, readFloors } from '../store/series-index.ts'
import { acquireLock, refuseWhileLocked } from './lock.ts'
import type { Repair } from './repair.ts'
import { countAgain, isOfOneFile, listSaved, type SavedFile } from './saved.ts'
import { createTallier, type Tallier } from './tallier.ts'
import { bringUpToDate } from './up-to-date.ts'

/** How what is stored of one UTC day stands to its saved flow files. */
export interface VerifiedDay {
  readonly day: string
  /** Saved flow files that were read again. */
  readonly files: number
  /** Of these, those whose part is the same, byte for byte. */
  readonly equal: number
  /** Those that were counted under another config, of which only the totals can be compared: they are the same. */
  readonly equalTotals: number
  /** Those that no part knew, and that were counted now. */
  readonly counted: number
  /** Parts whose flow file has gone: there is nothing to compare them with. */
  readonly withoutFile: number
  /** A sentence each. */
  readonly differences: readonly string[]
}

export interface VerifyOptions {
  /** UTC days, both included; all when absent. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Counts flow files that no part knows. */
  readonly countsMissing?: boolean
  readonly threads?: number
}

export interface VerifyListener {
  onStep?(what: string, done: number, all: number): void
  onRepair?(repair: Repair): void
}

/**
 * Reads the saved flow files of some days again, counts them by today's config, and compares with the parts; then the series and boards
 * with what the parts give. Changes nothing, unless it is to count flow files that no part knows. Throws a UserError (75) while a run is
 * at work.
 */
export async function verify(
  loaded: LoadedConfig,
  { from, to, countsMissing = false, threads = 1 }: VerifyOptions = {},
  { onStep, onRepair }: VerifyListener = {},
): Promise<VerifiedDay[]> {
  const { config } = loaded
  const release = countsMissing ? acquireLock(config.data) : refuseWhileLocked(config.data)
  try {
    const saved = listSaved(config)
    const since = readFloors(config.data)
    const days = [...new Set([...saved.keys(), ...listDays(config.data)])]
      .sort()
      .filter((day) => day >= (from ?? day) && day <= (to ?? day) && isSince(since, '5m', day))
    const files = days.flatMap((day) => (saved.get(day) ?? []).map((file) => ({ ...file, day })))
    const verdicts = await verifyFiles(loaded, files, { countsMissing, threads }, onStep)
    if (countsMissing) await bringUpToDate(loaded, { onRepair })
    const wrong = differencesOfDerived(config.data, days, onStep)
    const known = new Set(verdicts.map(({ id }) => id))
    return days.map((day) => {
      const ofDay = verdicts.filter((verdict) => verdict.day === day)
      const count = (kind: Verdict['kind']) => ofDay.filter((verdict) => verdict.kind === kind).length
      return {
        day,
        files: ofDay.length,
        equal: count('equal'),
        equalTotals: count('equalTotals'),
        counted: count('counted'),
        withoutFile: listParts(config.data, day).filter(({ id }) => !known.has(id)).length,
        differences: [...ofDay.flatMap(({ difference }) => difference ?? []).sort(), ...(wrong.get(day) ?? [])],
      }
    })
  } finally {
    release()
  }
}

/** By day, what is wrong with series and boards. */
function differencesOfDerived(
  data: string,
  days: readonly string[],
  onStep: VerifyListener['onStep'],
): ReadonlyMap<string, readonly string[]> {
  try {
    const wrong = compareDerived(data, days, (_day, done, all) => onStep?.('adding up days', done, all))
    return new Map(
      days.map((day) => [
        day,
        wrong.filter(({ path }) => tellsOf(path, [day])).map(({ path, found }) => `${path}: ${found}`),
      ]),
    )
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error
    return new Map(days.slice(0, 1).map((day) => [day, [`series cannot be compared: ${error.message}`]]))
  }
}

interface Verdict {
  readonly day: string
  readonly kind: 'equal' | 'equalTotals' | 'counted' | 'different'
  /** Of the part; `null` when the flow file could not be counted. */
  readonly id: string | null
  readonly difference?: string
}

type DayFile = SavedFile & { readonly day: string }

async function verifyFiles(
  loaded: LoadedConfig,
  files: readonly DayFile[],
  { countsMissing, threads }: { countsMissing: boolean; threads: number },
  onStep: VerifyListener['onStep'],
): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const tallier = createTallier(loaded, files.length, threads)
  const waiting = files.values()
  const takeTurns = async (): Promise<void> => {
    for (const file of waiting) {
      verdicts.push(await verifyFile(loaded.config, file, tallier, countsMissing))
      onStep?.('reading flow files', verdicts.length, files.length)
    }
  }
  try {
    await Promise.all(Array.from({ length: tallier.atOnce }, takeTurns))
  } finally {
    await tallier.close()
  }
  return verdicts
}

async function verifyFile(
  config: Config,
  { day, ...file }: DayFile,
  tallier: Tallier,
  countsMissing: boolean,
): Promise<Verdict> {
  try {
    const counted = await countAgain(file, tallier)
    const id = shortId(counted.id)
    const found = judge(config.data, counted, countsMissing)
    return typeof found === 'string'
      ? { day, id, kind: 'different', difference: `${file.path}: ${found}` }
      : { day, id, ...found }
  } catch (error) {
    if (!isOfOneFile(error)) throw error
    return { day, id: null, kind: 'different', difference: `${file.path}: cannot be counted: ${error.message}` }
  }
}

/** A part as it comes from the flow file, beside the one that is stored. A sentence where they differ. */
function judge(data: string, counted: EncodedPart, countsMissing: boolean): string | Pick<Verdict, 'kind'> {
  const day = dayOf(counted.slot)
  const name = listStoredParts(data, day).find(({ id }) => id === shortId(counted.id))
  if (name === undefined) {
    if (!countsMissing) return `no part of ${isoTime(counted.slot)} knows it; flowscan verify --repair counts it`
    commitEncoded(data, counted)
    return { kind: 'counted' }
  }
  try {
    const stored = readPart(data, name)
    const again = decodeJson(counted.bytes, name.name).value as Part
    return compare(stored, again)
  } catch (error) {
    if (error instanceof DamagedPart) return `its part is damaged (${error.message}); flowscan fsck --repair`
    throw error
  }
}

const KEYS = ['file', 'total', 'slots', 'hosts', 'quality'] as const

function compare(stored: Part, again: Part): string | Pick<Verdict, 'kind'> {
  const isTold = Object.values(stored.quality.exporters).some(({ newestEndMs }) => newestEndMs !== undefined)
  const isSame = (key: keyof Part) =>
    JSON.stringify(stored[key]) === JSON.stringify(again[key], isTold ? undefined : withoutEnds)
  if (stored.config !== again.config && isSame('total')) return { kind: 'equalTotals' }
  const differing = stored.config === again.config ? KEYS.filter((key) => !isSame(key)) : ['total']
  if (differing.length === 0) return { kind: 'equal' }
  return `its part differs in ${differing.join(', ')}: ${totals(stored)} stored, ${totals(again)} counted now; flowscan rebuild counts it again`
}

/** Parts of older versions do not say when the flows of an exporter ended. */
function withoutEnds(key: string, value: unknown): unknown {
  return key === 'newestEndMs' ? undefined : value
}

function totals({ total }: Part): string {
  return `${total.flows} flows, ${total.packets} packets, ${total.octets} octets`
}
