import type { Counter } from '../model/counter.ts'

/** A table for a terminal: columns as wide as their widest cell, two spaces apart; numbers to the right. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly (string | Counter | null)[])[],
): string {
  const texts = rows.map((row) =>
    row.map((cell) => (cell === null ? '-' : typeof cell === 'string' ? cell : cell.toLocaleString('en-US'))),
  )
  const widths = header.map((title, at) => Math.max(title.length, ...texts.map((row) => row[at]!.length)))
  const isNumeric = header.map((_, at) => rows.length > 0 && rows.every((row) => typeof row[at] !== 'string'))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (isNumeric[at] ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd()
  return [line(header), ...texts.map(line)].join('\n')
}
