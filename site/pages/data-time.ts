import { isoTime, SLOT_SECONDS } from '../../ingest/model/time.ts'
import type { Traffic } from '../traffic.ts'
import { formatMoment } from '../units.ts'
import type { DataTime } from './page.ts'
import type { Site } from './site.ts'

/** A page is stale when its next point should be here, and two slots more have passed. */
export function dataTimeOf(
  { timeZone }: Pick<Site, 'timeZone'>,
  { to, stepSeconds }: Pick<Traffic, 'to' | 'stepSeconds'>,
): DataTime | null {
  if (to === 0) return null
  return { end: formatMoment(to, timeZone), staleAfter: isoTime(to + stepSeconds + 2 * SLOT_SECONDS) }
}
