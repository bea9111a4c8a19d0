import { EXIT, UserError } from '../model/errors.ts'
import { SLOT_SECONDS } from '../model/time.ts'

/** Both formats hold unix seconds in 32 bits. */
const LAST_SLOT = Math.floor(0xffff_ffff / SLOT_SECONDS - 1) * SLOT_SECONDS

/** Throws a UserError unless it is the start of a slot in unix seconds. */
export function assertSlot(slot: number): void {
  if (!Number.isInteger(slot / SLOT_SECONDS) || slot < 0 || slot > LAST_SLOT)
    throw new UserError(
      `slot ${slot} is none; expected unix seconds, a multiple of ${SLOT_SECONDS} up to ${LAST_SLOT}`,
      EXIT.usage,
    )
}

/** Throws a UserError that names the number unless it is whole and in bounds. */
export function assertWhole(name: string, value: number, least: number, most = 0xffff_ffff): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new UserError(`${name} ${value}: expected a whole number from ${least} to ${most}`, EXIT.usage)
}
