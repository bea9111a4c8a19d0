import { formatAddress, formatIPv4 } from '../model/address.ts'

/** The column that a batch holds for its exporters has 16 bits. */
const LAST = 65_535
const REST = 'others'

/** Gives every exporter of a file a small number, in order of first sight. */
export interface ExporterIndex {
  /** Hot: the number of an IPv4 exporter. */
  ofIPv4(address: number): number
  /** Hot: the number of an exporter whose four words start at `words[at]`. */
  of(words: ArrayLike<number>, at: number): number
}

/** `names` is the list to grow (`FlowFileSummary.exporters`). */
export function createExporterIndex(names: string[]): ExporterIndex {
  const byIPv4 = new Map<number, number>()
  const byName = new Map<string, number>()
  let lastAddress = -1
  let lastIndex = 0
  const lastWords = new Uint32Array(4)
  let lastOfWords = -1

  function byText(name: string): number {
    const known = byName.get(name)
    if (known !== undefined) return known
    if (names.length >= LAST) {
      if (names.length === LAST) names.push(REST)
      return LAST
    }
    byName.set(name, names.length)
    return names.push(name) - 1
  }

  return {
    ofIPv4(address) {
      if (address === lastAddress) return lastIndex
      let index = byIPv4.get(address)
      if (index === undefined) {
        index = byText(formatIPv4(address))
        if (index < LAST) byIPv4.set(address, index)
      }
      lastAddress = address
      lastIndex = index
      return index
    },
    of(words, at) {
      if (lastOfWords !== -1 && isSame(lastWords, words, at)) return lastOfWords
      for (let word = 0; word < 4; word++) lastWords[word] = words[at + word]!
      lastOfWords = byText(formatAddress(words, at))
      return lastOfWords
    },
  }
}

function isSame(last: Uint32Array, words: ArrayLike<number>, at: number): boolean {
  return last[0] === words[at] && last[1] === words[at + 1] && last[2] === words[at + 2] && last[3] === words[at + 3]
}
