import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Compiler {
  readonly TARGETS: { readonly [source: string]: string }
  compile(source: string): Promise<string>
}

const FOLDER = new URL('../../ingest/assembly/', import.meta.url)
const { TARGETS, compile } = (await import(new URL('compile.mjs', FOLDER).href)) as Compiler

test.each(Object.entries(TARGETS))('what %s compiles to is what the repository holds', async (source, target) => {
  expect(await compile(source)).toBe(readFileSync(new URL(target, FOLDER), 'utf8'))
})
