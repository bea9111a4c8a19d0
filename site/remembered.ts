import { DamagedFile, readJson } from '../ingest/store/files.ts'

/** What a build left for the next one; `null` when it is not there, damaged, or of another schema: whoever asks makes it anew. */
export function readRemembered<T extends object>(path: string, schema: number): T | null {
  try {
    const stored = readJson(path)?.value as ({ schema: number } & T) | undefined
    return stored?.schema === schema ? stored : null
  } catch (error) {
    if (error instanceof DamagedFile) return null
    throw error
  }
}
