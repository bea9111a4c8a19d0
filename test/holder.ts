import { readFileSync } from 'node:fs'

/** What a lock says of who holds it. */
export interface Holder {
  readonly pid: number
  readonly boot: string
  /** In the kernel's ticks. */
  readonly start: string | null
}

/** The process that runs the tests, as a lock of its own would name it; field 22 of /proc/PID/stat is when it began. */
export function thisProcess(): Holder {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return { pid: process.pid, boot, start: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]! }
}
