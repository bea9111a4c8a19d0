import { inspect } from 'node:util'
import type * as z from 'zod'
import { printable } from '../model/text.ts'

/** One line for each mistake in a config: its key, what was found, what was expected. */
export function describeMistakes(file: string, issues: readonly z.core.$ZodIssue[]): string {
  const lines = issues
    .flatMap((issue) => flatten(issue, []))
    .map((mistake) => `  ${printable(describeMistake(mistake))}`)
  const unique = [...new Set(lines)]
  return [`${file}: ${unique.length} mistake${unique.length === 1 ? '' : 's'}`, ...unique].join('\n')
}

/** Members that zod would pass over without a word: those with a key `__proto__`, which JSON can hold. */
export function passedOver(config: unknown): z.core.$ZodIssue[] {
  if (typeof config !== 'object' || config === null) return []
  return Object.entries(config)
    .filter(([, section]) => typeof section === 'object' && section !== null && Object.hasOwn(section, '__proto__'))
    .map(([section]) => ({
      code: 'custom',
      path: [section, '__proto__'],
      message: 'no member can have this key; choose another',
      input: undefined,
    }))
}

/** Classifiers number the members of a section, and `other` behind them, with 16 bits. */
const MOST_MEMBERS = 65_535

/** Sections with more members than can be counted. Looked at first: to check each of a million would take a quarter of a minute. */
export function tooLarge(config: unknown): z.core.$ZodIssue[] {
  if (typeof config !== 'object' || config === null) return []
  return Object.entries(config)
    .filter(([, section]) => typeof section === 'object' && section !== null && !Array.isArray(section))
    .map(([name, section]) => ({ name, count: Object.keys(section).length }))
    .filter(({ count }) => count > MOST_MEMBERS)
    .map(({ name, count }) => ({
      code: 'custom',
      path: [name],
      message: `${count} members are too many; at most ${MOST_MEMBERS} can be counted`,
      input: undefined,
    }))
}

/** What zod expects, in the words of the config (zod's error map). */
export const expectation: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPE_NAMES[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `expected ${issue.values.map((value) => inspect(value)).join(' or ')}`
    case 'too_small':
      return `expected at least ${issue.minimum}${UNITS[issue.origin] ?? ''}`
    case 'too_big':
      return `expected at most ${issue.maximum}${UNITS[issue.origin] ?? ''}`
    case 'invalid_key':
      return (
        issue.issues.find(({ code }) => code === 'invalid_format')?.message ?? 'expected a key of 1 to 200 characters'
      )
    case 'unrecognized_keys': {
      const { shape } = (issue.inst as z.ZodObject).def
      return `no such key; there is ${Object.keys(shape).join(', ')}`
    }
    default:
      return undefined
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list of two',
  object: 'an object { key: value }',
  record: 'an object { key: value }',
}
const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' items' }

interface Mistake {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly input?: unknown
}

/**
 * A union fails with one list of issues per alternative: the one that got furthest is the one meant; when none did,
 * the union itself says what it expects. An object fails once for all its unknown keys: each is a mistake.
 */
function flatten(issue: z.core.$ZodIssue, base: readonly PropertyKey[]): Mistake[] {
  const path = [...base, ...issue.path]
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], message: issue.message }))
  if (issue.code === 'invalid_union') {
    const meant = [...issue.errors].sort((a, b) => reachOf(b) - reachOf(a))[0] ?? []
    if (reachOf(meant) > 0) return meant.flatMap((inner) => flatten(inner, path))
  }
  return [{ path, message: issue.message, input: issue.input }]
}

function reachOf(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(
    0,
    ...issues.map(
      (issue) =>
        issue.path.length +
        (issue.code === 'custom' || issue.code === 'unrecognized_keys' ? 1 : 0) +
        (issue.code === 'invalid_union' ? Math.max(0, ...issue.errors.map(reachOf)) : 0),
    ),
  )
}

/** A message that only says what was expected gets what was found; any other is a whole sentence. */
function describeMistake({ path, message, input }: Mistake): string {
  const key = path.map(pathPart).join('.') || 'config'
  if (!message.startsWith('expected')) return `${key}: ${message}`
  return `${key}: ${input === undefined ? 'missing' : `found ${printed(input)}`}, ${message}`
}

function pathPart(key: PropertyKey): string {
  return /^[\w-]+$/.test(String(key)) ? String(key) : JSON.stringify(String(key))
}

function printed(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value)
  return inspect(value, { depth: 0, maxArrayLength: 3, breakLength: Number.POSITIVE_INFINITY })
}
