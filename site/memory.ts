import { setFlag } from '../ingest/model/v8-flags.ts'
import type { Site } from './pages/site.ts'

/** Members of all dimensions together from which on memory matters more than the time to look for what is free. */
const MANY = 150
/** By how many hundredths the heap may grow between two looks at all of it. V8 itself lets what is in use grow fourfold. */
const GROWTH = 60

/**
 * V8 optimizes what ran through so many bytes of code: in a build, which has a thousand functions of some use each, twice as many as elsewhere
 * (`cli.ts`) take 3 to 6 hundredths less.
 */
const RUNS_BEFORE_OPTIMIZING = 1_000_000

export function optimizeLate(): void {
  setFlag('interrupt-budget', RUNS_BEFORE_OPTIMIZING)
}

/** The pages of a large site leave behind many times what is in use at any moment: their memory is used again soon. */
export function saveMemory({ dimensions }: Pick<Site, 'dimensions'>): void {
  const members = dimensions.reduce((sum, each) => sum + each.members.length, 0)
  if (members >= MANY) setFlag('heap-growing-percent', GROWTH)
}
