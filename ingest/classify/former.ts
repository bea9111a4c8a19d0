import type { Config } from '../config/schema.ts'
import { activeDimensions } from './index.ts'

/** What stored names are called today: members keep their history when their ids change (`formerly` in the config). */
export interface Renames {
  /** The id of today of a member of a dimension; what was never renamed stays. */
  id(dimension: string, id: string): string
  /** The same for a cell: `network/library` or `network/library,service/https`. */
  cell(name: string): string
}

export function renamesOf(config: Config): Renames {
  const former = new Map(
    activeDimensions(config).flatMap(({ name, members }) =>
      members(config).flatMap(({ id, formerly }) =>
        (formerly ?? []).map((before) => [`${name}/${before}`, `${name}/${id}`]),
      ),
    ) as [string, string][],
  )
  const current = (membership: string) => former.get(membership) ?? membership
  return {
    id: (dimension, id) => current(`${dimension}/${id}`).slice(dimension.length + 1),
    cell: (name) => (former.size === 0 ? name : name.split(',').map(current).join()),
  }
}
