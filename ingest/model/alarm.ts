/** Something that somebody should look at, and how to mend it. One subject has one alarm. */
export interface Alarm {
  readonly subject: string
  readonly what: string
  readonly mend: string
}
