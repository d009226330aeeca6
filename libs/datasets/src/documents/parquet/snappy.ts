// Decompresses Snappy, the usual compression of Parquet. Source: github.com/google/snappy, format_description.txt.

/** Three bytes of a copy give up to 64. */
const MOST_EXPANSION = 64 / 3;

const damaged = (): Error => new Error('its Snappy data is damaged');

/** @throws Error when the data is damaged or declares another length than `length`, before anything is allocated */
export function decompressSnappy(bytes: Uint8Array, length: number): Buffer {
  let at = 0;
  let declared = 0;
  for (let scale = 1; ; scale *= 128) {
    if (at === bytes.length || scale > 2 ** 28) throw damaged();
    const byte = bytes[at++];
    declared += (byte & 127) * scale;
    if (byte < 128) break;
  }
  if (declared !== length || length > MOST_EXPANSION * bytes.length) throw damaged();

  const out = Buffer.allocUnsafe(length);
  let end = 0;
  while (at < bytes.length) {
    const tag = bytes[at++];
    const kind = tag & 3;
    // Bytes of a length or an offset that follow.
    const more = kind === 0 ? Math.max(0, (tag >> 2) - 59) : kind === 3 ? 4 : kind;
    if (more > bytes.length - at) throw damaged();
    let number = 0;
    for (let i = 0, scale = 1; i < more; i++, scale *= 256) number += bytes[at++] * scale;
    if (kind === 0) {
      // A literal: bytes as they are.
      const size = (more > 0 ? number : tag >> 2) + 1;
      if (size > bytes.length - at || size > length - end) throw damaged();
      for (const stop = end + size; end < stop;) out[end++] = bytes[at++];
      continue;
    }
    // A copy of bytes before, which may overlap the copied ones.
    const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const offset = kind === 1 ? (tag >> 5) * 256 + number : number;
    if (offset === 0 || offset > end || size > length - end) throw damaged();
    for (const stop = end + size; end < stop; end++) out[end] = out[end - offset];
  }
  if (end !== length) throw damaged();
  return out;
}
