import { basename } from 'node:path'
import { EXIT, UserError } from '../ingest/model/errors.ts'

/** As Nunjucks says where it failed: `(PATH) [Line 3, Column 24]`, then why on a line of its own; the innermost comes last. */
const PLACE = /\(([^()\n]+)\)(?: \[Line (\d+), Column (\d+)\])?\n\s*(?:\w*Error: )?([^\n]+)$/

/** What Eleventy threw, as a UserError (78) that names the template, the place and the mistake when a template has one; else as it is. `templates`: their directory. */
export function explainTemplate(error: unknown, templates: string): unknown {
  const { originalError } = error as { originalError?: Error }
  const found = originalError === undefined ? null : PLACE.exec(originalError.message.trim())
  if (found === null) return error
  const [, path, line, column, reason] = found
  const place = line === undefined ? '' : `, line ${line}, column ${column}`
  // While a page is printed, Nunjucks counts lines of what it extends or includes under the page's own name.
  const made = path!.startsWith(templates) ? '' : ' or what it is made with'
  return new UserError(
    `templates: ${basename(path!)}${made}${place}: ${reason}; nothing was published, the old site stays`,
    EXIT.config,
    { cause: error },
  )
}
