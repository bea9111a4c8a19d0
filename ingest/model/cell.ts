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
