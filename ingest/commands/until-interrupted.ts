/** Resolves at Ctrl-C (SIGINT) or when the service manager says so (SIGTERM). */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
