const MOST = 30

/** Warnings of one file. The first of each kind keeps its place in the file; later ones of the kind are only counted. */
export interface Warnings {
  add(kind: string, message: string): void
  /** One line each, in order of first sight. */
  lines(): string[]
}

export function createWarnings(): Warnings {
  const first = new Map<string, { message: string; count: number }>()
  let unlisted = 0
  return {
    add(kind, message) {
      const known = first.get(kind)
      if (known !== undefined) known.count++
      else if (first.size < MOST) first.set(kind, { message, count: 1 })
      else unlisted++
    },
    lines: () => [
      ...[...first.values()].map(({ message, count }) =>
        count === 1 ? message : `${message} (and ${count - 1} more like this)`,
      ),
      ...(unlisted > 0 ? [`${unlisted} more warnings of other kinds`] : []),
    ],
  }
}
