/**
 * Gives the memory of bytes back at once: they, and what else lies in the same memory, are empty afterwards. V8 collects the
 * garbage of the whole heap for every 32 MB of such memory, so that reading a long list took more CPU for that than for
 * anything else. Only for bytes that nobody else holds; small ones, which may lie in the pool that Node shares out, are left.
 */
export function freeBytes(bytes: Uint8Array): void {
  // Node takes from its pool what is smaller than half of it.
  if (bytes.byteLength < Buffer.poolSize >>> 1) return;
  if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
}
