/** Something that happened, to be seen on charts. */
export interface Event {
  /** Unix seconds. */
  readonly at: number
  /** When it was over; `null`: it took no time. */
  readonly to: number | null
  /** Anybody's text. */
  readonly label: string
}
