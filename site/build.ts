import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '../ingest/config/schema.ts'
import { DAY_SECONDS, SLOT_SECONDS } from '../ingest/model/time.ts'
import { newestSlot } from '../ingest/store/part.ts'
import { type ArchivePlan, type PlannedDay, planArchive } from './archive.ts'
import { hashOfFiles, readAssets } from './assets.ts'
import { readNewestBoards, readOverall } from './boards.ts'
import { archivePath } from './links.ts'
import { allPages, type Stored } from './pages/index.ts'
import type { Page } from './pages/page.ts'
import { ARCHIVE_MENU, createSite, menuOf, type Site } from './pages/site.ts'
import { createDraft, type Draft, type PageRecord, readCurrent } from './release.ts'
import { type Frame, fileOf, renderPages } from './render.ts'
import { readAllTraffic } from './traffic.ts'
import { jsonMistake, linkedFiles } from './validate.ts'
import { type NewFile, writeFiles } from './write.ts'

/** What a build did. */
export interface BuildResult {
  /** Of the new release: what `current` leads to. */
  readonly directory: string
  /** Pages that were rendered, and pages taken over from the release before. */
  readonly rendered: number
  readonly kept: number
  /** Scoreboard pages written to the archive. */
  readonly archived: number
}

export interface BuildOptions {
  /** Told what is being done, for long builds. */
  readonly log?: (line: string) => void
}

/** The templates lie beside the code's folder; the compiled code is one folder deeper. */
const CODE = dirname(fileURLToPath(import.meta.url))
const TEMPLATES = [join(CODE, '../templates'), join(CODE, '../../templates')].find((path) => existsSync(path))!

/**
 * Builds the site from what is stored: renders what changed, takes the rest over from the release before, and makes the
 * new release public by exchanging one link. Whatever fails, the old site stays. The same data gives the same bytes.
 * Throws what the disk or a template throws, and an Error for a page with a broken link: all are bugs or full disks.
 */
export async function buildSite(config: Config, { log = () => {} }: BuildOptions = {}): Promise<BuildResult> {
  const site = createSite(config)
  const { assets, files } = readAssets(TEMPLATES)
  const frame: Frame = { siteTitle: site.title, menu: menuOf(site), assets }
  const version = hashOf(hashOfFiles(CODE, TEMPLATES), frame)

  const archive = planArchive(site, join(config.site.dir, 'archive'))
  const archived = await extendArchive(config.site.dir, archive, { ...frame, menu: ARCHIVE_MENU }, log)

  const draft = createDraft(config.site.dir)
  try {
    const record = await fillDraft(draft, site, readStored(config, archive), { frame, version, files })
    draft.linkArchive(archive.days)
    const targets = new Map([...archived.targets, ...record.targets])
    refuseBrokenLinks(config.site.dir, new Set(record.files), targets)
    const directory = draft.publish({ pages: record.pages })
    await archived.finish()
    return { directory, rendered: record.rendered, kept: record.kept, archived: archived.count }
  } catch (error) {
    draft.drop()
    throw error
  }
}

function readStored({ data, aggregateScore }: Config, archive: ArchivePlan): Stored {
  const newest = newestSlot(data)
  const end = (newest ?? 0) + SLOT_SECONDS
  return {
    traffic: readAllTraffic(data, newest),
    newest: readNewestBoards(data, newest),
    overall: readOverall(data, newest, aggregateScore.days),
    archive: archive.days,
    lost: newest === null ? null : archive.lostFlows(end - DAY_SECONDS, end),
  }
}

/** Pages are rendered in batches of about this many, to bound memory. */
const BATCH = 500

/**
 * Renders what the archive lacks and writes what nothing links to yet. `finish` writes the rest, once the release that knows
 * the new days is public: no visitor of either release meets a dead link.
 */
async function extendArchive(
  siteDirectory: string,
  archive: ArchivePlan,
  frame: Frame,
  log: (line: string) => void,
): Promise<{ targets: Map<string, string>; count: number; finish(): Promise<void> }> {
  const targets = new Map<string, string>()
  const late: { days: PlannedDay[]; files: NewFile[] } = { days: [], files: [] }
  let count = 0
  for (const days of inBatches(archive.planned())) {
    const pages = days.flatMap((day) => day.pages)
    const html = await renderPages(
      TEMPLATES,
      pages.map(({ page }) => ({ page, frame })),
    )
    for (const { page } of pages)
      for (const file of linkedFiles(page.address, html.get(page.address)!)) targets.set(file, page.address)
    const filesOf = (isNew: boolean) =>
      pages
        .filter((page) => page.isNew === isNew)
        .flatMap(({ page }) => toFiles(page, html))
        .map(({ path, text }) => ({ path: join(siteDirectory, archivePath(path)!), text }))
    await writeFiles(filesOf(true))
    late.files.push(...filesOf(false))
    late.days.push(...days.filter((day) => day.pages.some(({ isNew }) => !isNew)))
    archive.commit(days.filter((day) => day.pages.every(({ isNew }) => isNew)))
    count += pages.length
    if (pages.length >= BATCH) log(`scoreboards to ${days.at(-1)!.day}`)
  }
  return {
    targets,
    count,
    async finish() {
      await writeFiles(late.files)
      archive.commit(late.days)
    },
  }
}

function* inBatches(days: Iterable<PlannedDay>): Generator<PlannedDay[]> {
  let batch: PlannedDay[] = []
  for (const day of days) {
    batch.push(day)
    if (batch.reduce((sum, { pages }) => sum + pages.length, 0) < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

interface FilledDraft {
  readonly pages: Record<string, PageRecord>
  /** Every file in the draft, below the root. */
  readonly files: readonly string[]
  /** Where the rendered pages link to, each with a page that does. */
  readonly targets: Map<string, string>
  readonly rendered: number
  readonly kept: number
}

async function fillDraft(
  draft: Draft,
  site: Site,
  stored: Stored,
  { frame, version, files }: { frame: Frame; version: string; files: ReadonlyMap<string, string> },
): Promise<FilledDraft> {
  const previous = readCurrent(site.config.site.dir)
  const pages: Record<string, PageRecord> = {}
  const kept: string[] = []
  const changed: Page[] = []
  for (const page of allPages(site, stored)) {
    const key = hashOf(version, page)
    const before = previous?.pages[page.address]
    pages[page.address] = {
      key,
      files: [fileOf(page.address), ...Object.keys(page.files ?? {}).map((name) => page.address + name)],
    }
    if (before?.key === key && before.files.every((file) => existsSync(join(previous!.directory, file))))
      kept.push(...before.files)
    else changed.push(page)
  }
  if (kept.length > 0) await draft.keep(previous!.directory, kept)

  const html = await renderPages(
    TEMPLATES,
    changed.map((page) => ({ page, frame })),
  )
  const written = changed.flatMap((page) => toFiles(page, html))
  for (const { path, text } of written) refuseBadJson(path, text)
  await draft.write([...written, ...[...files].map(([name, text]) => ({ path: `assets/${name}`, text }))])
  const targets = new Map(
    changed.flatMap(({ address }) => linkedFiles(address, html.get(address)!).map((file) => [file, address] as const)),
  )
  return {
    pages,
    files: [
      ...Object.values(pages).flatMap((page) => page.files),
      ...[...files.keys()].map((name) => `assets/${name}`),
    ],
    targets,
    rendered: changed.length,
    kept: Object.keys(pages).length - changed.length,
  }
}

function toFiles({ address, files }: Page, html: ReadonlyMap<string, string>): NewFile[] {
  const beside = Object.entries(files ?? {}).map(([name, text]) => ({ path: address + name, text }))
  return [...beside, { path: fileOf(address), text: html.get(address)! }]
}

function refuseBadJson(path: string, text: string): void {
  const mistake = path.endsWith('.json') ? jsonMistake(text) : null
  if (mistake !== null) throw new Error(`${path}: no JSON: ${mistake}`)
}

/** `targets`: files that pages link to, each with a page that does. */
function refuseBrokenLinks(
  siteDirectory: string,
  files: ReadonlySet<string>,
  targets: ReadonlyMap<string, string>,
): void {
  const broken = [...targets].filter(([file]) => {
    const archived = archivePath(file)
    return !files.has(file) && !(archived !== null && existsSync(join(siteDirectory, archived)))
  })
  if (broken.length === 0) return
  const told = broken.slice(0, 5).map(([file, address]) => `/${address} links to ${file}`)
  throw new Error(`${broken.length} links lead nowhere: ${told.join('; ')}; the site stays as it was`)
}

function hashOf(...inputs: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex')
}
