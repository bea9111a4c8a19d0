import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { LoadedConfig } from '../../ingest/config/load.ts'
import type { Product } from '../crash/product.ts'
import { writeArrival } from '../soak/flow-file.ts'
import { configFor, type Flowscan, importProduct } from '../soak/flowscan.ts'
import { type Arrival, DAY, type PlannedFile, type Shape, SLOT } from '../soak/plan.ts'

/*
 * The store that rots: twelve days, of which the first three have no five-minute values and the first two no parts any more, seven are sealed and
 * three lie in files of their own; one flow file came cut and then whole.
 */
export const SHAPE: Shape = {
  seed: 3,
  days: 12,
  start: Date.parse('2027-01-25T00:00:00Z') / 1000,
  retention: { '5m': 8, '30m': 30, '2h': 60, '1d': Number.POSITIVE_INFINITY },
}
/** The first day with five-minute values, and the first with parts. */
export const FIRST_FINE = 3
export const FIRST_PARTS = 2
/** In a segment. */
export const PARTS_OF_DAY = 2
/** A generation begins here. */
const REBUILT_FROM = 7
const CUT = 10

export const FILES: readonly PlannedFile[] = Array.from({ length: SHAPE.days * 2 }, (_, number) => {
  const day = Math.floor(number / 2)
  const source = number % 2 === 0 ? 'border-1' : 'border-2'
  const slot = SHAPE.start + day * DAY + (number % 2 === 0 ? 8 : 15) * 3600 + day * SLOT
  const stamp = new Date(slot * 1000).toISOString().slice(0, 16).replace(/\D/g, '')
  return { number, day, slot, source, flows: 6, arrivals: arrivalsOf(day, number, `nfcapd.${stamp}+0000`) }
})

/** Names tell nothing of the format. */
function arrivalsOf(day: number, number: number, name: string): Arrival[] {
  const whole = { day, name, what: 'whole' } as const
  return number === CUT * 2 ? [{ ...whole, what: 'cut' }, whole] : [whole]
}

/** A store and all that a case needs to know of it. */
export interface RotStore {
  readonly flowscan: Flowscan
  /** Holds `data`, `saved` and empty `flows`. */
  readonly base: string
  readonly isGeneration: boolean
  /** Files of `data` that may rot, by their paths below it. */
  readonly files: readonly string[]
  /** How many parts it has. */
  readonly kept: number
  /** By the name of a part: which flow file it is of, and how that came. */
  readonly parts: ReadonlyMap<string, { readonly file: PlannedFile; readonly what: Arrival['what'] }>
}

/** Makes the store in a directory; `isGeneration`: rebuilt from a day on, and the generation before removed. */
export async function makeStore(product: Product, base: string, isGeneration: boolean): Promise<RotStore> {
  const flowscan = await importProduct(product)
  const loaded = configFor(flowscan, base, SHAPE)
  const { data } = loaded.config
  const parts = new Map<string, { file: PlannedFile; what: Arrival['what'] }>()
  const now = Date.now
  setClock()
  try {
    for (const round of [0, 1]) {
      for (const file of FILES) {
        const arrival = file.arrivals[round]
        if (arrival !== undefined) writeArrival(SHAPE, file, arrival, join(base, 'flows', file.source, arrival.name))
      }
      await mustCount(flowscan, loaded, round)
      for (const day of flowscan.listDays(data))
        for (const { name, slot, source } of flowscan.listStoredParts(data, day)) {
          const file = FILES.find((each) => each.slot === slot && each.source === source)!
          if (!parts.has(name)) parts.set(name, { file, what: file.arrivals[round]!.what })
        }
    }
    flowscan.prune(loaded, false)
    await flowscan.ingest(loaded)
    if (isGeneration) await rebuildFrom(flowscan, loaded)
  } finally {
    Date.now = now
  }
  rmSync(join(base, 'public'), { recursive: true, force: true })
  const kept = flowscan.listDays(data).flatMap((day) => flowscan.listStoredParts(data, day)).length
  return { flowscan, base, isGeneration, files: listFiles(data), kept, parts }
}

async function mustCount({ ingest }: Flowscan, loaded: LoadedConfig, round: number): Promise<void> {
  const { counts } = await ingest(loaded)
  const expected = FILES.filter(({ arrivals }) => arrivals[round] !== undefined).length
  if (counts.counted !== expected)
    throw new Error(`${JSON.stringify(counts)}: expected ${expected} files to be counted`)
}

async function rebuildFrom({ ingest, rebuild }: Flowscan, loaded: LoadedConfig): Promise<void> {
  const { data } = loaded.config
  mkdirSync(loaded.config.site.dir, { recursive: true })
  await rebuild(loaded, { from: new Date((SHAPE.start + REBUILT_FROM * DAY) * 1000).toISOString().slice(0, 10) })
  for (const name of ['parts', 'sealed', 'series', 'boards']) rmSync(join(data, name), { recursive: true })
  await ingest(loaded)
}

/** Shortly after the last day. */
export function setClock(): void {
  const now = (SHAPE.start + SHAPE.days * DAY + 600) * 1000
  Date.now = () => now
}

/** Every file below a directory, by its path there, sorted. */
export function listFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort()
}
