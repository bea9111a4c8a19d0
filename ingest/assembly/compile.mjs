import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import asc from 'assemblyscript/asc'

/*
 * npm run wasm
 *
 * Compiles the AssemblyScript in this folder to WebAssembly, and writes that where it is used. What it writes is in the
 * repository: neither building nor running flowscan takes the compiler. `test/assembly` checks that it is up to date.
 */
export const TARGETS = {
  'classify.ts': '../classify/classify.wasm.ts',
  'count.ts': '../aggregate/count.wasm.ts',
  'inflate.ts': '../decode/inflate.wasm.ts',
  'nfcapd.ts': '../decode/nfcapd.wasm.ts',
}

/** What has a memory of its own; all others work in the heap of a thread, which other threads may see. */
const ALONE = new Set(['inflate.ts'])

/** The text of the module that holds the compiled source. */
export async function compile(source) {
  const options = [
    '-O3',
    '--converge',
    '--runtime',
    'stub',
    '--noAssert',
    '--importMemory',
    ...(ALONE.has(source) ? [] : ['--sharedMemory', '--maximumMemory', '65536']),
    '--enable',
    'simd,threads',
    '-o',
    'out.wasm',
    source,
  ]
  const file = (name) => new URL(name, import.meta.url)
  let binary
  const { error, stderr } = await asc.main(options, {
    readFile: (name) => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : null),
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
