// Token ids in a flat little-endian file, read in place.
//
// Format: a header of 64 bytes, then the ids, two or four bytes each.
//   bytes 0-7   "LILTOKEN"          bytes 24-27  vocabulary size, uint32
//   bytes 8-11  version, 2          bytes 28-59  SHA-256 of the text
//   bytes 12-15 bytes per id, 2|4   bytes 60-63  CRC-32 of the rest of the file
//   bytes 16-23 number of ids, uint64
// NumPy reads it with np.memmap(path, dtype='<u2', mode='r', offset=64).
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { crc32 } from 'node:zlib';
import { checkOptionNames } from '@lilformer/tokenizers';
import { checkRange, type TokenDType, type TokenSource } from './token-source.js';

const MAGIC = 'LILTOKEN';
const VERSION = 2;
export const HEADER_BYTES = 64;
const CHECKSUM_AT = 60;

/** Builds the header of a token file, whose ids have the given CRC-32. */
export function tokenFileHeader(
  {
    dtype,
    length,
    vocabSize,
    textHash,
  }: { dtype: TokenDType; length: number; vocabSize: number; textHash: Uint8Array },
  idsChecksum: number,
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeUInt32LE(VERSION, 8);
  header.writeUInt32LE(dtype === 'uint16' ? 2 : 4, 12);
  header.writeBigUInt64LE(BigInt(length), 16);
  header.writeUInt32LE(vocabSize, 24);
  header.set(textHash, 28);
  header.writeUInt32LE(crc32(header.subarray(0, CHECKSUM_AT), idsChecksum), CHECKSUM_AT);
  return header;
}

/** A token source on disk, read on demand. `close` it when done. */
export class TokenFile implements TokenSource {
  readonly length: number;
  readonly dtype: TokenDType;
  /** Vocabulary size of the tokenizer; undefined for a file without a header. */
  readonly vocabSize: number | undefined;
  /** SHA-256 of the encoded text in hexadecimal; undefined for a file without a header. */
  readonly textHash: string | undefined;
  readonly #start: number;
  #descriptor: number | undefined;
  #scratch = Buffer.alloc(0);

  /** Use `openTokenFile`. */
  constructor(
    readonly path: string,
    options: { raw?: TokenDType } = {},
  ) {
    if (endianness() !== 'LE') throw new Error('token files are little-endian, and so must be the machine');
    let descriptor: number;
    try {
      // Without O_NONBLOCK (which Windows lacks), opening a named pipe waits for a writer.
      descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      throw new Error(`${path}: cannot be opened: ${(error as Error).message}`, { cause: error });
    }
    try {
      const stat = fstatSync(descriptor);
      if (!stat.isFile()) throw new Error(`${path}: is a folder, device or pipe. Expected a file.`);
      const { size } = stat;
      const header = options.raw === undefined ? readHeader(path, descriptor, size) : undefined;
      this.dtype = header?.dtype ?? options.raw!;
      this.vocabSize = header?.vocabSize;
      this.textHash = header?.textHash;
      this.#start = header === undefined ? 0 : HEADER_BYTES;
      const bytesPerId = this.dtype === 'uint16' ? 2 : 4;
      this.length = header?.count ?? size / bytesPerId;
      if (!Number.isInteger(this.length)) {
        throw new Error(
          `${path}: ${size} bytes are no whole number of ${this.dtype} ids: truncated, or another type`,
        );
      }
      const expected = this.#start + this.length * bytesPerId;
      if (size !== expected) {
        throw new Error(
          `${path}: ${size} bytes, its header says ${this.length} ids, ${expected} bytes: ` +
            `${size < expected ? 'the file is truncated' : 'something was appended'}; encode the corpus again`,
        );
      }
      if (header && header.checksum !== checksumOf(descriptor, size)) {
        throw new Error(`${path}: the file is damaged: its checksum does not match; encode the corpus again`);
      }
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    this.#descriptor = descriptor;
  }

  read(offset: number, count: number): Uint32Array {
    if (this.#descriptor === undefined) throw new Error(`${this.path}: the token file is closed`);
    checkRange(offset, count, this.length, this.path);
    const bytesPerId = this.dtype === 'uint16' ? 2 : 4;
    const ids = new Uint32Array(count);
    const bytes = count * bytesPerId;
    let target = Buffer.from(ids.buffer);
    if (bytesPerId === 2) {
      if (this.#scratch.length < bytes) this.#scratch = Buffer.from(new ArrayBuffer(bytes));
      target = this.#scratch;
    }
    const start = this.#start + offset * bytesPerId;
    for (let filled = 0; filled < bytes;) {
      const found = readSync(this.#descriptor, target, filled, bytes - filled, start + filled);
      if (found === 0)
        throw new Error(`${this.path}: ends at byte ${start + filled}: it was cut since it was opened`);
      filled += found;
    }
    if (bytesPerId === 2) ids.set(new Uint16Array(target.buffer, target.byteOffset, count));
    if (this.vocabSize !== undefined) this.#checkIds(ids, offset, this.vocabSize);
    return ids;
  }

  /** The file may have changed since it was opened. */
  #checkIds(ids: Uint32Array, offset: number, vocabSize: number): void {
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] < vocabSize) continue;
      throw new Error(
        `${this.path}: id ${ids[i]} at ${offset + i} is beyond the vocabulary of ${vocabSize}; encode the corpus again`,
      );
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function readHeader(
  path: string,
  descriptor: number,
  size: number,
): { dtype: TokenDType; count: number; vocabSize: number; textHash: string; checksum: number } {
  const header = Buffer.alloc(HEADER_BYTES);
  const found = readSync(descriptor, header, 0, HEADER_BYTES, 0);
  if (found < MAGIC.length || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new Error(
      `${path}: not a token file; for bare ids without a header, as nanoGPT writes them, give their type: { raw: 'uint16' }`,
    );
  }
  if (found < HEADER_BYTES)
    throw new Error(`${path}: ${size} bytes: the file is truncated; encode the corpus again`);
  const version = header.readUInt32LE(8);
  const bytesPerId = header.readUInt32LE(12);
  const count = header.readBigUInt64LE(16);
  if (version !== VERSION) throw new Error(`${path}: version ${version} of the format, expected ${VERSION}`);
  if ((bytesPerId !== 2 && bytesPerId !== 4) || count > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new Error(`${path}: the header is damaged; encode the corpus again`);
  }
  return {
    dtype: bytesPerId === 2 ? 'uint16' : 'uint32',
    count: Number(count),
    vocabSize: header.readUInt32LE(24),
    textHash: header.toString('hex', 28, CHECKSUM_AT),
    checksum: header.readUInt32LE(CHECKSUM_AT),
  };
}

/** CRC-32 of the ids, then of the header. */
function checksumOf(descriptor: number, size: number): number {
  const buffer = Buffer.allocUnsafe(1 << 20);
  let checksum = 0;
  for (let at = HEADER_BYTES; at < size;) {
    const found = readSync(descriptor, buffer, 0, buffer.length, at);
    if (found === 0) break;
    checksum = crc32(buffer.subarray(0, found), checksum);
    at += found;
  }
  readSync(descriptor, buffer, 0, CHECKSUM_AT, 0);
  return crc32(buffer.subarray(0, CHECKSUM_AT), checksum);
}

/**
 * Opens a token file of `encodeToFile` and verifies its checksum, or opens with `raw` a file of bare little-endian ids.
 * @throws Error when the file has another format or is damaged
 */
export function openTokenFile(path: string, options: { raw?: TokenDType } = {}): TokenFile {
  checkOptionNames(options, ['raw']);
  return new TokenFile(path, options);
}
