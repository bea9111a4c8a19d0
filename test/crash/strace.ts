import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { type Product, type Run, startFlowscan } from './product.ts'

/** A system call as strace tells of it. */
export interface Call {
  /** Of the kernel; the process's own number for the main one. */
  readonly thread: number
  readonly name: string
  /** It was the so many-th of its name in its thread: what strace's `when` counts. */
  readonly at: number
  readonly args: string
  /** `null`: it never returned. */
  readonly result: string | null
  readonly isInjected: boolean
}

/** What to do at the `at`-th call of a name: strace(1), `inject`. */
export interface Injection {
  readonly call: string
  /** `1+`: at each. */
  readonly at: number | '1+'
  /** Below the directory: only calls with this path count, or with one that another injection names. `PID` stands for the process id in it. */
  readonly path?: string
  /** `signal=KILL`, `error=EIO`, `retval=0`. */
  readonly what: string
  /** Only the main thread's calls count; else those of each thread, by themselves. */
  readonly isMain: boolean
}

export interface TracedRun extends Run {
  readonly mainThread: number
  readonly calls: readonly Call[]
}

const AWAIT_TRACER = new URL('await-tracer.mjs', import.meta.url).href

/** V8 without threads of its own, which wake the main one when they like. */
export const UNTHREADED = ['--single-threaded', '--v8-pool-size=0']

/** Runs flowscan under strace, which writes down these calls and meddles with some of them, of different names. */
export async function trace(
  product: Product,
  base: string,
  command: string,
  names: readonly string[],
  injections: readonly Injection[] = [],
): Promise<TracedRun> {
  const { child, ended } = startTraceable(product, base, command)
  await untilStopped(child)
  const strace = attach(child.pid!, base, names, injections)
  await strace.attached
  child.kill('SIGCONT')
  const run = await ended
  await strace.ended
  return { ...run, mainThread: child.pid!, calls: readLog(base, child.pid!) }
}

/** A run that stops behind each of some calls of its main thread. */
export interface StoppingRun {
  readonly pid: number
  readonly ended: Promise<Run>
  /** Waits until it stops again; `false`: it has ended. */
  untilStop(): Promise<boolean>
  goOn(): void
  /** When it has ended: these calls, each of which was followed by a stop. */
  calls(): Call[]
}

/** All its stops together. */
const STANDS_STILL_MS = 3 * 3_600_000
const STOP = '--- stopped by SIGSTOP ---'

/** Runs flowscan under strace and stops it behind every call of these names. */
export async function traceStopping(
  product: Product,
  base: string,
  command: string,
  names: readonly string[],
): Promise<StoppingRun> {
  const { child, ended } = startTraceable(product, base, command, STANDS_STILL_MS)
  await untilStopped(child)
  const strace = attach(
    child.pid!,
    base,
    names,
    names.map((call) => ({ call, at: '1+', isMain: true, what: 'signal=STOP' })),
    'STOP',
  )
  await strace.attached
  const log = openSync(logOf(base), 'r')
  const bytes = Buffer.alloc(65_536)
  let tail = ''
  const over = ended.then(() => true)
  async function untilStop(): Promise<boolean> {
    for (;;) {
      const length = readSync(log, bytes)
      tail += bytes.toString('latin1', 0, length)
      const stops = tail.split(STOP).length - 1
      if (stops > 0) {
        if (stops > 1) throw new Error(`strace: ${stops} stops at once`)
        tail = ''
        return true
      }
      if (length === 0 && (await Promise.race([over, setTimeout(1, false)]))) return false
    }
  }
  // The stop that waited for the tracer.
  await untilStop()
  child.kill('SIGCONT')
  return {
    pid: child.pid!,
    ended,
    untilStop,
    goOn: () => child.kill('SIGCONT'),
    calls() {
      closeSync(log)
      return readLog(base, child.pid!)
    },
  }
}

function startTraceable(product: Product, base: string, command: string, mayTakeMs?: number) {
  const loads = pathToFileURL(join(product, `dist/ingest/commands/${command.split(' ')[0]}.js`)).href
  const options = [...UNTHREADED, '--import', AWAIT_TRACER]
  return startFlowscan(product, base, command, options, { FLOWSCAN_LOADS: loads }, mayTakeMs)
}

/** The calls in the log of a directory, which goes. */
export function readLog(base: string, mainThread: number): Call[] {
  const log = logOf(base)
  const calls = parseLog(readFileSync(log, 'utf8'), mainThread)
  rmSync(log)
  return calls
}

async function untilStopped(child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')) return
    await setTimeout(2)
  }
  throw new Error(`flowscan ended with ${child.exitCode ?? child.signalCode} before it could be traced`)
}

function logOf(base: string): string {
  return `${base}.strace`
}

/** Attaches strace to a process that will work on a directory, until that ends or `detach`. */
export function attach(
  pid: number,
  base: string,
  names: readonly string[],
  injections: readonly Injection[],
  signals = 'none',
) {
  const inject = injections.flatMap(({ call, at, what }) => ['-e', `inject=${call}:${what}:when=${at}`])
  const options = ['-y', '-s', '0', '-e', `trace=${names.join()}`, '-e', `signal=${signals}`, ...inject]
  const threads = injections.length > 0 && injections.every(({ isMain }) => isMain) ? [] : ['-f']
  const paths = injections.flatMap(({ path }) => (path === undefined ? [] : ['-P', withPid(join(base, path), pid)]))
  const strace = spawn('strace', [...threads, ...options, ...paths, '-o', logOf(base), '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(strace, 'close')
  let said = ''
  const attached = new Promise<void>((resolve, reject) => {
    strace.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (/ attached/.test(said)) resolve()
    })
    ended.then(() => reject(new Error(`strace: ${said}`)), reject)
  })
  return { attached, ended, detach: () => strace.kill('SIGTERM') }
}

const BEGUN = /^(?:(\d+) +)?(\w+)\((.*?)(?:\) += (.*)| <unfinished \.\.\.>)$/
const RESUMED = /^(?:(\d+) +)?<\.\.\. (\w+) resumed>(.*)\) += (.*)$/

/** The calls of a log (`strace -o`) in the order in which they began; `mainThread`: that of lines that name none. */
export function parseLog(text: string, mainThread: number): Call[] {
  const calls: { -readonly [K in keyof Call]: Call[K] }[] = []
  const counts = new Map<string, number>()
  const open = new Map<number, number>()
  for (const line of text.split('\n')) {
    const begun = BEGUN.exec(line)
    const resumed = RESUMED.exec(line)
    if (begun !== null) {
      const [, id, name, args, result] = begun as unknown as [string, string | undefined, string, string, string?]
      const thread = Number(id ?? mainThread)
      const key = `${thread} ${name}`
      const at = (counts.get(key) ?? 0) + 1
      counts.set(key, at)
      if (result === undefined) open.set(thread, calls.length)
      calls.push({ thread, name, at, args, result: result ?? null, isInjected: isInjected(result) })
    } else if (resumed !== null) {
      const [, id, , args, result] = resumed as unknown as [string, string | undefined, string, string, string]
      const thread = Number(id ?? mainThread)
      const call = calls[open.get(thread) ?? -1]
      if (call === undefined) throw new Error(`strace: nothing to resume: ${line}`)
      call.args += args
      call.result = result
      call.isInjected = isInjected(result)
      open.delete(thread)
    }
  }
  return calls
}

function isInjected(result: string | undefined): boolean {
  return result?.endsWith('(INJECTED)') === true
}

/** The files that a call names, relative to `base`, if they are below it; `.` is `base` itself. */
export function pathsOf({ args }: Call, base: string): string[] {
  return [...args.matchAll(/"([^"]*)"|\d+<([^>]*)>/g)]
    .map(([, name, open]) => name ?? open!)
    .filter((path) => path === base || path.startsWith(`${base}/`))
    .map((path) => path.slice(base.length + 1) || '.')
}

/** A path in which the process id of whoever made a temporary name is `PID`. */
export function withoutPid(path: string, pid: number): string {
  return path.replace(new RegExp(`(\\.tmp-(?:stale-)?)${pid}\\b`, 'g'), '$1PID')
}

function withPid(path: string, pid: number): string {
  return path.replace(/(\.tmp-(?:stale-)?)PID\b/g, `$1${pid}`)
}

/** Has the call worked? */
export function hasWorked({ result }: Call): boolean {
  return result !== null && !result.startsWith('-1') && !result.startsWith('?')
}

/** Does it make its name if there is none, or empty the file? */
export function isCreating({ name, args }: Call): boolean {
  return name === 'openat' && /\bO_(CREAT|TRUNC)\b/.test(args)
}

/** Is it a temporary name, of whatever process? */
export function isTemporary(path: string): boolean {
  return /\.tmp-/.test(path)
}

/** A path without what differs from run to run: process ids and chance. */
export function withoutChance(path: string): string {
  return path.replace(/\.tmp-(stale-)?\d+(-[0-9a-f]+)?/g, '.tmp-$1*')
}
