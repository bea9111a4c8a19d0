/* Text of others: labels that people write into a config, names of files that anybody may choose. */

/** More marks on a letter than any script writes reach into the lines above and below. */
const MOST_MARKS = 4
const MANY_MARKS = new RegExp(`\\p{M}{${MOST_MARKS + 1},}`, 'gu')

/**
 * Names of files, and messages that hold them, are anybody's text: one line, no control characters, nothing that turns the direction
 * of what is beside it or runs over it.
 */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped).replace(MANY_MARKS, (marks) => [...marks].map(escaped).join(''))
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`
}

/**
 * What keeps a text from being a label: it would break a line, be no Unicode, turn the text beside it around or run over it, or
 * not be seen at all. `null`: nothing, whatever else it says is only text; nor of an empty one, which lacks more than that.
 */
export function mistakeInLabel(text: string): string | null {
  const control = text.match(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{NChar}\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]/u)?.[0]
  if (control !== undefined) return `holds ${nameOf(control)}; leave that character out`
  if (text.search(MANY_MARKS) >= 0) return `holds a letter with more than ${MOST_MARKS} combining marks; leave some out`
  return text === '' || /[\p{L}\p{N}\p{P}\p{S}]/u.test(text) ? null : 'holds nothing that can be seen; write a name'
}

function nameOf(character: string): string {
  const code = character.codePointAt(0)!
  const kind = /\p{Cs}/u.test(character)
    ? 'half a surrogate pair'
    : /[\u202a-\u202e\u2066-\u2069]/.test(character)
      ? 'a control of text direction'
      : 'a control character'
  return `${kind}, U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
