import { explainRefusal, UserError } from '../model/errors.ts'

/** What the operator can mend must not end a process that is meant to stay: it is printed, and the next time tries again. */
export async function tolerate(act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (thrown) {
    const error = explainRefusal(thrown)
    if (!(error instanceof UserError)) throw error
    console.error(`flowscan: ${error.message}`)
  }
}
