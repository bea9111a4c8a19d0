import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import asc from 'assemblyscript/asc'

/*
 * npm run wasm
 *
 * Compiles each source in this folder, AssemblyScript, to WebAssembly, and writes that where it is used. What it writes is in the
 * repository: neither building nor running flowscan takes the compiler. `test/assembly` checks that it is up to date.
 */
export const TARGETS = { 'lz4.ts': '../decode/lz4.wasm.ts' }

/** The text of the module that holds the compiled source. */
export async function compile(source) {
  const text = readFileSync(new URL(source, import.meta.url), 'utf8')
  const options = ['-O3', '--converge', '--runtime', 'stub', '--noAssert', '--importMemory', '-o', 'out.wasm', source]
  let binary
  const { error, stderr } = await asc.main(options, {
    readFile: (name) => (basename(name) === source ? text : null),
    writeFile: (name, contents) => {
      if (name === 'out.wasm') binary = contents
    },
    listFiles: () => [],
  })
  if (error !== null) throw new Error(`${source}: ${error.message}\n${stderr.toString()}`)
  const code = Buffer.from(binary).toString('base64')
  return `/** WebAssembly in base64: \`ingest/assembly/${source}\`, compiled by \`npm run wasm\`. */\nexport const CODE =\n  '${code}'\n`
}

if (process.argv[1] === new URL(import.meta.url).pathname)
  for (const [source, target] of Object.entries(TARGETS))
    writeFileSync(new URL(target, import.meta.url), await compile(source))
