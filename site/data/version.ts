import { createHash } from 'node:crypto'

/** Digits of a version's name. */
const LENGTH = 16

/** The hash that a version of a window is called by: of its files, in the order in which they are made. */
export function createVersionHash() {
  const hash = createHash('sha256')
  return {
    /** `text`: JSON, as text or as its bytes. */
    add(name: string, text: string | Uint8Array): void {
      hash.update(`${name}\0`).update(text).update('\0')
    },
    end: (): string => hash.digest('hex').slice(0, LENGTH),
  }
}
