import { cellName } from '../../ingest/model/cell.ts'
import type { SitePair } from './site.ts'

/** Names of cells that saw traffic in any range: only such a pair has pages. */
export type Seen = ReadonlySet<string>

/**
 * The pairs of two dimensions that saw traffic: by id of the first, ids of the second. Of a million that there may be these are few, so pages go
 * through what was seen, not through what might have been.
 */
export function pairsSeen(seen: Seen, pair: SitePair): ReadonlyMap<string, ReadonlySet<string>> {
  const known = remembered.get(seen) ?? new Map<SitePair, ReadonlyMap<string, ReadonlySet<string>>>()
  remembered.set(seen, known)
  const pairs = known.get(pair) ?? groupPairs(seen, pair)
  known.set(pair, pairs)
  return pairs
}
const remembered = new WeakMap<Seen, Map<SitePair, ReadonlyMap<string, ReadonlySet<string>>>>()

function groupPairs(seen: Seen, [first, second]: SitePair): Map<string, Set<string>> {
  const pairs = new Map<string, Set<string>>()
  for (const cell of seen) {
    const [one, other] = cell.split(',')
    if (other === undefined) continue
    const [dimension, id] = one!.split('/')
    const [partner, partnerId] = other.split('/')
    if (dimension !== first.dimension.name || partner !== second.dimension.name) continue
    pairs.set(id!, (pairs.get(id!) ?? new Set()).add(partnerId!))
  }
  return pairs
}

/** The cell of a member of each. */
export function pairCell([first, second]: SitePair, one: string, other: string): string {
  return cellName([first.dimension.name, one], [second.dimension.name, other])
}
