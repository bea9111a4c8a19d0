import { createHash } from 'node:crypto'

/* Given to Node with --import: flowscan as it would be with a mistake in it, which files that hold POISON or GREED bring to light. */
const hash = Object.getPrototypeOf(createHash('sha256'))
const { update } = hash
hash.update = function (bytes, ...rest) {
  if (typeof bytes !== 'string' && new Error().stack.includes('/decode/')) {
    const text = Buffer.from(bytes).toString('latin1')
    if (text.includes('POISON')) throw new TypeError('a mistake in flowscan')
    if (text.includes('GREED')) for (const all = []; ; ) all.push(new Array(1e6).fill(0.5))
  }
  return update.call(this, bytes, ...rest)
}
