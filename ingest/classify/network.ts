import { IN, INTERNAL, OUT } from '../model/direction.ts'
import type { Classifier, Dimension, Membership } from './dimension.ts'
import { classifying } from './wasm-classify.ts'

/**
 * Networks may overlap: a flow counts once for each network that holds its source or destination, as `in`, `out` or,
 * with both ends in it, `internal`, whatever its direction across the border. There is no `other`.
 */
export const network: Dimension = {
  name: 'network',
  plural: 'networks',
  title: 'Networks',
  singular: 'Network',
  ownDirection: true,
  applies: ({ networks }) => networks.length > 0,
  members: ({ networks }) => networks,
  classifier: ({ compat }, { networks }) => (compat === 'cuflow' ? likeCuflow(networks) : byEnds(networks)),
}

/** The code is the pair of sets that hold the two ends. */
function byEnds(networks: readonly (readonly number[])[]): Classifier {
  const count = networks.length
  return {
    codes: count * count,
    classify({ length }, { srcSet, dstSet }, _exporters, codes) {
      classifying().codesOfSets(length, srcSet.byteOffset, dstSet.byteOffset, count, codes.byteOffset)
    },
    memberships(code) {
      const src = networks[Math.floor(code / count)]!
      const dst = networks[code % count]!
      return [
        ...dst.map((member) => ({ member, direction: src.includes(member) ? INTERNAL : IN })),
        ...src.filter((member) => !dst.includes(member)).map((member) => ({ member, direction: OUT })),
      ]
    },
  }
}

/** CUFlow counts networks by the inside end of what crosses the border, and multicast never. */
function likeCuflow(networks: readonly (readonly number[])[]): Classifier {
  const none = networks.length
  const membersOf = (set: number, direction: number): Membership[] =>
    (networks[set] ?? []).map((member) => ({ member, direction }))
  return {
    codes: networks.length + 1,
    // Hot: runs once per flow.
    classify(batch, { direction, srcSet, dstSet, multicast }, _exporters, codes) {
      for (let i = 0; i < batch.length; i++) {
        if (multicast[i] === 1) codes[i] = none
        else codes[i] = direction[i] === IN ? dstSet[i]! : direction[i] === OUT ? srcSet[i]! : none
      }
    },
    memberships: (code, direction) => membersOf(code, direction),
  }
}
