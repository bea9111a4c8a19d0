import { relative } from 'node:path'
import { DamagedDerived } from '../store/derived-file.ts'
import { DamagedFile } from '../store/files.ts'
import { DamagedPart } from '../store/part.ts'
import { NewerSchema } from '../store/schema.ts'
import { DamagedSegment } from '../store/segment.ts'

/** One thing in a data directory that is not as it should be. */
export interface Defect {
  /**
   * `damage`: not what was stored, or made from something else than what is there. `unbalanced`: stored as it was counted, but the
   * counts do not add up. `newer`: a newer flowscan wrote it. `pending`: what a run that was ended left to the next. `stranger`: no
   * file of flowscan's, or a temporary one.
   */
  readonly kind: 'damage' | 'unbalanced' | 'newer' | 'pending' | 'stranger'
  /** Below the data directory. */
  readonly path: string
  readonly found: string
  readonly mend: string
  /** For `repair`; absent where nothing can be done. */
  readonly cause?: Cause
}

const MENDS = {
  damage: 'flowscan fsck --repair makes it anew',
  unbalanced: 'flowscan rebuild counts its flow file again; please report this',
  newer: 'run the flowscan that wrote it',
  pending: 'the next flowscan run does this',
  stranger: 'left alone; remove it if nobody needs it',
} as const

/** Collects defects while a data directory is read. */
export interface Findings {
  readonly defects: readonly Defect[]
  add(kind: Defect['kind'], path: string, found: string, mend?: string): void
  /** A derived file that can be read and is wrong all the same. */
  addWrong(path: string, found: string): void
  /** What `read` returns; `null` when it meets damage or a newer schema, which becomes a finding. */
  look<T>(path: string, read: () => T): T | null
}

export function createFindings(data: string): Findings {
  const defects: Defect[] = []
  const push = (kind: Defect['kind'], path: string, found: string, mend: string = MENDS[kind], cause?: unknown) =>
    defects.push({
      kind,
      path: relative(data, path),
      found,
      mend,
      ...(isCause(cause) ? { cause } : {}),
    })
  return {
    defects,
    add: push,
    addWrong: (path, found) =>
      push('damage', path, found, undefined, new DamagedDerived(path, new DamagedFile(`${path}: ${found}`))),
    look(path, read) {
      try {
        return read()
      } catch (error) {
        if (error instanceof NewerSchema) push('newer', path, reasonOf(error, path), undefined, error)
        else if (error instanceof DamagedFile) push('damage', path, reasonOf(error, path), mendOf(error), error)
        else throw error
        return null
      }
    },
  }
}

type Cause = DamagedPart | DamagedSegment | DamagedDerived | NewerSchema

function isCause(error: unknown): error is Cause {
  return [DamagedPart, DamagedSegment, DamagedDerived, NewerSchema].some((kind) => error instanceof kind)
}

function mendOf(error: DamagedFile): string | undefined {
  return error instanceof DamagedPart ? 'flowscan fsck --repair makes it again from its saved flow file' : undefined
}

/** Without the path and the mend, which stand beside it. */
function reasonOf(error: Error, path: string): string {
  const { message } = error.cause instanceof DamagedFile ? error.cause : error
  return message.replace(`${path}: `, '')
}
