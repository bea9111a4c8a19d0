/** What the addresses of each flow of a batch tell (see `ends.ts`): columns parallel to the batch. */
export interface Ends {
  readonly direction: Uint8Array
  /** Which set of networks holds the source, the destination: index into `AddressSpace.sets`. */
  readonly srcSet: Uint32Array
  readonly dstSet: Uint32Array
  /** 1 when the destination is a multicast group. */
  readonly multicast: Uint8Array
}
