/** Which way a flow crosses the border of our network (`DIRECTIONS` index). Every flow has exactly one. */
export const IN = 0
export const OUT = 1
export const INTERNAL = 2
export const TRANSIT = 3

export const DIRECTIONS = ['in', 'out', 'internal', 'transit'] as const
export type Direction = (typeof DIRECTIONS)[number]
