import { setFlagsFromString } from 'node:v8'
import type { Site } from './pages/site.ts'

/** Members of all dimensions together from which on memory matters more than the time to look for what is free. */
const MANY = 150
/** By how many hundredths the heap may grow between two looks at all of it. V8 itself lets what is in use grow fourfold. */
const GROWTH = 60

/** The pages of a large site leave behind many times what is in use at any moment: their memory is used again soon. */
export function saveMemory({ dimensions }: Pick<Site, 'dimensions'>): void {
  const members = dimensions.reduce((sum, each) => sum + each.members.length, 0)
  if (members >= MANY) setFlagsFromString(`--heap-growing-percent=${GROWTH}`)
}
