import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { renamesOf } from '../ingest/classify/former.ts'
import type { Health } from '../ingest/store/health.ts'
import { newestSlot } from '../ingest/store/part.ts'
import type { ArchivePlan } from './archive.ts'
import { hashOfContent, hashOfFiles } from './assets.ts'
import { type BoardReader, readNewestBoards, readOverall, sumOfKnown } from './boards.ts'
import { chartId } from './charts/chart-id.ts'
import { batches } from './data/batches.ts'
import { allPages, type Stored } from './pages/index.ts'
import type { Page } from './pages/page.ts'
import type { Site } from './pages/site.ts'
import { firstSlot, readQuality } from './quality.ts'
import {
  type CurrentRelease,
  type Draft,
  type PageRecord,
  type RangeRecord,
  type ReleaseRecord,
  readCurrent,
} from './release.ts'
import { type Frame, fileNamesOf, filesOf, inBatches, renderPages } from './render.ts'
import type { Report } from './reports.ts'
import {
  cellsSeen,
  createTrafficReader,
  RANGE_NAMES,
  type RangeName,
  type TrafficReader,
  UNSETTLED,
} from './traffic.ts'
import { withTwinNames } from './twins.ts'
import { jsonMistake, linkedFiles } from './validate.ts'
import type { NewFile } from './write.ts'

/** What is in a draft. */
export interface Filled {
  readonly record: ReleaseRecord
  /** Every page's files and the assets, below the root; their packed twins are not told. */
  readonly files: readonly string[]
  /** Files that rendered pages link to, each with a page that does. */
  readonly targets: Map<string, string>
  readonly rendered: number
  readonly kept: number
  /** What the pages were made from. */
  readonly traffic: TrafficReader
}

/** What there is besides the series: what lies beside the releases, brought up to date, and what the last run told of itself. */
export interface Planned {
  readonly archive: ArchivePlan
  readonly boards: BoardReader
  readonly reports: readonly Report[]
  readonly health: Health | null
}

/** Pages whose files are held at a time. */
const WRITTEN_AT_ONCE = 16

/** Puts the assets and every page of a site into a draft: rendered, or from the release before when it would be the same. */
export async function fillDraft(
  draft: Draft,
  site: Site,
  planned: Planned,
  frame: Frame,
  assets: readonly NewFile[],
  { code, templates }: { readonly code: string; readonly templates: string },
): Promise<Filled> {
  const { config } = site
  const version = hashOf(hashOfFiles(code, templates), frame, config, site.happened, site.edition)
  const current = readCurrent(config.site.dir)
  const assetHashes = await putAssets(draft, assets, current)
  const before = current?.version === version ? current : null
  const newest = newestSlot(config.data)
  const traffic = createTrafficReader(config.data, newest, renamesOf(config).cell)
  const ranges = planRanges(traffic, firstSlot(config.data), before)
  const stored = readStored(site, newest, planned, { traffic, ...ranges })

  const pages: Record<string, PageRecord> = Object.fromEntries(pagesOfRanges(before, ranges.kept))
  const keptFiles = Object.values(pages).flatMap(({ files }) => files)
  const targets = new Map<string, string>()
  let rendered = 0
  for (const batch of inBatches(allPages(site, stored), () => 1)) {
    const changed: Page[] = []
    for (const page of batch) {
      const record = recordOf(page)
      pages[page.address] = record
      if (isAsBefore(before, page.address, record)) keptFiles.push(...record.files)
      else changed.push(page)
    }
    const html = await renderPages(
      templates,
      changed.map((page) => ({ page, frame })),
    )
    for (const some of batches(changed, WRITTEN_AT_ONCE)) {
      const files = some.flatMap((page) => filesOf(page, html))
      for (const file of files) refuseBadJson(file)
      await draft.write(files)
      for (const { address } of some)
        for (const file of linkedFiles(address, html.get(address)!, frame.root)) targets.set(file, address)
    }
    rendered += changed.length
  }
  if (before !== null) draft.keep(before.directory, keptFiles)
  return {
    record: { version, pages, assets: assetHashes, ranges: ranges.records },
    files: [...Object.keys(assetHashes), ...Object.values(pages).flatMap(({ files }) => files)],
    targets,
    rendered,
    kept: Object.keys(pages).length - rendered,
    traffic,
  }
}

/** Packing an asset takes longer than a hundred pages: those that are as they were are taken over. Returns the hash of each. */
async function putAssets(
  draft: Draft,
  assets: readonly NewFile[],
  current: CurrentRelease | null,
): Promise<ReleaseRecord['assets']> {
  const hashes = Object.fromEntries(assets.map(({ path, text }) => [path, hashOfContent(text)]))
  const isSame = ({ path }: NewFile) => current?.assets[path] === hashes[path] && isWhole(current!, { files: [path] })
  // Asked once: a disk that answers otherwise the second time must not make a release without one.
  const same = new Set(assets.filter(isSame))
  await draft.write(assets.filter((asset) => !same.has(asset)))
  if (current !== null)
    draft.keep(
      current.directory,
      [...same].map(({ path }) => path),
    )
  return hashes
}

interface PlannedRanges {
  /** To be made anew, and to be taken over whole from the release before. */
  readonly ranges: readonly RangeName[]
  readonly kept: readonly RangeName[]
  readonly seen: ReadonlySet<string>
  readonly records: { readonly [R in RangeName]: RangeRecord }
}

/**
 * A range is kept when nothing in it moved on, the same cells saw traffic as before, for pages link to each other by that, and what is stored
 * begins with the same slot.
 */
function planRanges(traffic: TrafficReader, first: number | null, before: CurrentRelease | null): PlannedRanges {
  const stateOf = (range: RangeName) => {
    const state = traffic.stateOf(range)
    return state === UNSETTLED || first === null || first <= traffic.boundsOf(range).from ? state : `${state} ${first}`
  }
  const states = RANGE_NAMES.map((range) => {
    const state = stateOf(range)
    const isAsBefore = state !== UNSETTLED && before?.ranges[range].state === state
    return { range, state, isSettled: isAsBefore && areWhole(before, range) }
  })
  const records = Object.fromEntries(
    states.map(({ range, state, isSettled }) => {
      const cells = isSettled ? before!.ranges[range].cells : [...cellsSeen(traffic.read(range))].sort()
      return [range, { state, cells }]
    }),
  ) as { [R in RangeName]: RangeRecord }
  const seen = seenIn(records)
  const isSameSeen = before !== null && hashOf([...seenIn(before.ranges)]) === hashOf([...seen])
  const kept = isSameSeen ? states.filter(({ isSettled }) => isSettled).map(({ range }) => range) : []
  return { ranges: RANGE_NAMES.filter((range) => !kept.includes(range)), kept, seen, records }
}

function seenIn(records: { readonly [R in RangeName]: RangeRecord }): Set<string> {
  return new Set(RANGE_NAMES.flatMap((range) => records[range].cells).sort())
}

function pagesOfRanges(before: CurrentRelease | null, ranges: readonly RangeName[]): [string, PageRecord][] {
  return Object.entries(before?.pages ?? {}).filter(([, { range }]) => range !== undefined && ranges.includes(range))
}

function areWhole(before: CurrentRelease, range: RangeName): boolean {
  return pagesOfRanges(before, [range]).every(([, record]) => isWhole(before, record))
}

function isWhole({ holds }: CurrentRelease, { files }: Pick<PageRecord, 'files'>): boolean {
  return withTwinNames(files).every(holds)
}

function recordOf(page: Page): PageRecord {
  const { range } = page
  return {
    key: keyOf(page),
    files: fileNamesOf(page),
    ...(range === undefined ? {} : { range }),
  }
}

/** Charts and their numbers by the names of charts, files by what is in them: together they are nearly all of a page. */
function keyOf({ charts = {}, downloads = {}, sparklines = {}, files = {}, ...page }: Page): string {
  const hash = createHash('sha256')
  const named = [charts, downloads].map((each) => Object.entries(each).map(([name, chart]) => [name, chartId(chart)]))
  hash.update(JSON.stringify([page, ...named]))
  for (const [name, { in: inward, out, ...options }] of Object.entries(sparklines))
    hash
      .update(JSON.stringify([name, options]))
      .update(inward)
      .update(out)
  for (const [name, text] of Object.entries(files)) hash.update(`\0${name}\0`).update(text)
  return hash.digest('hex')
}

function isAsBefore(before: CurrentRelease | null, address: string, { key }: PageRecord): boolean {
  const known = before?.pages[address]
  return known !== undefined && known.key === key && isWhole(before!, known)
}

function readStored(
  site: Site,
  newest: number | null,
  { archive, boards, reports, health }: Planned,
  traffic: Pick<Stored, 'traffic' | 'ranges' | 'seen'>,
): Stored {
  const { data, aggregateScore, site: settings } = site.config
  const kept = (name: string) => join(settings.dir, 'archive', `${name}.json.gz`)
  const shown = site.edition.hasBoards ? newest : null
  const quality = readQuality(site, traffic.traffic, health, kept('quality'))
  return {
    ...traffic,
    newest: readNewestBoards(data, boards, shown),
    overall: readOverall(data, boards, shown, aggregateScore.days, kept('overall')),
    archive,
    lost: sumOfKnown(quality.files.map(({ lost }) => lost)),
    quality,
    reports,
  }
}

function refuseBadJson({ path, text }: NewFile): void {
  const mistake = path.endsWith('.json') ? jsonMistake(text) : null
  if (mistake !== null) throw new Error(`${path}: no JSON: ${mistake}`)
}

function hashOf(...inputs: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex')
}
