import { renamesOf } from '../../ingest/classify/former.ts'
import { TOTAL } from '../../ingest/model/cell.ts'
import type { Site } from '../pages/site.ts'

/** Which cells are published: those that the config knows, by their names of today. What was removed from it is not for the public any more. */
export interface PublishedCells {
  /** `total`, the dimensions, the pairs: `network,service`. */
  readonly groups: readonly string[]
  groupOf(cell: string): string
  wants(cell: string): boolean
  rename(cell: string): string
  /** What of a list of stored names (`Part.counted`) is published, by its names of today. */
  countedToday(names: readonly string[]): string[]
  /** Another text when other cells are published, or by other names. */
  readonly key: string
}

export function publishedCells({ config, dimensions, pairs }: Site): PublishedCells {
  const members = new Set(
    dimensions.flatMap(({ dimension, members }) => members.map(({ id }) => `${dimension.name}/${id}`)),
  )
  const groups = [
    TOTAL,
    ...dimensions.map(({ dimension }) => dimension.name),
    ...pairs.map(([first, second]) => `${first.dimension.name},${second.dimension.name}`),
  ]
  const known = new Set(groups)
  const rename = renamesOf(config).cell
  const former = dimensions.map(({ dimension }) => dimension.members(config).map(({ formerly = [] }) => formerly))
  return {
    groups,
    groupOf,
    wants: (cell) =>
      cell === TOTAL || (known.has(groupOf(cell)) && cell.split(',').every((membership) => members.has(membership))),
    rename,
    countedToday: (names) =>
      [...new Set(names.map(rename))].filter((name) => members.has(name) || known.has(name)).sort(),
    key: JSON.stringify([groups, [...members], former]),
  }
}

/** `network,service` of `network/library,service/https`; `total` of itself. */
function groupOf(cell: string): string {
  return cell
    .split(',')
    .map((membership) => membership.split('/', 1)[0])
    .join()
}
