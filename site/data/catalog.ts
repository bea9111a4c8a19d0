import { STEPS, type StepName } from '../../ingest/model/time.ts'
import type { Site, SitePair } from '../pages/site.ts'
import { STEP_NAMES, type Versions, versionName } from './places.ts'

const SCHEMA = 1

/** `data/catalog.json` of a release: README, "The catalog". `end`: of the newest slot; `null` when nothing is stored. `boards`: the first UTC day whose slots have scoreboards; `null`: none has. */
export function catalogJson(site: Site, end: number | null, boards: string | null, versions: Versions): string {
  return `${JSON.stringify({
    schema: SCHEMA,
    title: site.title,
    timeZone: site.timeZone,
    end,
    ...(boards !== null && { boards }),
    dimensions: site.dimensions.map(({ dimension, members }) => ({
      name: dimension.name,
      plural: dimension.plural,
      title: dimension.title,
      singular: dimension.singular,
      overlap: dimension.ownDirection === true,
      members: members.map(({ id, label, color }) => ({ id, label, color })),
    })),
    pairs: site.pairs.map(namesOf),
    resolutions: Object.fromEntries(
      STEP_NAMES.map((step) => [step, { step: STEPS[step], window: WINDOWS[step], windows: versions[step] }]),
    ),
    events: site.happened.events.map(({ at, to, label }) => ({ at, ...(to !== null && { to }), label })),
  })}\n`
}

/** What a window of each resolution covers: see `windowOf`. */
const WINDOWS = { '5m': 'day', '30m': 'day', '2h': 'month', '1d': 'year' } as const satisfies Record<StepName, string>

function namesOf([first, second]: SitePair): [string, string] {
  return [first.dimension.name, second.dimension.name]
}

/** The versions that a catalog names: `5m/2026-11-23-<hash>`. */
export function versionsIn(catalog: string): string[] {
  const { resolutions } = JSON.parse(catalog) as { resolutions: { [step: string]: { windows: object } } }
  return Object.entries(resolutions).flatMap(([step, { windows }]) =>
    Object.entries(windows).map(([window, hash]) => `${step}/${versionName(window, hash)}`),
  )
}
