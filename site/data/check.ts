import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { TOTAL } from '../../ingest/model/cell.ts'
import { counterFromJson } from '../../ingest/model/counter.ts'
import { DIRECTIONS } from '../../ingest/model/direction.ts'
import { EXIT, UserError } from '../../ingest/model/errors.ts'
import { MEASURES } from '../../ingest/model/measure.ts'
import { isoTime } from '../../ingest/model/time.ts'
import type { CellJson } from '../../ingest/store/series-table.ts'
import { type Window, windowsBetween } from '../../ingest/store/windows.ts'
import { cellOf } from '../cells.ts'
import { RANGE_NAMES, RANGES, type Traffic, type TrafficReader } from '../traffic.ts'
import { dataDirectory, type Versions, versionName } from './places.ts'
import type { PublishedData } from './publish.ts'
import { withoutWindow, writeRecord } from './record.ts'

/**
 * Refuses data that tell of other traffic than the pages of the same release: always those of the last 24 hours, and those of the other ranges when
 * their newest window was written. They are forgotten, so that the next build compares them with the series and makes them anew. Throws an Error; a UserError (74) where the disk does not let them be read.
 */
export function refuseOtherData(siteDirectory: string, data: PublishedData, traffic: TrafficReader): void {
  const day = traffic.read('day')
  if (day.to === 0) return
  for (const range of RANGE_NAMES) {
    const { step } = RANGES[range]
    const newest = Object.keys(data.versions[step]).sort().at(-1)
    if (range !== 'day' && !data.written.includes(`${step}/${newest}`)) continue
    const shown = traffic.read(range)
    for (const window of windowsBetween(step, shown.from, shown.to)) {
      const mistake = mistakeIn(siteDirectory, data.versions, window, shown)
      if (mistake === null) continue
      writeRecord(siteDirectory, withoutWindow(data.record, step, window.name))
      const place = `data/${step}/${versionName(window.name, data.versions[step][window.name] ?? 'none')}`
      const message = `${place}: ${mistake.what}; the site stays as it was, and the next build makes this anew`
      throw mistake.isRefusal ? new UserError(message, EXIT.io) : new Error(message)
    }
  }
}

interface Mistake {
  readonly what: string
  /** Did the system refuse to read, whatever may be there? */
  readonly isRefusal: boolean
}

/** In what the totals of a window differ from those that pages show; `null`: in nothing. */
function mistakeIn(siteDirectory: string, versions: Versions, window: Window, shown: Traffic): Mistake | null {
  const hash = versions[shown.step][window.name]
  try {
    const published =
      hash === undefined ? NOTHING : readTotal(dataDirectory(siteDirectory, shown.step, versionName(window.name, hash)))
    const what = differenceOf(published, window, shown)
    return what === null ? null : { what, isRefusal: false }
  } catch (error) {
    return { what: `it cannot be read (${(error as Error).message})`, isRefusal: 'syscall' in (error as Error) }
  }
}

interface PublishedTotal {
  readonly known: readonly number[]
  readonly total: CellJson
}
const NOTHING: PublishedTotal = { known: [], total: {} }

/** As a visitor would read it. */
function readTotal(directory: string): PublishedTotal {
  const read = (name: string): unknown =>
    JSON.parse(gunzipSync(readFileSync(join(directory, `${name}.json.gz`))).toString())
  const { known, chunks } = read('index') as Pick<PublishedTotal, 'known'> & { chunks: object }
  if (!(TOTAL in chunks)) return { known, total: {} }
  const { cells } = read(`${TOTAL}-0`) as { cells: { [cell: string]: CellJson } }
  return { known, total: cells[TOTAL]! }
}

function differenceOf({ known, total }: PublishedTotal, { from, length }: Window, shown: Traffic): string | null {
  const first = (from - shown.from) / shown.stepSeconds
  for (let point = Math.max(0, -first); point < Math.min(length, shown.length - first); point++) {
    const at = isoTime(from + point * shown.stepSeconds)
    const [seconds, expected] = [known[point] ?? 0, shown.known[first + point]]
    if (seconds !== expected) return `at ${at} ${seconds} seconds are known, on the pages ${expected}`
    if (seconds === 0) continue
    for (const [direction, measure] of COLUMNS) {
      const series = total[direction]
      const value = counterFromJson(series?.[measure][point - series.at] ?? 0)
      const expected = cellOf(shown, TOTAL)[direction]?.sum[measure][first + point] ?? 0
      if (value !== expected) return `at ${at} the total ${direction} is ${value} ${measure}, on the pages ${expected}`
    }
  }
  return null
}

const COLUMNS = DIRECTIONS.flatMap((direction) => MEASURES.map((measure) => [direction, measure] as const))
