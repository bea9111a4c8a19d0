import { DecodeError, UserError } from '../model/errors.ts'
import { Deferred, Unreadable } from './flow-file.ts'

/** An error on its way from one thread to another. Errors lose their class on that way, so what makes them up travels instead. */
export type Failure =
  | { readonly mistake: { readonly message: string; readonly exitCode: number; readonly byte?: number } }
  | { readonly deferred: string }
  | { readonly unreadable: string }
  | { readonly bug: string }

export function toFailure(error: unknown): Failure {
  if (error instanceof Deferred) return { deferred: error.message }
  if (error instanceof Unreadable) return { unreadable: error.message }
  if (error instanceof Error && 'syscall' in error) return { unreadable: error.message }
  if (!(error instanceof UserError))
    return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  const { message, exitCode } = error
  return { mistake: { message, exitCode, ...(error instanceof DecodeError ? { byte: error.byte } : {}) } }
}

export function toError(failure: Failure): Error {
  if ('deferred' in failure) return new Deferred(failure.deferred)
  if ('unreadable' in failure) return new Unreadable(failure.unreadable)
  if ('bug' in failure) return new Error(`a thread that reads or counts flows failed: ${failure.bug}`)
  const { message, exitCode, byte } = failure.mistake
  // A DecodeError's message already begins with the byte.
  return byte === undefined
    ? new UserError(message, exitCode)
    : new DecodeError(byte, message.replace(/^byte \d+: /, ''))
}
