import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canTrace, PRODUCT } from './product.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { type Stage, setStage, type Verdict } from './stage.ts'
import { stateOf } from './state.ts'
import { type Sizes, type Sweep, sweeps, type Trial } from './sweeps.ts'

/** What `npm run test:crash` was asked for. */
export interface Options extends Sizes {
  /** `kill/ingest`: only sweeps and scenarios whose names begin so. */
  readonly only?: string
  /** Only every so many-th trial of the long sweeps. */
  readonly every: number
  /** Of the errors, only these. */
  readonly errors?: readonly string[]
  /** At each call only one error, in turn. */
  readonly isDealt: boolean
  /** Forget what a broken off run had done. */
  readonly fresh: boolean
  readonly record: boolean
}

/** A trial that was done: a line of the journal. */
interface Done extends Verdict {
  readonly key: string
  readonly sweep: string
  readonly scenario: string
  readonly kind: Verdict['kind']
  /** What it is counted under. */
  readonly of: string
  /** How many trials the sweep has on this scenario. */
  readonly all: number
  readonly seconds: number
}

/** Runs every sweep on every scenario, going on where a run of the same flowscan was broken off. Returns how many trials broke something. */
export async function runWhole(options: Options): Promise<number> {
  if (!canTrace()) throw new Error('strace is not installed, or may not trace')
  const journal = openJournal(options.fresh)
  const [onlySweep = '', onlyScenario = ''] = (options.only ?? '').split('/')
  for (const scenario of scenarios.filter(({ name }) => name.startsWith(onlyScenario))) {
    await onStage(scenario, async (stage) => {
      for (const sweep of sweeps.filter(({ name }) => name.startsWith(onlySweep))) {
        const obstacle = sweep.obstacle()
        if (obstacle !== null) console.log(`skipped: ${sweep.name}/${scenario.name}: ${obstacle}`)
        else await runSweep(sweep, stage, options, journal)
      }
    })
  }
  const done = journal.all()
  const report = describe(done)
  console.log(report)
  if (options.record) writeFileSync(new URL('RESULT.md', import.meta.url), report)
  return done.filter(({ kind }) => kind === 'broken').length
}

async function onStage(scenario: Scenario, act: (stage: Stage) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'flowscan-crash-'))
  try {
    await act(await setStage(scenario, root, PRODUCT))
  } finally {
    rmSync(root, { recursive: true })
  }
}

async function runSweep(sweep: Sweep, stage: Stage, options: Options, journal: Journal): Promise<void> {
  const scenario = stage.scenario.name
  const keyOf = (trial: Trial) => `${sweep.name}/${scenario}: ${trial.id}`
  const all = await sweep.trialsOf(stage, options)
  const trials = sweep.isLong ? choose(all, options) : all
  const open = trials.filter((trial) => !journal.has(keyOf(trial)))
  const tell = createProgress(`${sweep.name}/${scenario}`, trials.length, trials.length - open.length)
  const queue = open.values()
  const work = async (worker: number): Promise<void> => {
    for (const trial of queue) {
      const began = performance.now()
      const verdict = await trial.run(worker)
      const seconds = (performance.now() - began) / 1000
      const key = keyOf(trial)
      journal.add({ ...verdict, key, sweep: sweep.name, scenario, of: trial.kind, all: all.length, seconds })
      if (verdict.kind === 'broken') console.log(`BROKEN ${key}\n  ${verdict.problem}`)
      tell()
    }
  }
  await Promise.all(Array.from({ length: options.workers }, (_, worker) => work(worker)))
}

function choose(all: readonly Trial[], { every, errors, isDealt }: Options): Trial[] {
  const wanted = all.filter(({ place, kind }) => place === undefined || errors === undefined || errors.includes(kind))
  return (isDealt ? deal(wanted) : wanted).filter((_, n) => n % every === 0)
}

/** Of the trials at one place, one: the first at the first place, the second at the second. */
function deal(trials: readonly Trial[]): Trial[] {
  const places = new Map<string, Trial[]>()
  for (const trial of trials) {
    const place = trial.place ?? trial.id
    places.set(place, [...(places.get(place) ?? []), trial])
  }
  return [...places.values()].map((at, n) => at[n % at.length]!)
}

const SAYS_EVERY_MS = 10_000

function createProgress(what: string, all: number, before: number): () => void {
  const began = performance.now()
  let said = began
  let done = before
  return () => {
    done++
    const now = performance.now()
    if (now - said < SAYS_EVERY_MS && done < all) return
    said = now
    const left = ((now - began) / (done - before)) * (all - done)
    console.log(`${what}: ${done} of ${all}, ${Math.ceil(left / 60_000)} min left`)
  }
}

interface Journal {
  has(key: string): boolean
  add(done: Done): void
  all(): readonly Done[]
}

/** What was done with this very flowscan and harness, in a file beside other temporary ones. */
function openJournal(isFresh: boolean): Journal {
  const code = JSON.stringify([stateOf(PRODUCT, ['dist', 'templates', 'test/crash'], /\.md$/)])
  const name = `flowscan-crash-${createHash('sha256').update(code).digest('hex').slice(0, 12)}.jsonl`
  const path = join(tmpdir(), name)
  if (isFresh) rmSync(path, { force: true })
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
  const done = new Map(lines.map((line) => JSON.parse(line) as Done).map((each) => [each.key, each]))
  console.log(`journal: ${path}, ${done.size} done`)
  return {
    has: (key) => done.has(key),
    add(each) {
      done.set(each.key, each)
      appendFileSync(path, `${JSON.stringify(each)}\n`)
    },
    all: () => [...done.values()],
  }
}

/** What the journal holds, as RESULT.md. */
function describe(done: readonly Done[]): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: PRODUCT, encoding: 'utf8' }).trim()
  const hours = done.reduce((sum, { seconds }) => sum + seconds, 0) / 3600
  const broken = done.filter(({ kind }) => kind === 'broken')
  return `# What the crash harness found

${new Date().toISOString().slice(0, 10)}, commit ${commit}, Node ${process.version}: ${done.length} trials in ${hours.toFixed(1)} h of worker time, **${broken.length} broken**.

| sweep | scenario | trials | of | sound | missed | broken | by kind |
|---|---|---|---|---|---|---|---|
${rowsOf(done).join('\n')}

*Missed*: the trial did not meet what it was meant to (the run was over, another call came first, there was enough space after all); the run was judged all the same.
${broken.map(({ key, problem }) => `\n- ${key}: ${problem}`).join('')}`
}

const titles = new Map(sweeps.map(({ name, title }) => [name, title]))

function rowsOf(done: readonly Done[]): string[] {
  const rows = new Map<string, Done[]>()
  for (const each of done) {
    const key = `${titles.get(each.sweep)} | ${each.scenario}`
    rows.set(key, [...(rows.get(key) ?? []), each])
  }
  return [...rows].map(([key, trials]) => {
    const count = (kind: Verdict['kind']) => trials.filter((each) => each.kind === kind).length
    return `| ${key} | ${trials.length} | ${Math.max(...trials.map(({ all }) => all))} | ${count('sound')} | ${count('missed')} | ${count('broken')} | ${kindsOf(trials)} |`
  })
}

function kindsOf(trials: readonly Done[]): string {
  const counts = new Map<string, number>()
  for (const { of } of trials) counts.set(of, (counts.get(of) ?? 0) + 1)
  return [...counts].map(([kind, count]) => `${kind} ${count}`).join(', ')
}
