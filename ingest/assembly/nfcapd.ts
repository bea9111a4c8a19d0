/* AssemblyScript, compiled by `npm run wasm`: what decoding nfcapd takes, all in one memory, so that what is unpacked is read where it lies. */
export { readFlows } from './flow-records'
export { unpack } from './lz4'
