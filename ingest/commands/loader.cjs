/*
 * Runs a bundle of the command. What V8 has compiled of it is kept for the next run of the same kind, which takes 0.05 s less CPU. Where nothing can be
 * kept, or what was kept is damaged, of another bundle, or of another V8 or its flags (which V8 finds out itself), it is compiled as ever.
 */
const { createHash } = require('node:crypto')
const { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { homedir } = require('node:os')
const { dirname, join } = require('node:path')
const { Script } = require('node:vm')

/** What a run needed that had little to do is not all that others need: what is so old is kept anew. */
const LONGEST_MS = 3_600_000

/** `name`: the bundle's file beside this one, in ASCII; another for every content. */
exports.run = (name) => {
  const filename = join(__dirname, name)
  const kept = attempt(() => placeOf(process.argv[2]))
  const cachedData = attempt(() => read(kept, name))
  const source = readFileSync(filename, 'latin1')
  const script = new Script(`(function (${NAMES}) {${source}\n})`, { filename, cachedData })
  if (script.cachedDataRejected !== false)
    process.once('exit', (status) => status === 0 && attempt(() => keep(script, kept, name)))
  const module = { exports: {} }
  const given = [module.exports, createRequire(filename), module, filename, __dirname, (name) => import(name)]
  script.runInThisContext()(...given)
}

/** What the bundle finds as in any CommonJS, and what imports for it. */
const NAMES = 'exports, require, module, __filename, __dirname, importHere'

/** One for every command of every installation, beside the compiled config (`../config/load.ts`): nobody else may write there, for what lies there is run. */
function placeOf(command) {
  if (!/^[a-z]+$/.test(command ?? '')) throw new Error('no command')
  const { CACHE_DIRECTORY, XDG_CACHE_HOME } = process.env
  const directory = CACHE_DIRECTORY ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'flowscan')
  return join(directory, `${command}-${hash(__dirname).toString('hex').slice(0, 8)}.code`)
}

/** Of the user who runs this alone: `sudo` may have left the directory of another. */
function read(kept, name) {
  const descriptor = openSync(kept)
  const { mtimeMs, uid, mode } = fstatSync(descriptor)
  const bytes = readFileSync(descriptor)
  closeSync(descriptor)
  if (uid !== (process.getuid?.() ?? uid) || (mode & OTHERS_WRITE) !== 0) throw new Error('not of this user alone')
  if (Date.now() - mtimeMs > LONGEST_MS) throw new Error('old')
  const code = bytes.subarray(HASH_BYTES)
  if (!hash(name, code).equals(bytes.subarray(0, HASH_BYTES))) throw new Error('damaged, or of another bundle')
  return code
}

function keep(script, kept, name) {
  const code = script.createCachedData()
  mkdirSync(dirname(kept), { recursive: true, mode: 0o700 })
  // Always the same: what a killed run left is overwritten, and two that write at once make what `read` calls damaged.
  const temporary = `${kept}.tmp`
  writeFileSync(temporary, Buffer.concat([hash(name, code), code]), { mode: 0o600 })
  renameSync(temporary, kept)
}

const HASH_BYTES = 32
const OTHERS_WRITE = 0o022

function hash(...parts) {
  const sum = createHash('sha256')
  for (const part of parts) sum.update(part)
  return sum.digest()
}

function attempt(act) {
  try {
    return act()
  } catch {}
}
