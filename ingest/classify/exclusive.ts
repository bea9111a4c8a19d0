import { type Member, OTHER } from '../model/cell.ts'
import { UNKNOWN } from '../model/flow-batch.ts'
import type { Membership } from './dimension.ts'

/** The members of a dimension in which every flow has exactly one: those of the config, then `other`. */
export function membersAndOther(members: readonly Member[]): readonly Member[] {
  return [
    ...members.map(({ id, label, color, formerly }) => ({ id, label, color, formerly })),
    { id: OTHER, label: OTHER },
  ]
}

/** Codes that are members: the flow counts for it, in its own direction. Codes from `count` on count nowhere. */
export function memberIsCode(count: number): (code: number, direction: number) => readonly Membership[] {
  return (code, direction) => (code < count ? [{ member: code, direction }] : [])
}

/** A byte as a config can name it; -1: the file did not say. */
export function knownByte(value: number): number {
  return value === UNKNOWN ? -1 : value
}
