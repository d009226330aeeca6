// Reads a file in chunks as bytes or as strictly decoded UTF-8; decompresses gzip.
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

const CHUNK_BYTES = 1 << 20;
/** Largest ratio of decompressed to compressed text beyond the first bytes; texts have 3 to 30, gzip allows 1,000. */
export const MOST_EXPANSION = 100;
export const FREE_BYTES = 1 << 23;
/** Bytes at the start of a file in which a zero byte means that it is no text; the same number as in Git. */
const CHECKED_BYTES = 8000;

/** Bytes read so far, as stored on disk (before decompression). */
export interface Tally {
  bytes: number;
}

/** Returns the size of a file. @throws Error when it does not exist, is a folder or is empty */
export async function fileSize(path: string): Promise<number> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Error(`${path}: no such file (looked from ${process.cwd()})`);
    throw new Error(`${path}: cannot be read: ${error.message}`, { cause: error });
  });
  if (found.isDirectory()) throw new Error(`${path}: is a folder, expected a file`);
  // A pipe would hang, a device would not end.
  if (!found.isFile()) throw new Error(`${path}: is a pipe, device or socket. Expected a file.`);
  if (found.size === 0) throw new Error(`${path}: the file is empty`);
  return found.size;
}

/** Yields the bytes of a file in chunks; those of a `.gz` file decompressed. */
async function* fileBytes(path: string, tally: Tally, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    if (!/\.gz$/i.test(path)) {
      for await (const chunk of file) {
        signal?.throwIfAborted();
        tally.bytes += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
      return;
    }
    const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
    let [compressed, decompressed] = [0, 0];
    file.on('data', (chunk) => {
      tally.bytes += chunk.length;
      compressed += chunk.length;
    });
    file.on('error', (error) => gunzip.destroy(error));
    file.pipe(gunzip);
    try {
      for await (const chunk of gunzip) {
        signal?.throwIfAborted();
        decompressed += (chunk as Buffer).length;
        if (decompressed > MOST_EXPANSION * compressed + FREE_BYTES) {
          throw new Error(
            `${path}: expands to more than ${MOST_EXPANSION} times its size. Expected compressed text. ` +
              'Decompress it first if this is what it should be.',
          );
        }
        yield chunk as Buffer;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code?.startsWith('Z_')) {
        throw new Error(`${path}: broken gzip data: ${(error as Error).message}`, { cause: error });
      }
      throw error;
    } finally {
      gunzip.destroy();
    }
  } finally {
    file.destroy();
  }
}

/**
 * Yields the text of a UTF-8 file in chunks of whole characters, without a byte-order mark.
 * @throws Error with file, line and byte offset at the first byte that is not UTF-8
 */
export async function* fileText(path: string, tally: Tally, signal?: AbortSignal): AsyncGenerator<string> {
  let offset = 0;
  let rest: Buffer = Buffer.alloc(0);
  let first = true;
  for await (const chunk of fileBytes(path, tally, signal)) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (first) {
      if (bytes.length < CHECKED_BYTES) {
        rest = bytes;
        continue;
      }
      first = false;
      refuseBinary(path, bytes);
      if (hasUtf8Mark(bytes)) {
        bytes = bytes.subarray(3);
        offset = 3;
      }
    }
    const whole = bytes.subarray(0, completeLength(bytes));
    if (!isUtf8(whole)) throw await badUtf8(path, whole, offset);
    rest = Buffer.from(bytes.subarray(whole.length));
    offset += whole.length;
    if (whole.length > 0) yield whole.toString('utf8');
  }
  if (rest.length > 0) {
    if (first) {
      refuseBinary(path, rest);
      if (hasUtf8Mark(rest)) {
        rest = rest.subarray(3);
        offset = 3;
      }
    }
    if (!isUtf8(rest)) throw await badUtf8(path, rest, offset);
    if (rest.length > 0) yield rest.toString('utf8');
  }
}

const hasUtf8Mark = (bytes: Buffer): boolean => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;

/** First bytes of encodings and formats that are often taken for text. */
const SIGNATURES: readonly [hex: string, what: string, advice: string][] = [
  ['fffe0000', 'UTF-32', 'Save it as UTF-8.'],
  ['0000feff', 'UTF-32', 'Save it as UTF-8.'],
  ['fffe', 'UTF-16', 'Save it as UTF-8.'],
  ['feff', 'UTF-16', 'Save it as UTF-8.'],
  ['1f8b', 'gzip data', 'Give it a name that ends in .gz.'],
  ['504b0304', 'a zip archive', 'Extract it first.'],
  ['28b52ffd', 'zstd data', 'Decompress it first.'],
  ['425a68', 'bzip2 data', 'Decompress it first.'],
  ['fd377a585a00', 'xz data', 'Decompress it first.'],
];

/** @throws Error saying what the file is when it starts as no UTF-8 text does */
function refuseBinary(path: string, bytes: Buffer): void {
  const start = bytes.toString('hex', 0, 6);
  for (const [hex, what, advice] of SIGNATURES) {
    // A text may start with BZh.
    if (
      start.startsWith(hex) &&
      (what !== 'bzip2 data' || !isUtf8(bytes.subarray(0, completeLength(bytes))))
    ) {
      throw new Error(`${path}: the file is ${what}. Expected text in UTF-8. ${advice}`);
    }
  }
  const checked = bytes.subarray(0, CHECKED_BYTES);
  const at = checked.indexOf(0);
  if (at < 0) return;
  // In UTF-16, zero bytes are the high halves of characters below 256: all at odd or all at even places.
  const zeros = [0, 0];
  checked.forEach((byte, i) => byte === 0 && zeros[i % 2]++);
  const isUtf16 = Math.min(...zeros) === 0 && Math.max(...zeros) * 20 > checked.length;
  throw new Error(
    isUtf16
      ? `${path}: the file looks like UTF-16${zeros[0] === 0 ? 'LE' : 'BE'} without a byte-order mark. Expected text in UTF-8. Save it as UTF-8.`
      : `${path}: byte ${at} is zero, so this is a binary file. Expected text in UTF-8.`,
  );
}

/** Length of the bytes without an incomplete character at the end. */
function completeLength(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

async function badUtf8(path: string, bytes: Buffer, offset: number): Promise<Error> {
  const at = validLength(bytes);
  const place = offset + at;
  // Lines are counted only when there is an error.
  let line = 1;
  let seen = 0;
  for await (const chunk of fileBytes(path, { bytes: 0 })) {
    const part = chunk.subarray(0, Math.max(0, place - seen));
    for (let i = part.indexOf(10); i >= 0; i = part.indexOf(10, i + 1)) line++;
    seen += chunk.length;
    if (seen >= place) break;
  }
  const byte = bytes[at].toString(16).toUpperCase().padStart(2, '0');
  return new Error(
    `${path}: line ${line}, byte ${place}: 0x${byte} is not valid UTF-8; convert the file to UTF-8`,
  );
}

/** Length of the longest valid prefix of whole characters. */
export function validLength(bytes: Buffer): number {
  let low = 0;
  let high = bytes.length;
  // Whether a prefix, cut back to whole characters, is valid is monotone in its length.
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const prefix = bytes.subarray(0, middle);
    if (isUtf8(prefix.subarray(0, completeLength(prefix)))) low = middle;
    else high = middle - 1;
  }
  return completeLength(bytes.subarray(0, low));
}
