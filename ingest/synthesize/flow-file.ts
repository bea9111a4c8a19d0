import { closeSync, futimesSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { EXIT, UserError } from '../model/errors.ts'
import type { ExportedFlows } from './exported-flows.ts'
import type { Exporter } from './exporter.ts'

/** A flow file in the making: flows in the order of export, then `close`, or `discard` when something went wrong. */
export interface FlowFileWriter {
  /** Appends the rows of a batch, in this order or as they come. */
  write(flows: ExportedFlows, order?: Uint32Array): void
  /** Completes the file and gives it its name, which it returns. */
  close(): string
  discard(): void
}

export interface FlowFileOptions {
  readonly path: string
  readonly exporter: Exporter
  readonly compression: 'none' | 'zlib' | 'lz4'
  /** Unix seconds between which the collector had the file open. */
  readonly captureStart: number
  readonly captureEnd: number
}

/** Bytes on their way to a file that has its name only when it is whole. */
export interface Output {
  readonly offset: number
  append(bytes: Uint8Array): void
  /** Writes over the beginning, whose length must have been appended before. */
  overwriteStart(bytes: Uint8Array): void
  /** Sets the time of last change (unix seconds) and the name, which it returns. */
  close(changed: number): string
  discard(): void
}

/** Throws a UserError (exit code 74) when the directory or the disk does not do its part. */
export function createOutput(path: string): Output {
  const temporary = join(dirname(path), `.${basename(path)}.tmp`)
  const descriptor = told(path, () => openSync(temporary, 'w'))
  let offset = 0
  let isOpen = true
  function shut(): void {
    if (isOpen) closeSync(descriptor)
    isOpen = false
  }
  return {
    get offset() {
      return offset
    },
    append(bytes) {
      told(path, () => writeWhole(descriptor, bytes, offset))
      offset += bytes.length
    },
    overwriteStart: (bytes) => told(path, () => writeWhole(descriptor, bytes, 0)),
    close(changed) {
      told(path, () => {
        futimesSync(descriptor, changed, changed)
        shut()
        renameSync(temporary, path)
      })
      return path
    },
    discard() {
      shut()
      rmSync(temporary, { force: true })
    },
  }
}

function writeWhole(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done)
  }
}

function told<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw new UserError(
      `${path}: cannot be written: ${(error as Error).message}; let the directory exist, be writable and have room`,
      EXIT.io,
      { cause: error },
    )
  }
}
