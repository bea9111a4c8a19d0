import { EXIT, UserError } from '../model/errors.ts'
import { DamagedFile } from './files.ts'

/** Something stored that a newer flowscan wrote: neither read nor changed. */
export class NewerSchema extends UserError {
  constructor(path: string, found: number, known: number) {
    super(
      `${path}: schema ${found}, but this flowscan reads ${known}; run the flowscan that wrote it. Nothing was changed`,
      EXIT.io,
    )
  }
}

/** Throws NewerSchema, or DamagedFile where the number is none that ever was. */
export function assertSchema(path: string, value: unknown, known: number): void {
  const found = (value as { schema?: unknown } | null)?.schema
  if (found === known) return
  if (typeof found === 'number' && found > known) throw new NewerSchema(path, found, known)
  throw new DamagedFile(`${path}: schema ${JSON.stringify(found)}, expected ${known}`)
}
