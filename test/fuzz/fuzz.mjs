import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'

/*
 * npm run fuzz -- [--runs 100000] [--seed 1] [--from 0] [--threads 2]
 *
 * Decodes mutants of small flow files of every format, in worker threads, and prints a line for every one that ends in anything
 * but a result or a DecodeError, takes longer than 100 ms for each 64 KB begun, never ends, or lets memory grow. The line tells
 * how to run that one again; its bytes are kept in a directory that is named at the end.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    threads: { type: 'string', default: '2' },
  },
})
const runs = wholeNumber('runs')
const seed = wholeNumber('seed')
const from = wholeNumber('from')
const threads = wholeNumber('threads')

/** What a thread may take once it is warm: 64 MiB, a block of 16 MiB packed and unpacked, and what awaits collection. */
const MOST_GROWTH = 192 * 1024 * 1024
/** MiB of objects; whatever wants more ends its thread. */
const HEAP = 128
/** Of one run. Where it was somebody else who had the processor, the same run ends when it is begun again. */
const HANGS_AFTER = 20_000
const SAYS_EVERY = 30_000

const counts = { read: 0, refused: 0 }
const findings = []
const directory = mkdtempSync(join(tmpdir(), 'flowscan-fuzz-'))
const started = performance.now()
let baseMemory = 0
let mostMemory = 0

const said = setInterval(say, SAYS_EVERY)
await Promise.all(Array.from({ length: threads }, (_, thread) => fuzz(thread)))
clearInterval(said)
say()
if (findings.length > 0) console.log(`The bytes of each are in ${directory}`)
process.exitCode = findings.length > 0 ? 1 : 0

function wholeNumber(name) {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= 0) return value
  console.error(`--${name} ${values[name]}: expected a whole number`)
  process.exit(64)
}

/** Every `threads`-th run, from `thread` on; a thread that hangs is ended, and another goes on behind the run that hung. */
async function fuzz(thread) {
  let suspect = -1
  for (let next = from + thread; next < from + runs; ) {
    const { hung, goOn } = await work(next)
    if (hung && suspect === goOn)
      report({ run: goOn, problem: `no end after ${HANGS_AFTER / 1000} s, twice`, base: '?', steps: [] })
    next = hung && suspect === goOn ? goOn + threads : goOn
    suspect = hung ? goOn : -1
  }
}

/** Works from a run on; tells with which to go on, and whether that is one that hung. */
function work(first) {
  return new Promise((resolve) => {
    const state = new Int32Array(new SharedArrayBuffer(4)).fill(-1)
    const worker = new Worker(new URL('worker.mjs', import.meta.url), {
      workerData: { seed, first, end: from + runs, step: threads, state },
      resourceLimits: { maxOldGenerationSizeMb: HEAP, maxYoungGenerationSizeMb: 32 },
    })
    let at = -1
    let since = 0
    const watchdog = setInterval(async () => {
      watchMemory()
      const now = performance.now()
      if (state[0] !== at) [at, since] = [state[0], now]
      else if (now - since > HANGS_AFTER && at !== -1) {
        clearInterval(watchdog)
        await worker.terminate()
        resolve({ hung: true, goOn: at })
      }
    }, 500)
    worker.on('message', (message) => {
      if (message.bytes !== undefined) report(message)
      else for (const kind of Object.keys(counts)) counts[kind] += message[kind]
    })
    worker.on('error', (error) => {
      report({ run: state[0], problem: `the thread ended: ${error.stack}`, base: '?', steps: [] })
    })
    worker.on('exit', (code) => {
      clearInterval(watchdog)
      resolve({ hung: false, goOn: code === 0 ? from + runs : Math.max(first, state[0]) + threads })
    })
  })
}

/** The first look, some time after the start, is what all later ones are held against. */
function watchMemory() {
  const memory = process.memoryUsage.rss()
  if (performance.now() - started < 10_000) baseMemory = Math.max(baseMemory, memory)
  else if (memory > Math.max(mostMemory, baseMemory + MOST_GROWTH * threads))
    report({
      run: -1,
      problem: `memory grew from ${mebibytes(baseMemory)} to ${mebibytes(memory)}`,
      base: '',
      steps: [],
    })
  mostMemory = Math.max(mostMemory, memory)
}

function report({ run, problem, base, steps, bytes }) {
  if (bytes !== undefined) writeFileSync(join(directory, `${run}.bin`), bytes)
  findings.push(run)
  const again = run < 0 ? '' : `\n  again: npm run fuzz -- --seed ${seed} --from ${run} --runs 1`
  console.log(`FOUND run ${run} (${base}): ${problem}\n  ${steps.join('; ')}${again}`)
}

function say() {
  const done = counts.read + counts.refused
  const seconds = (performance.now() - started) / 1000
  console.log(
    `${done} runs, ${Math.round(done / seconds)} a second: ${counts.read} read, ${counts.refused} refused, ${findings.length} found; at most ${mebibytes(mostMemory)} in all, ${mebibytes(baseMemory)} when warm`,
  )
}

function mebibytes(bytes) {
  return `${Math.round(bytes / 1024 / 1024)} MiB`
}
