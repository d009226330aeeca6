// Deflate decompression and checksums of zip entries, with what pages have.

/**
 * Decompresses raw deflate data.
 *
 * @param size expected number of bytes
 * @throws Error for damaged data, or data of more bytes
 */
export async function inflateRaw(bytes: Uint8Array, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const inflated = new Uint8Array(size);
  let length = 0;
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'));
  const reader = stream.getReader();
  for (;;) {
    const { value } = await reader.read();
    if (value === undefined) return inflated.subarray(0, length);
    if (length + value.length > size) {
      await reader.cancel();
      throw new Error(`more than ${size} bytes`);
    }
    inflated.set(value, length);
    length += value.length;
  }
}

/** CRC-32 of each byte, by the reversed polynomial of zip. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The CRC-32 checksum of zip files. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff];
  return ~crc >>> 0;
}
