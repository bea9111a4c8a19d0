import { heapMemory } from '../model/heap.ts'
import { startWasm } from '../model/wasm.ts'
import { CODE } from './classify.wasm.ts'

/** See `../assembly/classify.ts`: columns and tables are places in the heap. */
interface Functions {
  locate(
    length: number,
    srcAddr: number,
    dstAddr: number,
    trie: number,
    rootOfIPv6: number,
    inside: number,
    direction: number,
    srcSet: number,
    dstSet: number,
    multicast: number,
  ): void
  setsOf(count: number, addresses: number, step: number, trie: number, rootOfIPv6: number, sets: number): void
  codesOfValue(length: number, values: number, table: number, codes: number): void
  codesOfValueOrGroup(
    length: number,
    values: number,
    table: number,
    multicast: number,
    group: number,
    codes: number,
  ): void
  codesOfSets(length: number, srcSet: number, dstSet: number, count: number, codes: number): void
  codesOfPorts(
    length: number,
    protocol: number,
    srcPort: number,
    dstPort: number,
    tableOf: number,
    serviceAt: number,
    other: number,
    codes: number,
  ): void
  codesOfAs(
    length: number,
    srcAs: number,
    dstAs: number,
    direction: number,
    small: number,
    starts: number,
    members: number,
    edges: number,
    other: number,
    codes: number,
  ): void
  packCodes(length: number, codes: number, factor: number, word: number): void
}

let made: Functions | undefined

/** What classifying does in WebAssembly, one for all files of a thread. */
export function classifying(): Functions {
  made ??= startWasm<Functions>(CODE, heapMemory())
  return made
}
