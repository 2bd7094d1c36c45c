/**
 * Bytes with all of their memory, so that it can be handed to another thread: themselves if they share it with nobody.
 * @throws TypeError if the memory was handed over before
 */
export const owned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  bytes.buffer instanceof ArrayBuffer && bytes.byteLength > 0 && bytes.byteLength === bytes.buffer.byteLength
    ? bytes as Uint8Array<ArrayBuffer>
    : new Uint8Array(bytes)
