// Deflate decompression and checksums of zip entries.
import { constants, inflateRawSync } from 'node:zlib';

export { crc32 } from 'node:zlib';

/**
 * Decompresses raw deflate data.
 *
 * @param size expected number of bytes; at most one more is allocated
 * @throws Error for damaged data, or data of more bytes
 */
export function inflateRaw(bytes: Uint8Array, size: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve) => {
    const inflated = inflateRawSync(bytes, {
      maxOutputLength: Math.max(size, 1),
      // One chunk, so that there is no copy.
      chunkSize: Math.max(size, constants.Z_MIN_CHUNK),
      finishFlush: constants.Z_FINISH,
    });
    // In an ArrayBuffer of its own.
    const whole = inflated.length === inflated.buffer.byteLength;
    resolve(new Uint8Array(whole ? inflated.buffer : inflated));
  });
}
