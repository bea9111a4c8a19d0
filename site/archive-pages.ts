import { join } from 'node:path'
import { type ArchivePlan, type PlannedDay, removeSlots } from './archive.ts'
import { archivePath } from './links.ts'
import { type Frame, filesOf, inBatches, renderPages } from './render.ts'
import { withTwins } from './twins.ts'
import { linkedFiles } from './validate.ts'
import { type NewFile, writeFiles } from './write.ts'

/** The archive with its new pages; what other pages lead to has still to be renewed. */
export interface ExtendedArchive {
  /** Files that the pages link to, each with a page that does. */
  readonly targets: Map<string, string>
  readonly count: number
  /** Renews the pages that were there, and removes those of slots that are older than is kept. */
  finish(): Promise<void>
}

/**
 * Renders what the archive lacks and writes what nothing links to yet. `finish` writes the rest, and is to be called
 * when the release that knows the new days is public: so no visitor of either release meets a dead link.
 */
export async function extendArchive(
  templates: string,
  siteDirectory: string,
  plan: ArchivePlan,
  frame: Frame,
  log: (line: string) => void,
): Promise<ExtendedArchive> {
  const second = Math.floor(Date.now() / 1000)
  const targets = new Map<string, string>()
  const late: { days: PlannedDay[]; files: NewFile[] } = { days: [], files: [] }
  let count = 0
  for (const days of inBatches(plan.planned(), ({ pages }) => pages.length)) {
    const pages = days.flatMap((day) => day.pages)
    const html = await renderPages(
      templates,
      pages.map(({ page }) => ({ page, frame })),
    )
    for (const { page } of pages)
      for (const file of linkedFiles(page.address, html.get(page.address)!)) targets.set(file, page.address)
    const files = (isNew: boolean) =>
      withTwins(pages.filter((page) => page.isNew === isNew).flatMap(({ page }) => filesOf(page, html))).map(
        ({ path, text }) => ({ path: join(siteDirectory, archivePath(path)!), text }),
      )
    await writeFiles(files(true), second)
    late.files.push(...files(false))
    const isDone = (day: PlannedDay) => !day.hasFaded && day.pages.every(({ isNew }) => isNew)
    late.days.push(...days.filter((day) => !isDone(day)))
    plan.commit(days.filter(isDone))
    count += pages.length
    if (pages.length > 100) log(`scoreboards archived to ${days.at(-1)!.day}`)
  }
  return {
    targets,
    count,
    async finish() {
      await writeFiles(late.files, second)
      for (const { day, hasFaded } of late.days) if (hasFaded) removeSlots(join(siteDirectory, 'archive'), day)
      plan.commit(late.days)
    },
  }
}
