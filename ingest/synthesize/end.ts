/** One end of a conversation. Filled again and again. */
export interface End {
  /** An address (see `model/address`). */
  readonly words: Uint32Array
  port: number
  /** 0 when inside. */
  as: number
  /** The router's interface on this side. */
  ifIndex: number
}

export function createEnd(): End {
  return { words: new Uint32Array(4), port: 0, as: 0, ifIndex: 0 }
}

export function setIPv4({ words }: End, address: number): void {
  words[0] = 0
  words[1] = 0
  words[2] = 0xffff
  words[3] = address
}

export function setIPv6({ words }: End, word0: number, word1: number, word2: number, word3: number): void {
  words[0] = word0
  words[1] = word1
  words[2] = word2
  words[3] = word3
}
