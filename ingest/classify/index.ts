import type { Config } from '../config/schema.ts'
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

/** The pairs of dimensions that are kept under a config: those it names, as far as both are counted. */
export function activePairs(config: Config): readonly (readonly [Dimension, Dimension])[] {
  const active = activeDimensions(config)
  const named = (name: string) =>
    active.filter((dimension) => dimension.name === name || dimension.name.startsWith(`${name}-`))
  return config.reports.pairs.flatMap(([a, b]) =>
    named(a).flatMap((first) => named(b).map((second) => [first, second] as const)),
  )
}
