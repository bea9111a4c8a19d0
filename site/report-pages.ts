import { join } from 'node:path'
import { archivePath } from './links.ts'
import { statementPages } from './pages/statement.ts'
import { type Frame, filesOf, renderPages } from './render.ts'
import type { ReportPlan } from './reports.ts'
import { withTwins } from './twins.ts'
import { linkedFiles } from './validate.ts'
import { secondBehind, writeFiles } from './write.ts'

/** Statements that never change any more. */
export interface FrozenReports {
  /** Those that have a page: `2026-10`. */
  readonly months: readonly string[]
  /** Files that the new pages link to, each with a page that does. */
  readonly targets: Map<string, string>
}

/** Renders the statements that were frozen, once; what was made of them is written down when their pages are in place. */
export async function freezeReports(
  templates: string,
  siteDirectory: string,
  { reports, unwritten, commit }: ReportPlan,
  frame: Frame,
): Promise<FrozenReports> {
  const pages = statementPages(reports, (report) => unwritten.includes(report))
  const html = await renderPages(
    templates,
    pages.map((page) => ({ page, frame })),
  )
  const files = withTwins(pages.flatMap((page) => filesOf(page, html)))
  // Later than what was at the address while the month was open.
  const behind = files.map(({ path }) => secondBehind(join(siteDirectory, 'current', path)))
  const second = Math.max(Math.floor(Date.now() / 1000), ...behind)
  const archived = files.map(({ path, text }) => ({ path: join(siteDirectory, archivePath(path)!), text }))
  await writeFiles(archived, second)
  commit()
  const targets = pages.flatMap(({ address }) =>
    linkedFiles(address, html.get(address)!).map((file) => [file, address] as const),
  )
  return {
    months: reports.filter(({ isFrozen }) => isFrozen).map(({ month }) => month.name),
    targets: new Map(targets),
  }
}
