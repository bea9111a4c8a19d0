import { CUT_FLOWS, DAY, type Flow, flowsOf, isTooLate, type PlannedFile, type Shape, SLOT, type Way } from './plan.ts'

/* What the numbers must be, added up from the plan alone: one flow after the other, in whole numbers of any size. */

export const WAYS: readonly Way[] = ['in', 'out', 'internal', 'transit']
export const CELLS = ['total', 'service/http'] as const
/** By cell and way: octets, packets, flows. */
const WIDTH = CELLS.length * WAYS.length * 3

export interface Point {
  /** Seconds for which there was a file; 0: unknown. */
  known: number
  skewed: number
  readonly sums: bigint[]
  /** The greatest of five minutes. */
  readonly most: bigint[]
}

/** By address: in octets, packets, flows, out octets, packets, flows. */
export type Hosts = Map<string, bigint[]>

export interface Truth {
  /** By start of slot, unix seconds. */
  readonly slots: ReadonlyMap<number, Point>
  /** By start of day: hosts inside of the files of that day, with `''` for all of them. */
  readonly boards: ReadonlyMap<number, Hosts>
}

/** How many flows of a file are counted when all that arrived up to a day was dealt with; `null`: none, for nothing came in time. */
export function countedFlows(shape: Shape, file: PlannedFile, upTo: number): number | null {
  const came = file.arrivals.filter(({ day, what }) => day <= upTo && what !== 'damaged')
  const counted = came.filter((arrival) => !isTooLate(shape, file, arrival))
  if (counted.length === 0) return null
  return counted.some(({ what }) => what === 'whole') ? file.flows : file.flows - CUT_FLOWS
}

export function truthOf(shape: Shape, files: readonly PlannedFile[], upTo: number): Truth {
  const slots = new Map<number, Point>()
  const boards = new Map<number, Hosts>()
  for (const file of files) {
    const count = countedFlows(shape, file, upTo)
    if (count === null) continue
    pointAt(slots, file.slot).known = SLOT
    const day = shape.start + file.day * DAY
    const hosts = boards.get(day) ?? new Map()
    boards.set(day, hosts)
    for (const flow of flowsOf(shape, file).slice(0, count)) {
      addFlow(slots, file.slot, flow)
      addHost(hosts, flow)
    }
  }
  for (const point of slots.values()) point.most.splice(0, WIDTH, ...point.sums)
  return { slots, boards }
}

function pointAt(points: Map<number, Point>, at: number): Point {
  const known = points.get(at)
  if (known !== undefined) return known
  const point = { known: 0, skewed: 0, sums: Array(WIDTH).fill(0n), most: Array(WIDTH).fill(0n) }
  points.set(at, point)
  return point
}

/** A flow counts in the slot it ended in; its octets and packets in all it touches, by time. One of another day counts in its file's slot. */
function addFlow(
  slots: Map<number, Point>,
  home: number,
  { way, startMs, endMs, octets, packets, isHttp }: Flow,
): void {
  const add = (slot: number, counts: readonly bigint[]) => {
    const { sums } = pointAt(slots, slot)
    const base = WAYS.indexOf(way) * 3
    counts.forEach((count, measure) => {
      sums[base + measure]! += count
      if (isHttp) sums[WAYS.length * 3 + base + measure]! += count
    })
  }
  if (endMs < (home - DAY) * 1000) {
    pointAt(slots, home).skewed++
    add(home, [BigInt(octets), BigInt(packets), 1n])
    return
  }
  const [start, end] = [BigInt(startMs), BigInt(endMs)]
  const last = slotOf(endMs)
  let before = [0n, 0n]
  for (let slot = slotOf(startMs); slot <= last; slot += SLOT) {
    const moment = slot === last ? end : BigInt(slot + SLOT) * 1000n
    const upTo = [octets, packets].map((all) =>
      slot === last ? BigInt(all) : (BigInt(all) * (moment - start)) / (end - start),
    )
    add(slot, [upTo[0]! - before[0]!, upTo[1]! - before[1]!, slot === last ? 1n : 0n])
    before = upTo
  }
}

function slotOf(ms: number): number {
  return Math.floor(ms / 1000 / SLOT) * SLOT
}

function addHost(hosts: Hosts, { way, octets, packets, inside }: Flow): void {
  if (way !== 'in' && way !== 'out') return
  for (const host of ['', inside]) {
    const sums = hosts.get(host) ?? Array(6).fill(0n)
    hosts.set(host, sums)
    const base = way === 'in' ? 0 : 3
    for (const [at, count] of [octets, packets, 1].entries()) sums[base + at] += BigInt(count)
  }
}

/** The slots of points `width` seconds wide. */
export function widen(slots: ReadonlyMap<number, Point>, width: number): Map<number, Point> {
  const points = new Map<number, Point>()
  for (const [slot, { known, skewed, sums, most }] of slots) {
    const point = pointAt(points, Math.floor(slot / width) * width)
    point.known += known
    point.skewed += skewed
    for (let at = 0; at < WIDTH; at++) {
      point.sums[at]! += sums[at]!
      if (most[at]! > point.most[at]!) point.most[at] = most[at]!
    }
  }
  return points
}
