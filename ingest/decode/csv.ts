import { DecodeError } from '../model/errors.ts'
import { createWallClock } from '../model/time-zone.ts'
import { type CsvDialect, csvDialects } from './csv-dialects.ts'
import type { Decoder } from './decoder.ts'
import { startSummary } from './summary.ts'
import { collectTextFlows, createTextFlow, type Setter } from './text-flow.ts'
import { forEachLine } from './text-pieces.ts'
import { createWarnings } from './warnings.ts'

/** CSV of flow-export and nfdump: the names of the columns, then a line for each flow. */
export const csv: Decoder = {
  name: 'CSV',
  recognizes: (head) => dialectOf(Buffer.from(head).toString('latin1')) !== undefined,
  async decode(bytes, emit, timeZone) {
    const summary = startSummary('CSV')
    const warnings = createWarnings()
    const clock = createWallClock(timeZone)
    const flows = collectTextFlows(summary, warnings, emit)
    let header: Header | undefined
    let isOver = false
    const { isWhole } = await forEachLine(bytes, {
      refuse(byte, reason) {
        if (header === undefined) throw new DecodeError(byte, `the names of the columns take ${reason}`)
        flows.refuse(`the line at byte ${byte}`, reason)
      },
      take(line, byte) {
        if (header === undefined) {
          header = readHeader(line)
          summary.detail = `written by ${header.dialect.name}, ${header.setters.length} columns`
          return
        }
        if (line === '' || line === header.line) return
        isOver ||= SUMMARY.test(line)
        if (isOver) return
        const { dialect, setters } = header
        const cells = line.split(',')
        if (cells.length < setters.length) {
          flows.refuse(`the line at byte ${byte}`, `it has ${cells.length} of ${setters.length} columns`)
          return
        }
        const flow = createTextFlow()
        for (let at = 0; at < setters.length; at++) setters[at]?.(flow, cells[at], clock)
        dialect.finish?.(flow)
        flows.add(flow, `the line at byte ${byte}`)
      },
    })
    flows.finish()
    if (summary.records === 0 && flows.refused !== null)
      throw new DecodeError(0, `no flow that can be read; ${flows.refused}`)
    if (!isWhole && !isOver) {
      summary.complete = false
      warnings.add('end', 'the last line has no end; is it still being written?')
    }
    summary.warnings.push(...warnings.lines())
    return summary
  },
}

/** What nfdump says at the end instead of flows. */
const SUMMARY = /^(Summary|No matched flows|No matching flows)/

interface Header {
  readonly line: string
  readonly dialect: CsvDialect
  /** By column; `undefined` where nothing is read. */
  readonly setters: readonly (Setter | undefined)[]
}

function readHeader(line: string): Header {
  const dialect = dialectOf(`${line},`)!
  const setters = namesOf(line, dialect).map((name) => dialect.setters.get(name))
  return { line, dialect, setters }
}

/** The dialect that knows the first two names of the columns. */
function dialectOf(head: string): CsvDialect | undefined {
  return csvDialects.find((dialect) => {
    const names = head.startsWith(dialect.mark) ? namesOf(head.split('\n')[0]!, dialect) : []
    return names.length >= 2 && names.slice(0, 2).every((name) => dialect.setters.has(name))
  })
}

function namesOf(line: string, { mark }: CsvDialect): string[] {
  return line
    .slice(mark.length)
    .split(',')
    .map((name) => name.trim())
}
