import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { EXIT, UserError } from '../model/errors.ts'
import { makeDirectory, TEMPORARY } from '../store/files.ts'

/** Who holds the lock: enough to tell a running process from one that only had the same number. */
interface Holder {
  readonly pid: number
  /** Of the kernel; `null` where the system does not say. */
  readonly boot: string | null
  /** When the process began, in the kernel's ticks. */
  readonly start: string | null
}

/**
 * Takes the lock of a data directory; returns how to give it back. Throws a UserError (75) when a process that still
 * runs holds it. The lock of a dead one, or of before a reboot, is taken over: never by age. Totals do not depend on
 * the lock; it only spares two runs the same work.
 */
export function acquireLock(data: string): () => void {
  makeDirectory(data)
  const path = join(data, 'lock')
  const mine = JSON.stringify(describeProcess(process.pid))
  for (let attempt = 0; attempt < 5; attempt++) {
    if (createLock(path, mine)) {
      sweepLeftovers(path)
      return () => releaseLock(path, mine)
    }
    const found = readLock(path)
    if (found === null) continue
    const holder = parseHolder(found)
    if (holder !== null && isRunning(holder)) throw heldBy(path, holder)
    removeStale(path, found)
  }
  throw new UserError(`${path}: other processes take this lock again and again; try later`, EXIT.tryLater)
}

/** Is there a lock, held or left behind? Whoever takes it then knows that the one before did not end well. */
export function isLocked(data: string): boolean {
  return readLock(join(data, 'lock')) !== null
}

/** For what reads only, and would take what is half done for damage: throws a UserError (75) while a process is at work. */
export function refuseWhileLocked(data: string): () => void {
  const path = join(data, 'lock')
  const found = readLock(path)
  const holder = found === null ? null : parseHolder(found)
  if (holder !== null && isRunning(holder)) throw heldBy(path, holder)
  return () => {}
}

/** `acquireLock` that waits for whoever holds it: for what is done within minutes. */
export async function waitForLock(directory: string): Promise<() => void> {
  for (;;) {
    try {
      return acquireLock(directory)
    } catch (error) {
      if (!(error instanceof UserError && error.exitCode === EXIT.tryLater)) throw error
      await pause(200)
    }
  }
}

function heldBy(path: string, { pid }: Holder): UserError {
  return new UserError(
    `${path}: process ${pid} is at work on this data directory; wait until it has finished, or end it`,
    EXIT.tryLater,
  )
}

/** The lock appears with its content or not at all. */
function createLock(path: string, content: string): boolean {
  const temporary = `${path}${TEMPORARY}${process.pid}`
  writeFileSync(temporary, content)
  try {
    linkSync(temporary, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

function releaseLock(path: string, mine: string): void {
  if (readLock(path) === mine) rmSync(path, { force: true })
}

function readLock(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function parseHolder(content: string): Holder | null {
  try {
    const holder = JSON.parse(content) as Holder
    return Number.isSafeInteger(holder.pid) && holder.pid > 0 ? holder : null
  } catch {
    return null
  }
}

/** Takes the stale lock aside before removing it: if another process was faster and it is a new one, it goes back. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}${TEMPORARY}stale-${process.pid}`
  try {
    renameSync(path, aside)
    if (readFileSync(aside, 'utf8') !== stale) linkSync(aside, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

/** What processes left that were killed while they took the lock. */
function sweepLeftovers(path: string): void {
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(basename(path) + TEMPORARY)) continue
    const pid = Number(/\d+$/.exec(name)?.[0])
    if (!hasProcess(pid)) rmSync(join(dirname(path), name), { force: true })
  }
}

function describeProcess(pid: number): Holder {
  return { pid, boot: readProc('sys/kernel/random/boot_id'), start: startOf(pid) }
}

function isRunning({ pid, boot, start }: Holder): boolean {
  return boot === readProc('sys/kernel/random/boot_id') && hasProcess(pid) && start === startOf(pid)
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Field 22 of /proc/PID/stat (proc(5)); the name in field 2 may hold anything, so counting starts behind its parenthesis. */
function startOf(pid: number): string | null {
  const stat = readProc(`${pid}/stat`)
  return stat === null ? null : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null)
}

function readProc(name: string): string | null {
  try {
    return readFileSync(`/proc/${name}`, 'utf8').trim()
  } catch {
    return null
  }
}
