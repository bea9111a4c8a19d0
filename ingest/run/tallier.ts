import type { Worker } from 'node:worker_threads'
import { tallyFile } from '../aggregate/tally-file.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { FlowReader } from '../decode/flow-reader.ts'
import { imbalanceOf } from '../store/conservation.ts'
import { type EncodedPart, encodePart } from '../store/part.ts'
import { readAhead } from './decode-ahead.ts'
import { readDescriptor } from './descriptor.ts'
import { type Failure, toError, toFailure } from './failure.ts'
import { startThread } from './thread.ts'

/** A flow file to be counted: open, and belonging to whoever opened it. Descriptors are valid in every thread. */
export interface TallyTask {
  readonly descriptor: number
  readonly name: string
  readonly bytes: number
  readonly source: string
}

/** What a flow file adds up to, ready to be stored, and what else somebody wants to know of it. */
export interface TalliedFile {
  readonly part: EncodedPart
  readonly startMs: number | null
  readonly records: number
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

/** From so many files on, threads that count one each are worth their start. */
const MANY = 12
/** From so many bytes on, a thread that decodes one file is worth its start. */
const LARGE = 32 * 1024 * 1024

/**
 * For `files` flow files: few are counted one after the other in this thread, those that are large with a second one that decodes; for
 * many there are `threads` workers, and one file more waiting so that none of them idles. `isApart`: workers in any case, for a file that
 * ends its thread leaves this one.
 */
export function createTallier(loaded: LoadedConfig, files: number, threads: number, isApart = false): Tallier {
  const { config, fingerprint } = loaded
  if (isApart || (threads > 1 && files >= MANY)) return new Pool({ config, fingerprint }, threads)
  const readerFor = ({ bytes }: TallyTask) => (threads > 1 && bytes >= LARGE ? readAhead : readDescriptor)
  return { atOnce: 1, tally: (task) => tallyTask(task, loaded, readerFor(task)), close: () => Promise.resolve() }
}

/** Reads the open file to its end and counts it. Throws what `tallyFile` throws, and Unreadable; an Error when the counts do not add up. */
export async function tallyTask(
  { descriptor, name, bytes, source }: TallyTask,
  { config, fingerprint }: TallyConfig,
  reader: (descriptor: number, timeZone: string) => FlowReader = readDescriptor,
): Promise<TalliedFile> {
  const file = { name, bytes, source, read: reader(descriptor, config.site.timeZone) }
  const { part, summary } = await tallyFile(file, config, fingerprint)
  const imbalance = imbalanceOf(part)
  if (imbalance !== null) throw new Error(`${name}: ${imbalance}`)
  const {
    file: { startMs },
    total,
  } = part
  return {
    part: encodePart(part),
    startMs,
    records: total.records,
    flows: Number(total.flows),
    warnings: summary.warnings,
  }
}

/** What a worker answers. */
export type TallyAnswer = { readonly tallied: TalliedFile } | Failure

interface Job {
  readonly task: TallyTask
  settle(answer: TallyAnswer): void
  fail(error: Error): void
}

/** No thread begins to work: no fault of the files that wait. */
export class NoThreads extends Error {
  override readonly name = 'NoThreads'
}

/** What a thread may hold besides its tables; a file for which that is too little is set aside before it can end the whole process. */
const LIMITS = { maxOldGenerationSizeMb: 512 }

/** Workers that live as long as a backlog is worked off. */
class Pool implements Tallier {
  readonly atOnce: number
  readonly #workers = new Set<Worker>()
  readonly #idle: Worker[] = []
  readonly #waiting: Job[] = []
  readonly #busy = new Map<Worker, Job>()

  constructor(config: TallyConfig, threads: number) {
    this.atOnce = threads + 1
    for (let at = 0; at < threads; at++) this.#start(config)
  }

  tally(task: TallyTask): Promise<TalliedFile> {
    return new Promise((resolve, reject) => {
      const settle = (answer: TallyAnswer) => {
        if ('tallied' in answer) resolve(answer.tallied)
        else reject(toError(answer))
      }
      this.#waiting.push({ task, settle, fail: reject })
      this.#assign()
    })
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()))
  }

  #start(config: TallyConfig): void {
    const worker = startThread(new URL('./tally-worker.js', import.meta.url), {
      workerData: config,
      resourceLimits: LIMITS,
    })
    worker.on('message', (answer: TallyAnswer | 'ready') => {
      if (answer !== 'ready') this.#settle(worker, answer)
      this.#idle.push(worker)
      this.#assign()
    })
    worker.on('error', (error) => this.#replace(worker, error, config))
    this.#workers.add(worker)
  }

  /** A worker died. If of the file that it was counting, another takes its place; if it did not even begin, none would. */
  #replace(worker: Worker, error: Error, config: TallyConfig): void {
    const wasBusy = this.#busy.has(worker)
    this.#workers.delete(worker)
    this.#settle(worker, toFailure(error))
    if (wasBusy) this.#start(config)
    else if (this.#workers.size === 0)
      for (const { fail } of this.#waiting.splice(0)) fail(new NoThreads(error.message, { cause: error }))
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
