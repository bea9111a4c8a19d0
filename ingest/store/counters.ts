import type { Board } from '../model/board.ts'
import { type Counter, counterFromJson } from '../model/counter.ts'
import type { HostList, Part, PartQuality } from '../model/part.ts'

/* What JSON holds as decimal strings becomes counters again, in place: the value was just parsed, and nobody else has it. */

export function revivePart({ total, slots, hosts, quality }: Part): void {
  reviveAll(total)
  for (const { cells } of slots)
    for (const byDirection of Object.values(cells)) for (const counts of Object.values(byDirection)) revive(counts)
  for (const list of [hosts.inside, hosts.outside, ...Object.values(hosts.networks)]) reviveHosts(list)
  reviveAll(quality.flowsByDirection)
  for (const exporter of Object.values(quality.exporters)) reviveAll(exporter)
  reviveUnnamed(quality.unnamed ?? {})
}

export function reviveUnnamed(unnamed: NonNullable<PartQuality['unnamed']>): void {
  for (const values of Object.values(unnamed)) for (const value of values) revive(value, 1)
}

export function reviveBoard({ total, inside, outside, networks }: Board): void {
  revive(total.in)
  revive(total.out)
  for (const list of [inside, outside, ...Object.values(networks)]) reviveHosts(list)
}

function reviveHosts({ rows, completeAbove }: HostList): void {
  for (const row of rows) revive(row, 1)
  if (completeAbove !== undefined) revive(completeAbove)
}

/** Of an object some of whose values are counters; other strings must not be in it. */
export function reviveAll(counted: object): void {
  for (const [key, value] of Object.entries(counted))
    if (typeof value === 'string') Object.assign(counted, { [key]: counterFromJson(value) })
}

/** From its place `first` on. */
function revive(values: readonly (Counter | string)[], first = 0): void {
  const places = values as (Counter | string)[]
  for (let at = first; at < places.length; at++) {
    const value = places[at]!
    if (typeof value === 'string') places[at] = counterFromJson(value)
  }
}
