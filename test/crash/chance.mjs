import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

const random = crypto.randomBytes

/** From here on chance has a sequence that comes again: the so many-th temporary name of a run is the same in every run, but for the process id. */
export function withoutChance() {
  let number = 0
  crypto.randomBytes = (size, ...more) => {
    if (more.length > 0) return random(size, ...more)
    const bytes = Buffer.alloc(size)
    bytes.writeUInt32BE(++number, size - 4)
    return bytes
  }
  syncBuiltinESMExports()
}
