/*
 * Makes dist/site/client/main.js of this folder: one classic script, for modules do not load from files. Called by
 * `npm run build`.
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { lean } from '../charts/lean.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const ROOT = join(HERE, '../..')
const LICENCES =
  '/* Holds parts of Vega (University of Washington Interactive Data Lab, BSD-3-Clause) and of D3 (Mike Bostock, ISC). */'

await build({
  entryPoints: [join(HERE, 'main.ts')],
  outfile: join(ROOT, 'dist/site/client/main.js'),
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  charset: 'utf8',
  banner: { js: LICENCES },
  logLevel: 'warning',
  plugins: [lean],
})
