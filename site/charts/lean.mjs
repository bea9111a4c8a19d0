/*
 * What esbuild takes of Vega for our charts, in the browser and at the build: packages are read file by file, so that what nobody imports goes, and
 * what charts never come to (maps, colour schemes, other formats of data) is left out by name.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = dirname(fileURLToPath(import.meta.url))
const ROOT = join(HERE, '../..')

/** Their files do nothing but export: one that gives nothing that is used can go. */
const DIVISIBLE = /\/node_modules\/vega-(transforms|view-transforms|encode|statistics|time|scenegraph)\//
const NEVER_CALLED = /^(d3-geo|d3-dsv|topojson-client)$/

export const lean = {
  name: 'lean',
  setup({ onResolve, onLoad }) {
    const require = createRequire(join(ROOT, 'package.json'))
    onResolve({ filter: /^vega$/ }, () => ({ path: join(HERE, 'vega.mjs') }))
    onResolve({ filter: /^vega-(transforms|view-transforms|encode|statistics|time|scenegraph)$/ }, ({ path }) => ({
      path: sourcesOf(require, path),
      sideEffects: false,
    }))
    onResolve({ filter: /^\.\.?\// }, ({ path, importer }) =>
      DIVISIBLE.test(importer) ? { path: join(dirname(importer), path), sideEffects: false } : undefined,
    )
    onResolve({ filter: NEVER_CALLED }, ({ path }) => ({ path, namespace: 'never-called', sideEffects: false }))
    onLoad({ filter: /.*/, namespace: 'never-called' }, () => ({ contents: 'module.exports = {}' }))
    onLoad({ filter: /vega-scale\/src\/palettes\.js$/ }, () => ({
      contents: 'export const continuous = {}, discrete = {}',
    }))
    onResolve({ filter: /^vega-scale$/ }, ({ path }) => ({ path: sourcesOf(require, path) }))
  },
}

/** A package's own files instead of the one that it was built to. */
function sourcesOf(require, name) {
  const home = join(
    require.resolve.paths(name).find((path) => existsSync(join(path, name))),
    name,
  )
  return [join(home, 'index.js'), join(home, 'src/index.js')].find((path) => existsSync(path))
}
