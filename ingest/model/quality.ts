/** What puts flows in doubt, or left them out, each counted in flows: see `PartQuality`. */
export const FLAWS = ['lost', 'implausible', 'skewed', 'overlong', 'reversed', 'undersized'] as const
export type Flaw = (typeof FLAWS)[number]
