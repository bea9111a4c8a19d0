import { createRandom } from './random.ts'

/*
 * What collectors write over the years, and when it reaches flowscan: a pure function of the seed. Nothing here is of the product, for the
 * oracle adds up what stands here.
 */

export const DAY = 86_400
export const SLOT = 300
/** Its clocks are put forward and back; one collector names files by it. */
export const ZONE = 'Europe/Berlin'

export interface Shape {
  readonly seed: number
  readonly days: number
  /** Midnight of the first day, unix seconds. */
  readonly start: number
  /** Days. */
  readonly retention: { readonly '5m': number; readonly '30m': number; readonly '2h': number; readonly '1d': number }
}

export type Source = 'border-1' | 'border-2'
export type Way = 'in' | 'out' | 'internal' | 'transit'

/** A flow as it was: what is to be counted. */
export interface Flow {
  readonly way: Way
  readonly startMs: number
  readonly endMs: number
  readonly octets: number
  readonly packets: number
  readonly inside: string
  readonly outside: string
  readonly isHttp: boolean
}

/** A file comes on a day, whole, without its last flows, or damaged. */
export interface Arrival {
  readonly day: number
  readonly name: string
  readonly what: 'whole' | 'cut' | 'damaged'
}

export interface PlannedFile {
  readonly number: number
  readonly day: number
  /** Unix seconds. */
  readonly slot: number
  readonly source: Source
  readonly flows: number
  readonly arrivals: readonly Arrival[]
}

/** Left out at the end of a file that is cut. */
export const CUT_FLOWS = 2

/** Every file of a soak, by the time of capture. */
export function planFiles(shape: Shape): PlannedFile[] {
  const files: PlannedFile[] = []
  const names = new Set<string>()
  for (let day = 0; day < shape.days; day++)
    for (const [slot, source] of capturesOf(shape, day))
      files.push(planFile(shape, files.length, day, slot, source, names))
  return files
}

/** No files at all on some days; four on most; in the night in which clocks are put back two of one name. */
function capturesOf({ seed, start }: Shape, day: number): [slot: number, source: Source][] {
  const random = createRandom(seed, day, 1)
  const midnight = start + day * DAY
  const captures = new Map<string, [number, Source]>()
  const add = (slot: number, source: Source) => captures.set(`${slot} ${source}`, [slot, source])
  if (random() < 0.04) return []
  for (let n = 0; n < 4; n++)
    add(midnight + SLOT * Math.floor(random() * 288), random() < 0.5 ? 'border-1' : 'border-2')
  if (offsetOf(midnight) !== offsetOf(midnight + DAY))
    for (const minutes of [55, 60, 30, 90]) add(midnight + minutes * 60, 'border-2')
  return [...captures.values()].sort(([a], [b]) => a - b)
}

function planFile(
  shape: Shape,
  number: number,
  day: number,
  slot: number,
  source: Source,
  names: Set<string>,
): PlannedFile {
  const random = createRandom(shape.seed, number, 2)
  const keep = shape.retention['5m']
  const flows = random() < 0.03 ? 0 : 6 + Math.floor(random() * 8)
  const name = nameOf(source, slot)
  // A collector writes over a name that still waits: the second file of a name comes a day later.
  const late = lateness(random, keep) + (names.has(name) ? 1 : 0)
  names.add(name)
  const fate = random()
  const again = Math.floor(random() * 5)
  const at = (days: number, what: Arrival['what'] = 'whole', as = name): Arrival => ({
    day: day + late + days,
    name: as,
    what,
  })
  const arrivals = ((): Arrival[] => {
    if (late >= keep) return [at(0)]
    if (fate < 0.02) return [at(0), at(1 + again)]
    if (fate < 0.04) return [at(0), at(again, 'whole', copyName(source, slot))]
    if (fate < 0.05 && source === 'border-1' && flows > 0) return [at(0, 'cut'), at(1 + again)]
    if (fate < 0.06 && source === 'border-1' && flows > 0) return [at(0), at(1 + again, 'cut')]
    if (fate < 0.065) return [at(0, 'damaged')]
    return [at(0)]
  })()
  return { number, day, slot, source, flows, arrivals: arrivals.filter((each) => each.day < shape.days) }
}

/** In days: mostly none, some a few, few as many as can be, fewer too many. */
function lateness(random: () => number, keep: number): number {
  const kind = random()
  if (kind < 0.9) return 0
  if (kind < 0.98) return 1 + Math.floor(random() * Math.min(5, keep - 8))
  if (kind < 0.99) return 1 + Math.floor(random() * (keep - 8))
  return kind < 0.995 ? keep + 12 + Math.floor(random() * 20) : 0
}

/** Is it too late for a file to be counted when it comes? The plan keeps well off the border between. */
export function isTooLate({ retention }: Shape, { day }: PlannedFile, arrival: Arrival): boolean {
  return arrival.day - day >= retention['5m']
}

/** flow-capture names its offset, this nfcapd does not. */
function nameOf(source: Source, slot: number): string {
  const [date, time] = localTime(slot)
  if (source === 'border-2') return `nfcapd.${date.replaceAll('-', '')}${time.slice(0, 4)}`
  return `ft-v05.${date}.${time}${offsetOf(slot) === 7200 ? '+0200' : '+0100'}`
}

function copyName(source: Source, slot: number): string {
  const [date, time] = localTime(slot)
  return source === 'border-2'
    ? `nfcapd.${date.replaceAll('-', '')}${time.slice(0, 4)}59`
    : `ft-v05.${date}.${time.slice(0, 4)}59`
}

function localTime(seconds: number): [date: string, time: string] {
  const [date, time] = new Date((seconds + offsetOf(seconds)) * 1000).toISOString().slice(0, 19).split('T') as [
    string,
    string,
  ]
  return [date, time.replaceAll(':', '')]
}

/** The rule of the European Union: summer time from the last Sunday of March to the last of October, both at 01:00 UTC. */
function offsetOf(seconds: number): number {
  const year = new Date(seconds * 1000).getUTCFullYear()
  const change = (month: number) => {
    const last = new Date(Date.UTC(year, month + 1, 0))
    return Date.UTC(year, month, last.getUTCDate() - last.getUTCDay(), 1) / 1000
  }
  return seconds >= change(2) && seconds < change(9) ? 7200 : 3600
}

/** The flows of a file. Those that several slots share last a power of two of milliseconds, so that any right division is exact. */
export function flowsOf({ seed }: Shape, { number, slot, flows }: PlannedFile): Flow[] {
  const random = createRandom(seed, number, 3)
  return Array.from({ length: flows }, () => {
    const kind = random()
    const endMs = (slot + (kind < 0.03 ? 300 : 0)) * 1000 + 1000 + Math.floor(random() * 298_000)
    const durationMs =
      kind > 0.97 ? 2 ** (22 + Math.floor(random() * 5)) : kind > 0.6 ? 2 ** 18 : Math.floor(random() * 1000)
    const skew = kind > 0.94 && kind < 0.95 ? 2 * DAY * 1000 : 0
    return {
      way: wayOf(random()),
      startMs: endMs - durationMs - skew,
      endMs: endMs - skew,
      octets: 64 + Math.floor(random() * 2 ** 24),
      packets: 1 + Math.floor(random() * 60),
      inside: `198.51.100.${1 + Math.floor(random() * 6)}`,
      outside: `192.0.2.${1 + Math.floor(random() * 6)}`,
      isHttp: random() < 0.4,
    }
  })
}

function wayOf(chance: number): Way {
  if (chance < 0.5) return 'in'
  if (chance < 0.9) return 'out'
  return chance < 0.97 ? 'internal' : 'transit'
}

/** By how many years the clock is wrong: ahead and behind for three days each year; 0: right. */
export function clockErrorOf(day: number): number {
  const inYear = day % 365
  if (inYear >= 12 && inYear < 15) return 10
  return inYear >= 20 && inYear < 23 ? -10 : 0
}
