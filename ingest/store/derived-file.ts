import { DamagedFile, parseJson, readJsonBytes } from './files.ts'
import { assertSchema } from './schema.ts'

/** A derived file that is not what was derived: what it was derived from is there, so it can be set aside and made anew. */
export class DamagedDerived extends DamagedFile {
  readonly path: string

  constructor(path: string, cause: DamagedFile) {
    super(`${cause.message}; flowscan fsck --repair makes it anew`, { cause })
    this.path = path
  }
}

/**
 * Reads a series, a board or the index, verified; `null` when there is none. `isOwn`: does what it holds fit its name?
 * `decode`: makes a value of the bytes of its JSON. Throws DamagedDerived; NewerSchema when a newer flowscan wrote it, for that is no damage.
 */
export function readDerived<T extends object>(
  path: string,
  schema: number,
  isOwn: (value: T) => boolean = () => true,
  decode: (json: Uint8Array) => T = parseJson as (json: Uint8Array) => T,
): { value: T; sha256: string } | null {
  try {
    const stored = readJsonBytes(path)
    if (stored === null) return null
    const value = decode(stored.json)
    assertSchema(path, value, schema)
    if (!isOwn(value)) throw new DamagedFile(`${path}: it holds something else than its name says`)
    return { value, sha256: stored.sha256 }
  } catch (error) {
    throw error instanceof DamagedFile ? new DamagedDerived(path, error) : error
  }
}
