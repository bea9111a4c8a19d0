import { SLOT_MS } from '../model/time.ts'

/**
 * Hot: the share of a flow's counter that lies before a moment, in whole numbers. Shares of successive slots are
 * differences of this, so they add up to the counter exactly, whatever the rounding.
 */
export function countBefore(counter: number, startMs: number, endMs: number, momentMs: number): number {
  if (momentMs >= endMs) return counter
  if (momentMs <= startMs) return 0
  return Math.floor(counter * ((momentMs - startMs) / (endMs - startMs)))
}

/** How one file's flows lie in time: which slots there are, and which flows are out of all reason. */
export interface SlotWindow {
  /** Unix ms of the start of the first slot a flow may reach back to: 24 h before the file's slot. */
  readonly firstMs: number
  /** Index of the file's own slot. */
  readonly home: number
  /** A flow may end this late, unix ms: 10 minutes after the start of the file's slot. */
  readonly lastMs: number
}

const DAY_MS = 86_400_000
const LATE_END_MS = 600_000

/** `slot`: the file's slot, unix seconds. */
export function slotWindow(slot: number): SlotWindow {
  const homeMs = slot * 1000
  return {
    firstMs: homeMs - DAY_MS,
    home: DAY_MS / SLOT_MS,
    lastMs: homeMs + LATE_END_MS,
  }
}

/** The longest stretch that a flow is spread over. */
export const LONGEST_MS = DAY_MS

/** Slots that a flow may touch before the one it ended in. */
export const SLOTS_REACHED = LONGEST_MS / SLOT_MS + 2
