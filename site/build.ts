import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renamesOf } from '../ingest/classify/former.ts'
import { readEvents } from '../ingest/config/events.ts'
import type { Config } from '../ingest/config/schema.ts'
import { EXIT, UserError } from '../ingest/model/errors.ts'
import { SLOT_SECONDS } from '../ingest/model/time.ts'
import { isThere } from '../ingest/store/files.ts'
import { storeRoot } from '../ingest/store/generation.ts'
import { readHealth } from '../ingest/store/health.ts'
import { newestSlot } from '../ingest/store/part.ts'
import { NO_ARCHIVE, planArchive } from './archive.ts'
import { extendArchive } from './archive-pages.ts'
import { readAssets } from './assets.ts'
import { createBoardReader } from './boards.ts'
import { claimDirectory } from './claim.ts'
import { catalogJson } from './data/catalog.ts'
import { refuseOtherData } from './data/check.ts'
import { publishWindows } from './data/publish.ts'
import { writeRecord } from './data/record.ts'
import { removeReplaced } from './data/replaced.ts'
import { type Edition, isPublic, publicEvents, WHOLE } from './edition.ts'
import { fillDraft } from './fill.ts'
import { archivePath, boardDayAddress, CATALOG, reportAddress } from './links.ts'
import { maskAddress } from './mask.ts'
import { optimizeLate, saveMemory } from './memory.ts'
import { type Mirrored, mirrorSite } from './mirror/mirror.ts'
import { archiveMenuOf, createSite, menuOf } from './pages/site.ts'
import { createDraft } from './release.ts'
import type { Frame } from './render.ts'
import { freezeReports } from './report-pages.ts'
import { planReports } from './reports.ts'
import { openTemplates, type Templates } from './templates.ts'

/** What a build did. */
export interface BuildResult {
  /** Of the new release: what `current` leads to. */
  readonly directory: string
  /** Pages that were rendered, and pages taken over from the release before. */
  readonly rendered: number
  readonly kept: number
  /** Scoreboard pages written to the archive. */
  readonly archived: number
  /** What was written into `site.mirror` and removed there; `null` when there is none. */
  readonly mirrored: Mirrored | null
}

export interface BuildOptions {
  /** Told what is being done, for long builds. */
  readonly log?: (line: string) => void
  /** Unix ms: only to tell how long published data have been replaced. */
  readonly now?: () => number
  /** Of which `given` is the config: see `editionsOf`. */
  readonly edition?: Edition
}

/** What pages are made by, together with the templates. */
const CODE = dirname(fileURLToPath(import.meta.url))

/**
 * Builds the site from what is stored: renders what changed, takes the rest over from the release before, and makes the
 * new release public by exchanging one link, then in `site.mirror`, file by file. Whatever fails, the old site stays. There is no clock in a page: the same data give
 * the same bytes. Throws what the disk or a template throws, and an Error for a page with a broken link.
 */
export async function buildSite(given: Config, options: BuildOptions = {}): Promise<BuildResult> {
  const templates = openTemplates(given.site.templates)
  try {
    return await buildWith(templates, given, options)
  } finally {
    templates.close()
  }
}

async function buildWith(
  { directory: templates, ownAssets }: Templates,
  given: Config,
  { log = () => {}, now = Date.now, edition = WHOLE }: BuildOptions,
): Promise<BuildResult> {
  // One generation of what is stored, whatever becomes of it meanwhile.
  const config = { ...given, data: storeRoot(given.data) }
  const read = readEvents(config.site.events, config.site.timeZone)
  for (const mistake of read.mistakes) log(`${config.site.events}: ${mistake}`)
  const happened = isPublic(edition) ? publicEvents(read) : read
  const site = createSite(config, happened, edition)
  optimizeLate()
  saveMemory(site)
  const { dir } = config.site
  claimDirectory(dir, edition)
  const { assets, files } = readAssets(templates, ownAssets)
  const frame: Frame = { siteTitle: site.title, root: config.site.path, menu: menuOf(site), assets }
  const renames = renamesOf(config)
  const boards = createBoardReader(
    config.data,
    (id) => renames.id('network', id),
    isPublic(edition) ? maskAddress : undefined,
  )
  const plan = edition.hasBoards ? planArchive(site, join(dir, 'archive'), boards) : NO_ARCHIVE
  const lasting: Frame = { ...frame, menu: archiveMenuOf(site) }
  const archived = await extendArchive(templates, dir, plan, lasting, log)
  const newest = newestSlot(config.data)
  const end = newest === null ? null : newest + SLOT_SECONDS
  const reports = planReports(site, join(dir, 'archive', 'reports'), newest)
  const frozen = await freezeReports(templates, dir, reports, lasting)
  const data = await publishWindows(site, end ?? 0, log)

  const own = [...files, { path: CATALOG, text: catalogJson(site, end, plan.since, data.versions) }]

  const draft = createDraft(dir)
  try {
    const stored = { archive: plan, boards, reports: reports.reports, health: readHealth(given.data) }
    const filled = await fillDraft(draft, site, stored, frame, own, { code: CODE, templates })
    draft.linkArchive([...plan.days.map(boardDayAddress), ...frozen.months.map(reportAddress)])
    const present = new Set(filled.files)
    draft.linkData()
    refuseOtherData(dir, data, filled.traffic)
    refuseBrokenLinks(dir, present, new Map([...archived.targets, ...frozen.targets, ...filled.targets]))
    const directory = await draft.publish(filled.record)
    await archived.finish()
    writeRecord(dir, { ...data.record, replaced: removeReplaced(dir, data.record, now() / 1000) })
    const { rendered, kept } = filled
    const mirrored = config.site.mirror === undefined ? null : await mirror(directory, config.site.mirror)
    return { directory, rendered, kept, archived: archived.count, mirrored }
  } catch (error) {
    draft.drop()
    throw error
  }
}

async function mirror(release: string, directory: string): Promise<Mirrored> {
  try {
    return await mirrorSite(release, directory)
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new UserError(
      `site.mirror: ${error.message}; the site in site.dir is published, ${directory} is left as far as it came: mend the cause (space, permissions, the share) and run again, which goes on there`,
      EXIT.io,
      { cause: error },
    )
  }
}

/** `targets`: files that pages link to, each with a page that does. */
function refuseBrokenLinks(
  siteDirectory: string,
  present: ReadonlySet<string>,
  targets: ReadonlyMap<string, string>,
): void {
  const broken = [...targets].filter(([file]) => {
    const archived = archivePath(file)
    return !present.has(file) && !(archived !== null && isThere(join(siteDirectory, archived)))
  })
  if (broken.length === 0) return
  const told = broken.slice(0, 5).map(([file, address]) => `/${address} links to ${file}`)
  throw new Error(`${broken.length} links lead nowhere: ${told.join('; ')}; the site stays as it was`)
}
