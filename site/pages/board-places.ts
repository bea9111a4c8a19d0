import { dayOf, SLOT_SECONDS } from '../../ingest/model/time.ts'
import { link, OVERVIEW } from '../links.ts'

/** Where the scoreboards of a chart's points are, for whoever points at one. */
export interface BoardPlaces {
  /** The way from the page to the root of the site. */
  readonly root: string
  /** From this UTC day on every slot that was measured has one. */
  readonly since: string
}

/** `null`: no point has a scoreboard. `since`: the first UTC day whose slots have some; `null`: none has. */
export function boardPlacesOf(
  address: string,
  { from, stepSeconds }: { readonly from: number; readonly stepSeconds: number },
  since: string | null,
): BoardPlaces | null {
  if (since === null || stepSeconds !== SLOT_SECONDS) return null
  const first = dayOf(from)
  return { root: link(address, OVERVIEW), since: since > first ? since : first }
}
