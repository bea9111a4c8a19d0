/** What puts flows in doubt, or left them out, each counted in flows: see `PartQuality`. */
export const FLAWS = ['lost', 'implausible', 'skewed', 'overlong', 'reversed', 'undersized'] as const
export type Flaw = (typeof FLAWS)[number]

/**
 * So many flows of a file are asked what they are where nobody named it, its first: they tell what is worth a name, and to ask all would cost as much
 * as counting them.
 */
export const NAMED_FROM = 65_536
