// Encodings of the values of a page: runs, plain strings, and delta-encoded strings. Source: github.com/apache/parquet-format,
// Encodings.md.

/** The part of a page that is being read. */
export interface Cursor {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;
}

const damaged = (): Error => new Error('a page is damaged');

function readByte(cursor: Cursor): number {
  if (cursor.at >= cursor.end) throw damaged();
  return cursor.bytes[cursor.at++];
}

/** An unsigned number of at most 64 bits; exact up to 2^53. */
function readVarint(cursor: Cursor): number {
  for (let [value, scale] = [0, 1]; ; scale *= 128) {
    const byte = readByte(cursor);
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    if (scale > 2 ** 62) throw damaged();
  }
}

function readZigzag(cursor: Cursor): number {
  const value = readVarint(cursor);
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
}

/** Yields `count` bit-packed numbers of `width` bits, at most 32. */
function* readPacked(cursor: Cursor, width: number, count: number): Generator<number> {
  const scale = 2 ** width;
  let [held, bits] = [0, 0];
  for (let i = 0; i < count; i++) {
    for (; bits < width; bits += 8) held += readByte(cursor) * 2 ** bits;
    yield held % scale;
    held = Math.floor(held / scale);
    bits -= width;
  }
}

/** Yields `count` numbers, stored in runs or bit-packed groups, as pairs of a number and how often it is repeated. */
export function* readRuns(
  cursor: Cursor,
  width: number,
  count: number,
): Generator<readonly [value: number, times: number]> {
  if (width > 32) throw damaged();
  for (let left = count; left > 0;) {
    const header = readVarint(cursor);
    if (header % 2 === 1) {
      const groups = (header - 1) / 2;
      const next = cursor.at + groups * width;
      const values = Math.min(8 * groups, left);
      if (width === 0) yield [0, values];
      else for (const value of readPacked(cursor, width, values)) yield [value, 1];
      cursor.at = Math.min(next, cursor.end); // the last group may be cut
      left -= values;
    } else {
      let value = 0;
      for (let shift = 0; shift < width; shift += 8) value += readByte(cursor) * 2 ** shift;
      const times = Math.min(header / 2, left);
      if (times > 0) yield [value, times];
      left -= times;
    }
  }
}

/** Yields `count` strings, each of which comes after its length. */
export function* readPlain(cursor: Cursor, count: number): Generator<Buffer> {
  for (let i = 0; i < count; i++) {
    if (cursor.end - cursor.at < 4) throw damaged();
    const length = cursor.bytes.readUInt32LE(cursor.at);
    cursor.at += 4;
    yield take(cursor, length);
  }
}

function take(cursor: Cursor, length: number): Buffer {
  if (length < 0 || length > cursor.end - cursor.at) throw damaged();
  const start = cursor.at;
  cursor.at += length;
  return cursor.bytes.subarray(start, cursor.at);
}

/** Reads `count` delta-encoded 32-bit integers (DELTA_BINARY_PACKED). */
function readDeltas(cursor: Cursor, count: number): Int32Array {
  const blockSize = readVarint(cursor);
  const miniblocks = readVarint(cursor);
  const total = readVarint(cursor);
  const perMiniblock = blockSize / miniblocks;
  if (total !== count || !Number.isInteger(perMiniblock) || perMiniblock < 1) throw damaged();
  const values = new Int32Array(count);
  let value = readZigzag(cursor);
  if (count > 0) values[0] = value;
  for (let filled = 1; filled < count;) {
    const smallest = readZigzag(cursor);
    const widths = take(cursor, miniblocks);
    for (const width of widths) {
      if (filled >= count) break;
      if (width > 32) throw damaged();
      const next = cursor.at + Math.ceil((perMiniblock * width) / 8);
      for (const packed of readPacked(cursor, width, Math.min(perMiniblock, count - filled))) {
        value = (value + smallest + packed) | 0;
        values[filled++] = value;
      }
      cursor.at = Math.min(next, cursor.end); // the last miniblock may be cut
    }
  }
  return values;
}

/** Yields `count` strings whose lengths come first (DELTA_LENGTH_BYTE_ARRAY). */
export function* readDeltaLength(cursor: Cursor, count: number): Generator<Buffer> {
  for (const length of readDeltas(cursor, count)) yield take(cursor, length);
}

/** Yields `count` strings that share a beginning with the one before (DELTA_BYTE_ARRAY). */
export function* readDeltaStrings(cursor: Cursor, count: number): Generator<Buffer> {
  const shared = readDeltas(cursor, count);
  let previous: Buffer = Buffer.alloc(0);
  let i = 0;
  for (const rest of readDeltaLength(cursor, count)) {
    const length = shared[i++];
    if (length < 0 || length > previous.length) throw damaged();
    previous = length === 0 ? rest : Buffer.concat([previous.subarray(0, length), rest]);
    yield previous;
  }
}
