/* AssemblyScript, part of `count.ts`: tells of each flow when and where it counts. See `../aggregate/sorting.ts`. */

/** What `../aggregate/sorting.ts` knows too. */
@unmanaged
class Sorting {
  /** Moments that flows may lie between, unix ms. */
  firstMs: f64
  lastMs: f64
  /** What the flows of this call add up to. */
  octets: f64
  packets: f64
  flows: f64
  /** The file's own slot, by number from `firstMs` on. */
  home: u32
  isSpread: u32
  boardsMulticast: u32
  /** Columns of the flows, then of their exporters. */
  direction: usize
  multicast: usize
  slotWord: usize
  isBorder: usize
  flowsOf: usize
  newestOf: usize
  /** Lists of flows, and their lengths. */
  incoming: usize
  outgoing: usize
  toGroups: usize
  long: usize
  incomingLength: u32
  outgoingLength: u32
  toGroupsLength: u32
  longLength: u32
  /** How many flows were found to be this. */
  skewed: u32
  overlong: u32
  reversed: u32
  implausible: u32
  undersized: u32
}

const IN: u32 = 0
const OUT: u32 = 1
/** Sums grow no further than 2^52. */
const CARRY: f64 = 4503599627370496
/** A record beyond this many octets, packets or flows (2^40) is true only if some line could carry it. */
const PLAUSIBLE: f64 = 1099511627776
/** 400 Gb/s: the fastest line that a flow's own duration may excuse. In a day that is less than `CARRY`. */
const LINE_OCTETS_PER_MS: f64 = 50_000_000
const LONGEST_MS: f64 = 86_400_000
const SLOT_MS: i32 = 300_000

/** Adds where a sum would grow beyond `CARRY`: see `../aggregate/wasm-count.ts`. */
declare function addOneAndCarry(at: usize, value: f64): void

/** Hot: runs once per flow. Finds the slot it ended in, and puts it on the lists it belongs to; what cannot be true is made nothing. */
export function sortFlows(
  sorting: Sorting,
  length: u32,
  exporter: usize,
  octets: usize,
  packets: usize,
  flows: usize,
  startMs: usize,
  endMs: usize,
): void {
  const firstMs = sorting.firstMs
  const lastMs = sorting.lastMs
  const home = sorting.home
  const isSpread = sorting.isSpread !== 0
  const noMulticast = sorting.boardsMulticast === 0 ? <u32>1 : <u32>0
  const direction = sorting.direction
  const multicast = sorting.multicast
  const slotWord = sorting.slotWord
  const isBorder = sorting.isBorder
  const flowsOf = sorting.flowsOf
  const newestOf = sorting.newestOf
  let incoming = sorting.incoming
  let outgoing = sorting.outgoing
  let toGroups = sorting.toGroups
  let long = sorting.long
  let allOctets: f64 = 0
  let allPackets: f64 = 0
  let allFlows: f64 = 0
  for (let i: usize = 0; i < length; i++) {
    const end = load<f64>(endMs + (i << 3))
    let start = load<f64>(startMs + (i << 3))
    if (end < start) {
      start = end
      store<f64>(startMs + (i << 3), end)
      sorting.reversed++
    }
    const o = load<f64>(octets + (i << 3))
    const p = load<f64>(packets + (i << 3))
    const f = load<f64>(flows + (i << 3))
    if (o + p + f > PLAUSIBLE && !isPlausible(max(o, max(p, f)), end - start)) {
      sorting.implausible++
      store<f64>(octets + (i << 3), 0)
      store<f64>(packets + (i << 3), 0)
      store<f64>(flows + (i << 3), 0)
      store<u32>(slotWord + (i << 2), home << 3)
      continue
    }
    if (p > o) sorting.undersized++
    const way: u32 = load<u8>(direction + i)
    const from: usize = load<u16>(exporter + (i << 1))
    const border: u32 = load<u8>(isBorder + from)
    allOctets += o
    allPackets += p
    allFlows += f
    const flowsAt = flowsOf + (((from << 2) | way) << 3)
    const flowsThen = load<f64>(flowsAt) + f
    if (flowsThen < CARRY) store<f64>(flowsAt, flowsThen)
    else addOneAndCarry(flowsAt, f)

    let slot = home
    const newestAt = newestOf + (from << 4)
    if (end < firstMs || end > lastMs) {
      sorting.skewed++
      keepNearest(newestAt + 8, end, firstMs + <f64>home * SLOT_MS)
    } else {
      if (end > load<f64>(newestAt)) store<f64>(newestAt, end)
      if (end - start > LONGEST_MS) {
        sorting.overlong++
        start = end - LONGEST_MS
        store<f64>(startMs + (i << 3), start)
      }
      if (isSpread) {
        slot = <u32>(<i32>(end - firstMs) / SLOT_MS)
        if (start < firstMs) {
          start = firstMs
          store<f64>(startMs + (i << 3), start)
        }
        store<u32>(long, <u32>i)
        long += (<usize>(<i32>(start - firstMs) < <i32>slot * SLOT_MS)) << 2
      }
    }
    store<u32>(slotWord + (i << 2), (slot << 3) | (way << 1) | border)

    // Written to every list, and kept where it belongs: a look at the direction would often be guessed wrong.
    const group: u32 = load<u8>(multicast + i)
    const isListed = border & ~(group & noMulticast)
    const isIn = isListed & <u32>(way === IN)
    store<u32>(toGroups, <u32>i)
    store<u32>(incoming, <u32>i)
    store<u32>(outgoing, <u32>i)
    toGroups += (<usize>(isIn & group)) << 2
    incoming += (<usize>(isIn & ~group)) << 2
    outgoing += (<usize>(isListed & <u32>(way === OUT))) << 2
  }
  sorting.octets = allOctets
  sorting.packets = allPackets
  sorting.flows = allFlows
  sorting.incomingLength = <u32>((incoming - sorting.incoming) >>> 2)
  sorting.outgoingLength = <u32>((outgoing - sorting.outgoing) >>> 2)
  sorting.toGroupsLength = <u32>((toGroups - sorting.toGroups) >>> 2)
  sorting.longLength = <u32>((long - sorting.long) >>> 2)
}

/** Of the moments that cannot be, the one that is nearest to the file's slot tells how far a clock is off; of two, the later. */
function keepNearest(at: usize, moment: f64, homeMs: f64): void {
  const kept = load<f64>(at)
  const nearer = abs(kept - homeMs) - abs(moment - homeMs)
  if (nearer > 0 || (nearer === 0 && moment > kept)) store<f64>(at, moment)
}

/** Would some line have carried this much in the time? */
function isPlausible(count: f64, durationMs: f64): bool {
  return count <= max(PLAUSIBLE, min(durationMs, LONGEST_MS) * LINE_OCTETS_PER_MS)
}
