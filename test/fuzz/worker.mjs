import { setTimeout } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { createJiti } from 'jiti'
import { decodeFlowFile } from '../../dist/ingest/decode/index.js'
import { DecodeError } from '../../dist/ingest/model/errors.js'

/* A thread of fuzz.mjs: mutates and decodes, and tells only what must not be, and now and then how far it is. */
const jiti = createJiti(import.meta.url, { fsCache: false })
const { loadBases } = await jiti.import('./bases.ts')
const { mutate } = await jiti.import('./mutate.ts')
const { execute } = await jiti.import('./execute.ts')

const { seed, first, end, step, state } = workerData
const tested = { decodeFlowFile, DecodeError }
const CHUNKS = [65_536, 65_536, 65_536, 4096, 997, 61]
const MOST_MS = 100
const TELLS_EVERY = 1000

const bases = loadBases()
for (const { bytes } of bases) await execute(bytes, CHUNKS[0], tested)
let counts = { read: 0, refused: 0 }
for (let run = first; run < end; run += step) {
  state[0] = run
  const mutant = mutate(bases, [seed, run])
  const chunk = CHUNKS[run % CHUNKS.length]
  const { outcome, ms } = await timed(mutant.bytes, chunk)
  if (outcome.kind === 'broken') report(run, mutant, outcome.problem)
  else {
    counts[outcome.kind]++
    const most = MOST_MS * Math.ceil(Math.max(1, mutant.bytes.length) / 65_536)
    if (ms > most && !(await isFast(mutant.bytes, chunk, most))) report(run, mutant, `takes ${Math.round(ms)} ms`)
    const other = CHUNKS[(run + 4) % CHUNKS.length]
    if (run % 8 === 0 && other !== chunk) await compare(run, mutant, outcome, other)
  }
  if ((run - first) % (TELLS_EVERY * step) === 0) tell()
}
tell()

async function timed(bytes, chunk) {
  const start = performance.now()
  const outcome = await execute(bytes, chunk, tested)
  return { outcome, ms: performance.now() - start }
}

/** Somebody else may have had the processor: one quick run of twenty proves that it can be quick. */
async function isFast(bytes, chunk, most) {
  for (let n = 0; n < 20; n++) {
    if ((await timed(bytes, chunk)).ms <= most) return true
    await setTimeout(100)
  }
  return false
}

/** How a file is cut into chunks must not show, but in the place of damage that zlib tells: that of the slice it was given. */
async function compare(run, mutant, outcome, chunk) {
  const again = await execute(mutant.bytes, chunk, tested)
  if (again.kind !== outcome.kind || again.rows !== outcome.rows || again.warnings !== outcome.warnings)
    report(run, mutant, `in chunks of ${chunk}: ${JSON.stringify(again)}, else ${JSON.stringify(outcome)}`)
}

function report(run, { base, steps, bytes }, problem) {
  parentPort.postMessage({ run, base, steps, bytes, problem })
}

function tell() {
  parentPort.postMessage(counts)
  counts = { read: 0, refused: 0 }
}
