import type { Config } from '../config/schema.ts'
import type { Counter } from '../model/counter.ts'
import { EXIT, UserError } from '../model/errors.ts'
import { type Counts, MEASURES, type Measure } from '../model/measure.ts'
import type { HostRow } from '../model/part.ts'
import { isoTime, slotOf } from '../model/time.ts'
import { boardOfParts, rankHosts } from '../store/boards.ts'
import { storeRoot } from '../store/generation.ts'
import { newestSlot, readSlotParts } from '../store/part.ts'
import { parseMoment } from './query.ts'

/** A host of a list, with all it sent and received in the slot. */
export interface RankedHost {
  readonly rank: number
  readonly address: string
  readonly in: { readonly [M in Measure]: Counter }
  readonly out: { readonly [M in Measure]: Counter }
  /** Of the list's own counter, in what crossed the border; 0 to 1. */
  readonly share: number
}

export type TopLists = { readonly [M in Measure]: readonly RankedHost[] }

/** The busiest hosts of ours in one slot: six lists, as CUFlow's scoreboard. */
export interface Scoreboard {
  readonly slot: string
  readonly in: TopLists
  readonly out: TopLists
}

/** The scoreboard of the slot that holds a moment (see `parseMoment`); of the newest slot without one. Throws a UserError when nothing is stored of it. */
export function readScoreboard(config: Config, moment: string | undefined): Scoreboard {
  const { scoreboard } = config
  const data = storeRoot(config.data)
  const slot = moment === undefined ? newestSlot(data) : slotOf(parseMoment(moment))
  const board = slot === null ? null : boardOfParts(readSlotParts(data, slot))
  if (slot === null || board === null)
    throw new UserError(
      `${slot === null ? 'nothing is stored yet' : `no flow file covers the slot ${isoTime(slot)}`}; flowscan query total shows what there is`,
      EXIT.data,
    )
  const lists = (direction: 'in' | 'out') =>
    Object.fromEntries(
      MEASURES.map((measure, at) => [
        measure,
        rankHosts(board.inside, { direction, measure }, scoreboard.top).map((row, index) =>
          toRanked(row, index + 1, direction, at, board.total[direction]),
        ),
      ]),
    ) as TopLists & Record<Measure, RankedHost[]>
  return { slot: isoTime(slot), in: lists('in'), out: lists('out') }
}

function toRanked(
  row: HostRow,
  rank: number,
  direction: 'in' | 'out',
  at: number,
  total: Readonly<Counts>,
): RankedHost {
  const [address, inOctets, inPackets, inFlows, outOctets, outPackets, outFlows] = row
  const counts = {
    in: { octets: inOctets, packets: inPackets, flows: inFlows },
    out: { octets: outOctets, packets: outPackets, flows: outFlows },
  }
  const own = counts[direction][MEASURES[at]!]
  return { rank, address, ...counts, share: total[at]! > 0 ? Number(own) / Number(total[at]!) : 0 }
}
