/** A title within a sentence: `service` for `Service`, but `TOS class` and `AS` as they are. */
export function midSentence(title: string): string {
  return /^[A-Z][a-z]/.test(title) ? title[0]!.toLowerCase() + title.slice(1) : title
}
