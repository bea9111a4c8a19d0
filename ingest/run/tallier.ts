import { Worker } from 'node:worker_threads'
import { tallyFile } from '../aggregate/tally-file.ts'
import type { LoadedConfig } from '../config/load.ts'
import { DecodeError, UserError } from '../model/errors.ts'
import { readChunks } from '../store/files.ts'
import { type EncodedPart, encodePart } from '../store/part.ts'
import { Unreadable } from './flow-file.ts'

/** A flow file to be counted: open, and belonging to whoever opened it. Descriptors are valid in every thread. */
export interface TallyTask {
  readonly descriptor: number
  readonly name: string
  readonly bytes: number
  readonly source: string
}

/** What a flow file adds up to, ready to be stored. */
export interface TalliedFile {
  readonly part: EncodedPart
  readonly flows: number
  readonly warnings: readonly string[]
}

/** What counting takes of a config: plain data, so that a thread can have it. */
export type TallyConfig = Pick<LoadedConfig, 'config' | 'fingerprint'>

/** Counts flow files, here or in other threads. */
export interface Tallier {
  /** How many files are worth handing over at the same time. */
  readonly atOnce: number
  /** Throws what `tallyFile` throws. */
  tally(task: TallyTask): Promise<TalliedFile>
  close(): Promise<void>
}

/** With one thread: this one. Else `threads` workers, and one file more waiting so that none of them idles. */
export function createTallier({ config, fingerprint }: LoadedConfig, threads: number): Tallier {
  if (threads === 1)
    return { atOnce: 1, tally: (task) => tallyTask(task, { config, fingerprint }), close: () => Promise.resolve() }
  return new Pool({ config, fingerprint }, threads)
}

const CHUNK = 1 << 18

/** Reads the open file to its end and counts it. Throws what `tallyFile` throws, and Unreadable. */
export async function tallyTask(task: TallyTask, { config, fingerprint }: TallyConfig): Promise<TalliedFile> {
  const { descriptor, name, bytes, source } = task
  const file = {
    name,
    bytes,
    source,
    async *chunks() {
      yield* readChunks(descriptor, CHUNK)
    },
  }
  const { part, summary } = await tallyFile(file, config, fingerprint).catch((error: unknown) => {
    throw error instanceof Error && 'syscall' in error ? new Unreadable(error.message, { cause: error }) : error
  })
  return { part: encodePart(part), flows: part.total.flows, warnings: summary.warnings }
}

/** What a worker answers. Errors lose their class on the way, so what makes them up travels instead. */
export type TallyAnswer =
  | { readonly tallied: TalliedFile }
  | { readonly mistake: { readonly message: string; readonly exitCode: number; readonly byte?: number } }
  | { readonly unreadable: string }
  | { readonly bug: string }

export function toAnswer(error: unknown): TallyAnswer {
  if (error instanceof Unreadable) return { unreadable: error.message }
  if (!(error instanceof UserError))
    return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  const { message, exitCode } = error
  return { mistake: { message, exitCode, ...(error instanceof DecodeError ? { byte: error.byte } : {}) } }
}

interface Job {
  readonly task: TallyTask
  settle(answer: TallyAnswer): void
}

/** Workers that live as long as a backlog is worked off. */
class Pool implements Tallier {
  readonly atOnce: number
  readonly #workers: Worker[]
  readonly #idle: Worker[] = []
  readonly #waiting: Job[] = []
  readonly #busy = new Map<Worker, Job>()

  constructor(config: TallyConfig, threads: number) {
    this.atOnce = threads + 1
    this.#workers = Array.from({ length: threads }, () => this.#start(config))
  }

  tally(task: TallyTask): Promise<TalliedFile> {
    return new Promise((resolve, reject) => {
      const settle = (answer: TallyAnswer) => {
        if ('tallied' in answer) resolve(answer.tallied)
        else reject(toError(answer))
      }
      this.#waiting.push({ task, settle })
      this.#assign()
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  #start(config: TallyConfig): Worker {
    const worker = new Worker(new URL('./tally-worker.js', import.meta.url), { workerData: config })
    worker.on('message', (answer: TallyAnswer) => {
      this.#settle(worker, answer)
      this.#idle.push(worker)
      this.#assign()
    })
    worker.on('error', (error) => this.#settle(worker, toAnswer(error)))
    this.#idle.push(worker)
    return worker
  }

  #settle(worker: Worker, answer: TallyAnswer): void {
    this.#busy.get(worker)?.settle(answer)
    this.#busy.delete(worker)
  }

  #assign(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const worker = this.#idle.pop()!
      const job = this.#waiting.shift()!
      this.#busy.set(worker, job)
      const { descriptor, name, bytes, source } = job.task
      worker.postMessage({ descriptor, name, bytes, source } satisfies TallyTask)
    }
  }
}

function toError(answer: Exclude<TallyAnswer, { tallied: TalliedFile }>): Error {
  if ('unreadable' in answer) return new Unreadable(answer.unreadable)
  if ('bug' in answer) return new Error(`a thread that counts flows failed: ${answer.bug}`)
  const { message, exitCode, byte } = answer.mistake
  // A DecodeError's message already begins with the byte.
  return byte === undefined
    ? new UserError(message, exitCode)
    : new DecodeError(byte, message.replace(/^byte \d+: /, ''))
}
