import type { Counter } from './counter.ts'

/** What is counted, in the order in which counts are stored. */
export const MEASURES = ['octets', 'packets', 'flows'] as const
export type Measure = (typeof MEASURES)[number]

/** Octets, packets, flows: whole numbers. */
export type Counts = [octets: Counter, packets: Counter, flows: Counter]
