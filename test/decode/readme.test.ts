import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { layoutOf } from '../../ingest/decode/flow-tools-records.ts'

const DECODE = new URL('../../ingest/decode/', import.meta.url).pathname
const readme = readFileSync(`${DECODE}README.md`, 'utf8')
const sources = readdirSync(DECODE)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(DECODE + name, 'utf8'))

/** Words in a row that a message has apart from its numbers: `byte order 3; expected` and `byte order ${n}; expected` have the same. */
function wordsOf(message: string): string[] {
  return message
    .replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, ' … ')
    .split(/…|\d+(?:\.\d+)*|0x\d+|'/)
    .map((part) => part.trim())
    .filter((part) => part.length > 12)
}

test('every section that the code names is there', () => {
  const named = sources.flatMap((source) => [...source.matchAll(/README, "([^"]+)"/g)].map(([, title]) => title!))
  expect(named.length).toBeGreaterThan(5)
  const titles = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title)
  for (const title of named) expect(titles).toContain(title)
})

test('every message that it quotes is in the code', () => {
  const tables = readme.split(/^### What is (?:forgiven|refused)$/m).slice(1)
  const quoted = tables.flatMap((table) =>
    [...table.split(/^#/m)[0]!.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell]) =>
      [...cell!.matchAll(/`([^`]+)`/g)].map(([, message]) => message!),
    ),
  )
  expect(quoted.length).toBeGreaterThan(30)
  const code = sources.join('\n')
  const strange = quoted.flatMap(wordsOf).filter((words) => !code.includes(words))
  expect(strange).toEqual([])
})

test('records have the sizes that it gives', () => {
  const header = { streamVersion: 3, exportVersion: 0, aggregationMethod: null } as unknown as Parameters<
    typeof layoutOf
  >[0]
  const sizeOf = (exportVersion: number, aggregationMethod: number | null) =>
    layoutOf({ ...header, exportVersion, aggregationMethod })?.size
  const [singles, summed] = readme.split('Version 8 holds flows')
  const rows = (text: string) =>
    [...text.matchAll(/^\| (\d+) \| (\d\d) \|/gm)].map(([, key, size]) => [Number(key), Number(size)])
  const versions = rows(singles!)
  expect(versions.length).toBe(5)
  for (const [version, size] of versions) expect(sizeOf(version!, null), `version ${version}`).toBe(size)
  const methods = rows(summed!).filter(([method], at) => method === at + 1)
  expect(methods.length).toBe(14)
  for (const [method, size] of methods) expect(sizeOf(8, method!), `method ${method}`).toBe(size)
})

describe('the table of hostile input', () => {
  const HERE = new URL('./', import.meta.url).pathname
  const rows = readFileSync(`${HERE}README.md`, 'utf8').match(/^\| \d+ \|.*$/gm) ?? []
  const cases = rows.map((row) => ({
    number: Number(/\d+/.exec(row)![0]),
    tests: [...row.matchAll(/`([^`]+\.test\.ts) › ([^`]+)`/g)].map(([, file, name]) => ({ file: file!, name: name! })),
  }))

  test('has every case, in order, each with a test', () => {
    expect(cases.map(({ number }) => number)).toEqual(Array.from({ length: 79 - 36 + 1 }, (_, n) => 36 + n))
    for (const { number, tests } of cases) expect(tests.length, `case ${number}`).toBeGreaterThan(0)
  })

  test('names tests that are there', () => {
    const missing = cases
      .flatMap(({ tests }) => tests)
      .filter(({ file, name }) => !isTestIn(readFileSync(HERE + file, 'utf8'), name))
    expect(missing).toEqual([])
  })

  test.each([
    { source: "test('one', () => {", name: 'one', is: true },
    { source: "describe('one', () => {", name: 'one', is: true },
    { source: "    { name: 'one', rows: 1 },", name: 'one', is: true },
    { source: "  'one.ft': { error: /x/ },", name: 'one.ft', is: true },
    { source: "])('one $name', () => {", name: 'one $name', is: true },
    { source: "test('one more', () => {", name: 'one', is: false },
    { source: "expect(what).toBe('one')", name: 'one', is: false },
    { source: "// test('one', () => {", name: 'one', is: false },
    { source: "test.skip('one', () => {", name: 'one', is: false },
  ])('a test is found by its name: $source', ({ source, name, is }) => {
    expect(isTestIn(source, name)).toBe(is)
  })
})

/** What stands before the name of a test, a group or a row on its line. */
const BEFORE_NAME = /^\s*$|^(?!.*\/\/).*(\b(test|describe)\(|\b(name|line): |\)\()$/

function isTestIn(source: string, name: string): boolean {
  const literals = ["'", '"', '`'].map((quote) => quote + name + quote)
  return source.split('\n').some((line) => {
    const literal = literals.find((each) => line.includes(each))
    return literal !== undefined && BEFORE_NAME.test(line.slice(0, line.indexOf(literal)))
  })
}
