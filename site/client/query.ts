import { TOTAL } from '../../ingest/model/cell.ts'
import { MEASURES } from '../../ingest/model/measure.ts'
import { printable } from '../../ingest/model/text.ts'
import { DAY_SECONDS } from '../../ingest/model/time.ts'
import { type Exploration, minuteOf, NOT_DIVIDED, WAYS_SHOWN } from '../exploration.ts'
import { SHOWN } from '../units.ts'
import { type Catalog, dimensionOf, divisionsOf, memberOf } from './catalog.ts'

export interface ReadQuery {
  readonly exploration: Exploration
  /** What the query asks for that is not there, in words, with what is shown instead. */
  readonly mistakes: readonly string[]
}

const NAMES = ['measure', 'of', 'by', 'only', 'way', 'from', 'to', 'draw', 'compare'] as const
type Name = (typeof NAMES)[number]

/**
 * An exploration from the query of an address, each value checked against the catalog. What is absent is as usual, the time
 * the last 24 hours; what is wrong is as usual, too, and told.
 */
export function readQuery(query: string, catalog: Catalog): ReadQuery {
  const mistakes: string[] = []
  const values = valuesOf(new URLSearchParams(query), mistakes)
  const choose = <T>(name: Name, find: (value: string) => T | undefined, usual: T, instead: string): T => {
    const value = values.get(name)
    const found = value === undefined ? usual : find(value)
    if (found === undefined) mistakes.push(`${name}=${shorten(value!)}: ${instead}`)
    return found === undefined ? usual : found
  }

  const measure = choose(
    'measure',
    (value) => MEASURES.find((each) => SHOWN[each].name === value),
    'octets',
    'it is bits, packets or flows; here are bits.',
  )
  const of = choose(
    'of',
    (value) => (value === TOTAL || memberOf(catalog, value) !== undefined ? value : undefined),
    TOTAL,
    'there is no such member here; this is all traffic.',
  )
  const divisions = divisionsOf(catalog, of)
  const byUsual = (divisions.find(({ overlap }) => !overlap) ?? divisions[0])?.name ?? null
  const by = choose(
    'by',
    (value) => (value === NOT_DIVIDED ? null : divisions.find(({ name }) => name === value)?.name),
    byUsual,
    'this is not kept divided so.',
  )
  const dimension = dimensionOf(catalog, by)
  const only = choose(
    'only',
    (value) => knownIds(value.split(','), dimension?.members.map(({ id }) => id) ?? [], mistakes),
    [],
    'there is none of these; here are all.',
  )
  const way = choose(
    'way',
    (value) => WAYS_SHOWN.find((each) => each === value),
    'both',
    `it is one of ${WAYS_SHOWN.join(', ')}; here are in and out.`,
  )
  const drawing = choose(
    'draw',
    (value) => (['stack', 'lines'] as const).find((each) => each === value),
    dimension?.overlap ? 'lines' : 'stack',
    'it is stack or lines.',
  )
  const compare = choose('compare', (value) => (value === 'before' ? value : undefined), '', 'it is before or absent.')
  const time = readTime(values, catalog, mistakes)
  return { exploration: { measure, of, by, only, way, ...time, drawing, isCompared: compare === 'before' }, mistakes }
}

function valuesOf(params: URLSearchParams, mistakes: string[]): Map<Name, string> {
  const values = new Map<Name, string>()
  for (const [name, value] of params) {
    const known = NAMES.find((each) => each === name)
    if (known === undefined) mistakes.push(`${shorten(name)}: no such thing can be asked for.`)
    else if (values.has(known)) mistakes.push(`${name} is there twice; the first counts.`)
    else values.set(known, value)
  }
  return values
}

function knownIds(asked: readonly string[], ids: readonly string[], mistakes: string[]): string[] | undefined {
  const known = [...new Set(asked)].filter((id) => ids.includes(id))
  const strange = asked.filter((id) => !ids.includes(id))
  if (known.length > 0 && strange.length > 0) mistakes.push(`only=${shorten(strange.join())}: not here.`)
  return known.length === 0 ? undefined : known
}

/** The longest time that can be asked for, in days: that is a thousand points, a day each. */
const MOST_DAYS = 12_000

function readTime(
  values: ReadonlyMap<Name, string>,
  { end }: Catalog,
  mistakes: string[],
): { from: number; to: number } {
  const usualTo = end ?? 0
  const usual = { from: usualTo - DAY_SECONDS, to: usualTo }
  const [fromText, toText] = [values.get('from'), values.get('to')]
  if (fromText === undefined && toText === undefined) return usual
  const [from, to] = [fromText, toText].map((text) => (text === undefined ? undefined : momentOf(text)))
  const complain = (told: string) => {
    mistakes.push(`${told} Here are the last 24 hours.`)
    return usual
  }
  for (const [name, text, moment] of [
    ['from', fromText, from],
    ['to', toText, to],
  ] as const)
    if (text !== undefined && moment === undefined)
      return complain(`${name}=${shorten(text)}: a time is written as ${minuteOf(usualTo)}.`)
  const start = from ?? to! - DAY_SECONDS
  const stop = to ?? Math.max(usualTo, start + 3600)
  if (stop <= start) return complain(`to=${minuteOf(stop)} is not after from=${minuteOf(start)}.`)
  if (stop - start > MOST_DAYS * DAY_SECONDS)
    return complain(`From ${minuteOf(start)} to ${minuteOf(stop)} is too long.`)
  return { from: start, to: stop }
}

/** A moment written as `2026-11-23T15:35Z`, seconds allowed, in whole minutes. */
function momentOf(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d)?Z$/.exec(text)
  if (match === null) return undefined
  const seconds = Date.parse(`${match[1]}T${match[2]}Z`) / 1000
  return Number.isNaN(seconds) || minuteOf(seconds).slice(0, 10) !== match[1] ? undefined : seconds
}

/** A query is anybody's text. */
function shorten(given: string): string {
  const text = printable(given)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
