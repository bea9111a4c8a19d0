/** Why something is not counted: `reason.json`. Nothing in it comes from the clock of the run. */
export interface Reason {
  /** What it is about: a path, or what the file was called. */
  readonly file: string
  /** Absent, as `when`, for what was derived from parts. */
  readonly source?: string
  /** The moment it is about: of its name, else its slot, else of its last change. */
  readonly when?: string
  readonly reason: string
  /** Where in the file. */
  readonly byte?: number
}
