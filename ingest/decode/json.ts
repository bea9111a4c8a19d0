import { DecodeError } from '../model/errors.ts'
import { createWallClock } from '../model/time-zone.ts'
import type { Decoder } from './decoder.ts'
import { type JsonDialect, jsonDialects } from './json-dialects.ts'
import { startSummary } from './summary.ts'
import { collectTextFlows, createTextFlow } from './text-flow.ts'
import { forEachObject } from './text-pieces.ts'
import { createWarnings } from './warnings.ts'

const NAMES = jsonDialects.map(({ name }) => name)

/** JSON of goflow2, pmacct and nfdump: an object for each flow, one a line or in an array. */
export const json: Decoder = {
  name: 'JSON',
  recognizes: (head) => /^\s*[[{]/.test(Buffer.from(head).toString('latin1')),
  async decode(bytes, emit, timeZone) {
    const summary = startSummary('JSON')
    const warnings = createWarnings()
    const clock = createWallClock(timeZone)
    const flows = collectTextFlows(summary, warnings, emit)
    const seen = new Set<string>()
    let dialect: JsonDialect | undefined
    const { isWhole } = await forEachObject(bytes, {
      refuse: (byte, reason) => flows.refuse(`the object at byte ${byte}`, reason),
      take(text, byte) {
        const object = parse(text)
        if (object !== null) dialect = dialectOf(object, dialect)
        if (object === null) flows.refuse(`the object at byte ${byte}`, 'it is no JSON')
        else if (dialect === undefined)
          flows.refuse(`the object at byte ${byte}`, `it is no flow of ${NAMES.join(', ')}`)
        else {
          seen.add(dialect.name)
          const flow = createTextFlow()
          for (const key in object) dialect.setters.get(key)?.(flow, object[key], clock)
          dialect.finish?.(flow)
          flows.add(flow, `the object at byte ${byte}`)
        }
      },
    })
    flows.finish()
    if (summary.records === 0 && flows.refused !== null)
      throw new DecodeError(0, `no flow that can be read; ${flows.refused}`)
    if (!isWhole) summary.complete = false
    if (flows.others > 0) warnings.add('others', `${flows.others} objects tell of other things than flows`)
    summary.detail = seen.size === 0 ? 'no objects' : `written by ${[...seen].join(', ')}`
    summary.warnings.push(...warnings.lines())
    return summary
  },
}

interface JsonObject {
  readonly [key: string]: unknown
}

function parse(text: string): JsonObject | null {
  try {
    return JSON.parse(text) as JsonObject
  } catch {
    return null
  }
}

/** Files are of one tool: what the last object was is asked first. */
function dialectOf(object: JsonObject, last: JsonDialect | undefined): JsonDialect | undefined {
  const fits = ({ signs }: JsonDialect) => signs.some((key) => Object.hasOwn(object, key))
  return last !== undefined && fits(last) ? last : jsonDialects.find(fits)
}
