import type { Counts } from './measure.ts'
import type { HostList } from './part.ts'

/** The busiest hosts of one slot (or day), all parts together. Order and cut are the reader's: see `rankHosts` in `store/boards`. */
export interface Board {
  /** Unix seconds of the start, and how long. */
  readonly from: number
  readonly seconds: number
  /** What crossed the border in the same flow files, the base of every share. */
  readonly total: { readonly in: Readonly<Counts>; readonly out: Readonly<Counts> }
  readonly inside: HostList
  readonly outside: HostList
  readonly networks: { readonly [network: string]: HostList }
}
