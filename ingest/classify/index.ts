import type { Config } from '../config/schema.ts'
import { cellName, pairName } from '../model/cell.ts'
import { autonomousSystem } from './autonomous-system.ts'
import type { Dimension } from './dimension.ts'
import { network } from './network.ts'
import { protocol } from './protocol.ts'
import { router } from './router.ts'
import { service, serviceDst, serviceSrc } from './service.ts'
import { tos } from './tos.ts'

/** Every dimension there is, in the order of menus. A new one needs its file and its name here. */
export const dimensions: readonly Dimension[] = [
  network,
  service,
  serviceSrc,
  serviceDst,
  protocol,
  router,
  autonomousSystem,
  tos,
]

/** The dimensions that are counted under a config. */
export function activeDimensions(config: Config): readonly Dimension[] {
  return dimensions.filter((dimension) => dimension.applies(config))
}

/** The members and the pairs of dimensions that flows are counted by under a config, by their names, in order: see `Part.counted`. */
export function countedUnder(config: Config): string[] {
  const members = activeDimensions(config).flatMap((dimension) =>
    dimension.members(config).map(({ id }) => cellName([dimension.name, id])),
  )
  return [...members, ...activePairs(config).map(([first, second]) => pairName(first.name, second.name))].sort()
}

/** The pairs of dimensions that are kept under a config: those it names, as far as both are counted. */
export function activePairs(config: Config): readonly (readonly [Dimension, Dimension])[] {
  const active = activeDimensions(config)
  const named = (name: string) =>
    active.filter((dimension) => dimension.name === name || dimension.name.startsWith(`${name}-`))
  return config.reports.pairs.flatMap(([a, b]) =>
    named(a).flatMap((first) => named(b).map((second) => [first, second] as const)),
  )
}
