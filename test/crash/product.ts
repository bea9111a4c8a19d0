import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../programs.ts'

const ROOT = new URL('../..', import.meta.url).pathname.replace(/\/$/, '')
/** Far beyond the longest run: whatever takes longer hangs. */
export const HANGS_AFTER_MS = 120_000

/** A compiled flowscan: the directory that holds `dist`. */
export type Product = string

/** The one that `npm run build` made. */
export const PRODUCT: Product = ROOT

/** How a run ended. */
export interface Run {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
  readonly ms: number
}

/** One thread for what libuv does aside, and no io_uring: otherwise the calls have no order that comes again. */
export function environment(): NodeJS.ProcessEnv {
  return { ...process.env, UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0', NO_COLOR: '1' }
}

/** The command line of `flowscan COMMAND` (with its options) on a directory that holds its config. */
export function argumentsOf(base: string, command: string): string[] {
  return [...command.split(' '), '--config', join(base, 'flowscan.config.json')]
}

/** Starts `flowscan COMMAND` on a directory; tells how it ended. */
export function startFlowscan(
  product: Product,
  base: string,
  command: string,
  nodeOptions: readonly string[] = [],
  more: NodeJS.ProcessEnv = {},
  mayTakeMs = HANGS_AFTER_MS,
): { child: ChildProcess; ended: Promise<Run> } {
  const cli = join(product, 'dist/ingest/cli.js')
  const began = performance.now()
  const child = spawn(process.execPath, [...nodeOptions, cli, ...argumentsOf(base, command)], {
    cwd: '/',
    env: { ...environment(), ...more },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: mayTakeMs,
    killSignal: 'SIGKILL',
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<Run>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stderr, ms: performance.now() - began }))
  })
  return { child, ended }
}

export function runFlowscan(product: Product, base: string, command: string): Promise<Run> {
  return startFlowscan(product, base, command).ended
}

/** What is wrong with a flowscan that was made worse on purpose: in a compiled file, one text instead of another. */
export interface Fault {
  readonly name: string
  /** Below `dist`. */
  readonly file: string
  readonly from: string
  readonly to: string
}

/** Copies flowscan to a directory, with a fault. Throws when the text to be replaced is not there exactly once. */
export function spoilProduct(into: string, { name, file, from, to }: Fault): Product {
  mkdirSync(into, { recursive: true })
  cpSync(join(ROOT, 'dist'), join(into, 'dist'), { recursive: true })
  for (const each of ['node_modules', 'package.json', 'templates']) symlinkSync(join(ROOT, each), join(into, each))
  const path = join(into, 'dist', file)
  const pieces = readFileSync(path, 'utf8').split(from)
  if (pieces.length !== 2)
    throw new Error(`fault "${name}": dist/${file} holds its text ${pieces.length - 1} times, expected once:\n${from}`)
  writeFileSync(path, pieces.join(to))
  return into
}

/** Copies a directory as it is: times to the nanosecond, links as links, names of one file as names of one file. */
export function copyTree(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', from, to], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`cp -a ${from} ${to}: ${stderr}`)
}

/** Is strace here, and may it trace? */
export function canTrace(): boolean {
  const strace = findProgram('strace')
  return strace !== null && spawnSync(strace, ['-o', '/dev/null', 'true']).status === 0
}
