/** The cell that holds everything. */
export const TOTAL = 'total'

/** The member of every dimension that takes what the config does not name. */
export const OTHER = 'other'

/** A member of a dimension as people and files see it. */
export interface Member {
  /** Stable, safe in a path: `[a-z0-9-]{1,64}`. */
  readonly id: string
  readonly label: string
  /** Fixed by the config; from the palette when absent. */
  readonly color?: string | undefined
  /** Ids it had before: what is stored under them is its own. */
  readonly formerly?: readonly string[] | undefined
}

/** The name of a cell: `service/http`, or `network/campus,service/http` for a pair. */
export function cellName(...memberships: readonly (readonly [dimension: string, member: string])[]): string {
  return memberships.map(([dimension, member]) => `${dimension}/${member}`).join(',')
}

/** The name of two dimensions together: `network,service`. */
export function pairName(first: string, second: string): string {
  return `${first},${second}`
}

/** What flows must have been counted by for a cell to be known: its members, and of a pair the two dimensions, too. The total takes nothing. */
export function takenBy(cell: string): string[] {
  const members = cell.split(',').filter((member) => member.includes('/'))
  const [first, second] = members.map((member) => member.slice(0, member.indexOf('/')))
  return second === undefined ? members : [...members, pairName(first!, second)]
}
