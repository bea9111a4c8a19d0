import { setFlagsFromString } from 'node:v8'
import type { Site } from './pages/site.ts'

/**
 * From so many members of all dimensions together on, by how many hundredths the heap may grow between two looks at all of it: the more there are, the more memory
 * matters than the time to look for what is free. V8 itself lets what is in use grow fourfold.
 */
const GROWTH = [
  { members: 1000, percent: 20 },
  { members: 150, percent: 80 },
]

/** The pages of a large site leave behind many times what is in use at any moment: their memory is used again soon. */
export function saveMemory({ dimensions }: Pick<Site, 'dimensions'>): void {
  const members = dimensions.reduce((sum, each) => sum + each.members.length, 0)
  const growth = GROWTH.find((each) => members >= each.members)
  if (growth !== undefined) setFlagsFromString(`--heap-growing-percent=${growth.percent}`)
}
