import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { argumentsOf, environment, HANGS_AFTER_MS, type Product, type Run } from './product.ts'
import { attach, type Injection, readLog, type TracedRun, UNTHREADED } from './strace.ts'

/** A process in which flowscan runs again and again: ten times as fast as one process for each run. */
export interface Host {
  /** `code` and `signal` are those of the process when the run was its end. */
  run(base: string, command: string): Promise<Run>
  trace(base: string, command: string, names: readonly string[], injections?: readonly Injection[]): Promise<TracedRun>
  /** May it run once more? Not when it has ended, or a run left something open. */
  isFit(): boolean
  /** Ends it, and waits until it has gone. */
  end(): Promise<void>
}

const SCRIPT = new URL('host.mjs', import.meta.url).pathname
/** A process gets a little larger with each run. */
const MOST_RUNS = 400

const hosts = new Map<string, Host & { readonly what: string }>()

/**
 * The host of a purpose and a worker. Where there is none that is fit, or it ran something else, there is a new one, which runs `command` once on the directory
 * that `spare` makes: what is loaded and opened only once is then behind it.
 */
export async function hostFor(
  product: Product,
  command: string,
  purpose: 'disturbing' | 'mending',
  worker: number,
  spare: () => string,
): Promise<Host> {
  const key = `${purpose} ${worker}`
  const what = `${product} ${command}`
  const known = hosts.get(key)
  if (known?.what === what && known.isFit()) return known
  await known?.end()
  const host = { ...startHost(product, purpose === 'disturbing' ? UNTHREADED : []), what }
  hosts.set(key, host)
  const { code, signal, stderr } = await host.run(spare(), command)
  if (code !== 0) throw new Error(`flowscan ${command}: an undisturbed run ended with ${code ?? signal}: ${stderr}`)
  return host
}

function startHost(product: Product, nodeOptions: readonly string[]): Host {
  const cli = pathToFileURL(join(product, 'dist/ingest/cli.js')).href
  const child = spawn(process.execPath, [...nodeOptions, SCRIPT, cli], {
    cwd: '/',
    env: environment(),
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  // A host that dies while it is written to is told of by its end.
  child.stdin!.on('error', () => {})
  const ended = once(child, 'close')
  const said = listen(child)
  let [runs, isClean] = [0, true]

  async function run(base: string, command: string): Promise<Run> {
    const began = performance.now()
    const hangs = setTimeout(() => child.kill('SIGKILL'), HANGS_AFTER_MS)
    hold(child, true)
    const told = said.untilEndOf(runs++)
    child.stdin!.write(`${JSON.stringify(argumentsOf(base, command))}\n`)
    const end = await Promise.race([told, ended.then(() => null)])
    hold(child, false)
    clearTimeout(hangs)
    isClean = end?.isClean === true || (runs === 1 && end !== null)
    const { exitCode, signalCode } = child
    const ms = performance.now() - began
    if (end === null) return { code: exitCode, signal: signalCode, stderr: said.take(), ms }
    return { code: end.code, signal: null, stderr: said.take(), ms }
  }

  return {
    run,
    async trace(base, command, names, injections = []) {
      const strace = attach(child.pid!, base, names, injections)
      await strace.attached
      const ran = await run(base, command)
      strace.detach()
      await strace.ended
      return { ...ran, mainThread: child.pid!, calls: readLog(base, child.pid!) }
    },
    isFit: () => isClean && runs < MOST_RUNS && child.exitCode === null && child.signalCode === null,
    async end() {
      child.kill('SIGKILL')
      hold(child, true)
      await ended
    },
  }
}

/** A process that waits keeps nobody else from ending; it goes when its standard input does. */
function hold(child: ChildProcess, isHeld: boolean): void {
  const pipes = [child.stdin, child.stderr] as unknown as NodeJS.Socket[]
  for (const each of [child, ...pipes]) isHeld ? each.ref() : each.unref()
}

declare global {
  namespace NodeJS {
    /** What the pipes of a child process are. */
    interface Socket {
      ref(): unknown
      unref(): unknown
    }
  }
}

interface End {
  readonly run: number
  readonly code: number
  readonly isClean: boolean
}

/** What a host says: of each run its words, then its end. */
function listen(child: ChildProcess) {
  let words = ''
  let rest = ''
  const waiting = new Map<number, (end: End) => void>()
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      // Words without a newline may stand before it.
      const [before, end] = line.split('\0') as [string, string?]
      words += end === undefined ? `${line}\n` : before
      if (end === undefined) continue
      const told = JSON.parse(end) as End
      waiting.get(told.run)?.(told)
      waiting.delete(told.run)
    }
  })
  return {
    untilEndOf: (run: number) => new Promise<End>((resolve) => waiting.set(run, resolve)),
    take() {
      const taken = words + rest
      words = ''
      rest = ''
      return taken
    },
  }
}
