/* AssemblyScript, compiled by `npm run wasm`: what counting does once per flow. */
export { addHosts, enterHosts, hashAddress } from './hosts'
export { addKinds, enterKinds } from './kinds'
export { sortFlows } from './sort'
