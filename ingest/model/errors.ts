/** The exit codes of the command line (sysexits.h). */
export const EXIT = { ok: 0, usage: 64, data: 65, bug: 70, io: 74, tryLater: 75, config: 78 } as const

/**
 * Something the operator can mend. Printed as one plain line, without a stack; every other error is a bug.
 * The message names the subject, the place, what was found, what was expected, and the mend.
 */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT.data, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** A flow file whose bytes are not what its format demands: `file` is named by whoever knows it. */
export class DecodeError extends UserError {
  readonly byte: number
  readonly reason: string

  constructor(byte: number, reason: string) {
    super(`byte ${byte}: ${reason}`, EXIT.data)
    this.byte = byte
    this.reason = reason
  }
}

/** What the system refused (space, permissions, a failing disk) is the operator's to mend, too: such an error as a UserError (74), others as they are. */
export function explainRefusal(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error
  return new UserError(
    `${error.message}; nothing is lost and the old site stays: mend the cause (space, permissions, disk) and run again`,
    EXIT.io,
    { cause: error },
  )
}
