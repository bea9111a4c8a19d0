import { createHash } from 'node:crypto'
import { TOTAL } from '../ingest/model/cell.ts'
import { addCounters, type Counter, compareCounters } from '../ingest/model/counter.ts'
import { DIRECTIONS, type Direction } from '../ingest/model/direction.ts'
import type { ExporterCounts, Part, PartQuality } from '../ingest/model/part.ts'
import { FLAWS, type Flaw } from '../ingest/model/quality.ts'
import { dayOf } from '../ingest/model/time.ts'
import { reviveAll, reviveUnnamed } from '../ingest/store/counters.ts'
import { DamagedFile, encodeJson, readJson, writeJson } from '../ingest/store/files.ts'
import { recountsOf } from '../ingest/store/generation.ts'
import type { Health } from '../ingest/store/health.ts'
import { listDays, listParts, type PartName, readPart } from '../ingest/store/part.ts'
import { isPublic, publicSource } from './edition.ts'
import { figuresOf } from './figures.ts'
import type { Site } from './pages/site.ts'
import { type Traffic, type TrafficReader, UNSETTLED } from './traffic.ts'

/** How far what is stored can be trusted. */
export interface Quality {
  /** `null`: no run has told of itself. */
  readonly health: Health | null
  /** Of the 24 hours that the day's pages show, by slot, then source. */
  readonly files: readonly FlowFileQuality[]
  /** The first slot that was ever stored and is kept, unix seconds; `null`: nothing is. What was before is not missing. */
  readonly first: number | null
  readonly week: RangeQuality
  readonly month: RangeQuality
}

/** What a flow file says of itself. */
export interface FlowFileQuality {
  readonly slot: number
  readonly source: string
  readonly format: string
  readonly complete: boolean
  /** `null`: it does not say. */
  readonly lost: number | null
  readonly warnings: { readonly count: number; readonly first: readonly string[] }
  /** By dimension, what the config would have to name, and its octets among the first flows; see `PartQuality`. */
  readonly unnamed: NonNullable<PartQuality['unnamed']>
  /** The busiest; `more`: how many others there were. */
  readonly exporters: readonly FileExporter[]
  readonly more: number
}

export interface FileExporter {
  readonly address: string
  readonly counted: ExporterCounts
}

/** A range of which no cell but the total is needed. */
export interface RangeQuality {
  /** Unix seconds. */
  readonly from: number
  readonly to: number
  readonly stepSeconds: number
  readonly known: readonly number[]
  readonly flows: { readonly [D in Direction]: Counter }
  readonly flaws: { readonly [F in Flaw]: Counter }
}

/** What is remembered of a file: a hostile one may name 65,536 exporters. */
const MOST_EXPORTERS = 250
const MOST_WARNINGS = 3
const SCHEMA = 3

interface Kept {
  readonly schema: number
  /** By a hash of the name of the part and of how often it was counted again. */
  readonly files: { readonly [key: string]: FlowFileQuality }
  readonly ranges: { readonly [range: string]: { readonly state: string; readonly quality: RangeQuality } }
}

/**
 * What a build tells of quality. Of parts and ranges that were read before the file `kept` remembers what is needed, so that a build reads only
 * the parts that came since. Throws DamagedPart and DamagedSegment.
 */
export function readQuality(
  { config, edition }: Pick<Site, 'config' | 'edition'>,
  traffic: TrafficReader,
  health: Health | null,
  kept: string,
): Quality {
  const { data } = config
  const before = readKept(kept)
  const shown = (file: FlowFileQuality) => (isPublic(edition) ? publicFile(file) : file)
  const { from, to } = traffic.read('day')
  const recounts = recountsOf(data)
  const parts = listPartsBetween(data, from, to).map((part) => [keyOf(part, recounts), part] as const)
  const files = parts.map(
    ([key, part]) => [key, before.files[key] ?? shown(fileQuality(readPart(data, part)))] as const,
  )
  const ranges = (['week', 'month'] as const).map((range) => {
    const own = traffic.stateOf(range)
    // A day that was counted again has parts of the same names.
    const state = own === UNSETTLED ? own : `${own} ${JSON.stringify(recounts)}`
    const known = before.ranges[range]
    const isKnown = state !== UNSETTLED && known?.state === state
    return [range, isKnown ? known : { state, quality: rangeQuality(traffic.read(range)) }] as const
  })
  const now: Kept = { schema: SCHEMA, files: Object.fromEntries(files), ranges: Object.fromEntries(ranges) }
  if (encodeJson(now).sha256 !== before.sha256) writeJson(kept, now)
  return {
    health: isPublic(edition) ? null : health,
    files: files.map(([, file]) => file),
    first: firstSlot(data),
    week: now.ranges.week!.quality,
    month: now.ranges.month!.quality,
  }
}

function listPartsBetween(data: string, from: number, to: number): PartName[] {
  if (to === 0) return []
  const days = [...new Set([dayOf(from), dayOf(to - 1)])]
  return days.flatMap((day) => listParts(data, day)).filter(({ slot }) => slot >= from && slot < to)
}

function keyOf({ name, slot }: PartName, recounts: ReturnType<typeof recountsOf>): string {
  return createHash('sha256')
    .update(`${name} ${recounts[dayOf(slot)] ?? 0}`)
    .digest('hex')
    .slice(0, 32)
}

/** The first slot that was ever stored and is kept, unix seconds; `null`: nothing is. */
export function firstSlot(data: string): number | null {
  const day = listDays(data)[0]
  return day === undefined ? null : (listParts(data, day)[0]?.slot ?? null)
}

function fileQuality({ slot, source, file, quality }: Part): FlowFileQuality {
  const exporters = Object.entries(quality.exporters)
    .map(([address, counted]) => ({ address, counted }))
    .sort((a, b) => compareCounters(b.counted.flows, a.counted.flows) || (a.address < b.address ? -1 : 1))
  return {
    slot,
    source,
    format: file.format,
    complete: file.complete,
    lost: quality.lost,
    warnings: { count: quality.warnings.length, first: quality.warnings.slice(0, MOST_WARNINGS) },
    unnamed: quality.unnamed ?? {},
    exporters: exporters.slice(0, MOST_EXPORTERS),
    more: Math.max(0, exporters.length - MOST_EXPORTERS),
  }
}

/** For people who are not to know exporters: nor what is said of them, or of anything else, in a warning. */
function publicFile(file: FlowFileQuality): FlowFileQuality {
  return {
    ...file,
    source: publicSource(file.source),
    warnings: { count: file.warnings.count, first: [] },
    unnamed: {},
    exporters: [],
    more: 0,
  }
}

export function rangeQuality(traffic: Traffic): RangeQuality {
  const { from, to, stepSeconds, known, quality } = traffic
  const flows = DIRECTIONS.map((way) => [way, figuresOf(traffic, TOTAL, way, 'flows').total ?? 0])
  const flaws = FLAWS.map((flaw) => [flaw, (quality.get(flaw) ?? []).reduce(addCounters, 0)])
  return { from, to, stepSeconds, known, flows: Object.fromEntries(flows), flaws: Object.fromEntries(flaws) }
}

/** What cannot be read is made anew. */
function readKept(path: string): Omit<Kept, 'schema'> & { readonly sha256: string } {
  try {
    const stored = readJson(path)
    const kept = stored?.value as Kept | undefined
    if (kept?.schema !== SCHEMA) return NOTHING
    for (const { exporters, unnamed } of Object.values(kept.files)) {
      for (const exporter of exporters) reviveAll(exporter.counted)
      reviveUnnamed(unnamed)
    }
    for (const { quality } of Object.values(kept.ranges))
      for (const counted of [quality.flows, quality.flaws]) reviveAll(counted)
    return { ...kept, sha256: stored!.sha256 }
  } catch (error) {
    if (error instanceof DamagedFile) return NOTHING
    throw error
  }
}
const NOTHING = { files: {}, ranges: {}, sha256: '' }
