// Reads entries of zip files by ranges: stored or deflated, zip64. Sizes come from the central directory only, and every entry
// is checked against its checksum. Not supported: encryption, archives in several files.
// Format: PKWARE's APPNOTE.TXT, sections 4.3 (records) and 4.5.3 (zip64).
import { crc32, inflateRaw } from '#inflate';
import type { ByteSource } from '../files/byte-source.js';
import { quote } from '../safetensors/safetensors-header.js';

interface ZipEntry {
  method: number;
  crc: number;
  compressed: number;
  size: number;
  offset: number;
}

/**
 * Bytes that an entry, the storages or the tensors of a file may take: compression and views can make them larger than the
 * file.
 */
export const mostBytes = (fileSize: number): number => 1.5 * fileSize + 2 ** 24;

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Locates the central directory. */
async function findDirectory(source: ByteSource): Promise<{ count: number; size: number; offset: number }> {
  // The end record has 22 bytes, and a comment of at most 65,535.
  const tailLength = Math.min(source.size, 22 + 0xffff);
  const tail = await source.read(source.size - tailLength, tailLength);
  const data = view(tail);
  for (let at = tailLength - 22; at >= 0; at--) {
    if (data.getUint32(at, true) !== 0x06054b50 || at + 22 + data.getUint16(at + 20, true) !== tailLength)
      continue;
    const found = {
      count: data.getUint16(at + 10, true),
      size: data.getUint32(at + 12, true),
      offset: data.getUint32(at + 16, true),
    };
    if (found.count !== 0xffff && found.size !== 0xffffffff && found.offset !== 0xffffffff) return found;
    const locatorAt = source.size - tailLength + at - 20;
    if (locatorAt < 0) return found;
    const locator = view(await source.read(locatorAt, 20));
    if (locator.getUint32(0, true) !== 0x07064b50) return found;
    const record = view(await source.read(Number(locator.getBigUint64(8, true)), 56));
    if (record.getUint32(0, true) !== 0x06064b50)
      throw new Error(`${source.name}: the zip64 record is damaged.`);
    return {
      count: Number(record.getBigUint64(32, true)),
      size: Number(record.getBigUint64(40, true)),
      offset: Number(record.getBigUint64(48, true)),
    };
  }
  throw new Error(`${source.name}: the zip file has no directory. It is truncated or damaged.`);
}

/** Applies the 64-bit values of an entry's zip64 field, in the order of the standard. */
function applyZip64(entry: ZipEntry, extra: Uint8Array): void {
  const data = view(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + data.getUint16(at + 2, true)) {
    if (data.getUint16(at, true) !== 1) continue;
    let next = at + 4;
    const end = Math.min(extra.length, next + data.getUint16(at + 2, true));
    for (const field of ['size', 'compressed', 'offset'] as const) {
      if (entry[field] !== 0xffffffff || next + 8 > end) continue;
      entry[field] = Number(data.getBigUint64(next, true));
      next += 8;
    }
    return;
  }
}

/** A zip file whose directory has been read. */
export class ZipReader {
  private constructor(
    private readonly source: ByteSource,
    private readonly entries: Map<string, ZipEntry>,
  ) {}

  /** Reads the directory. @throws Error naming the file and the damaged or duplicate entry */
  static async open(source: ByteSource): Promise<ZipReader> {
    const { name } = source;
    const directory = await findDirectory(source);
    const bytes = await source.read(directory.offset, directory.size);
    const data = view(bytes);
    const entries = new Map<string, ZipEntry>();
    let at = 0;
    for (let i = 0; i < directory.count; i++) {
      if (at + 46 > bytes.length || data.getUint32(at, true) !== 0x02014b50) {
        throw new Error(`${name}: entry ${i + 1} of ${directory.count} in the zip directory is damaged.`);
      }
      const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
        data.getUint16(at + field, true),
      );
      const end = at + 46 + nameLength + extraLength;
      if (end > bytes.length) throw new Error(`${name}: entry ${i + 1} in the zip directory is truncated.`);
      const key = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
      if (entries.has(key)) throw new Error(`${name}: duplicate zip entry ${quote(key)}.`);
      if (data.getUint16(at + 8, true) & 1) throw new Error(`${name}: zip entry ${quote(key)} is encrypted.`);
      const entry: ZipEntry = {
        method: data.getUint16(at + 10, true),
        crc: data.getUint32(at + 16, true),
        compressed: data.getUint32(at + 20, true),
        size: data.getUint32(at + 24, true),
        offset: data.getUint32(at + 42, true),
      };
      applyZip64(entry, bytes.subarray(at + 46 + nameLength, end));
      entries.set(key, entry);
      at = end + commentLength;
    }
    return new ZipReader(source, entries);
  }

  names(): string[] {
    return [...this.entries.keys()];
  }

  /** Uncompressed size of an entry according to the directory; undefined without such an entry. */
  size(key: string): number | undefined {
    return this.entries.get(key)?.size;
  }

  /** Reads one entry. @throws Error naming file and entry when it is missing, damaged, or not stored or deflated */
  async read(key: string): Promise<Uint8Array> {
    const where = `${this.source.name}: zip entry ${quote(key)}`;
    const entry = this.entries.get(key);
    if (!entry) throw new Error(`${where} is missing.`);
    const local = view(await this.source.read(entry.offset, 30));
    if (local.getUint32(0, true) !== 0x04034b50)
      throw new Error(`${where} is not at its position in the directory.`);
    const start = entry.offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
    if (entry.method === 0 && entry.compressed !== entry.size)
      throw new Error(`${where} has two different sizes.`);
    if (entry.method !== 0 && entry.method !== 8) {
      throw new Error(`${where} has compression method ${entry.method}. Expected stored or deflated.`);
    }
    if (entry.size > mostBytes(this.source.size)) {
      throw new Error(
        `${where} declares ${entry.size} bytes from ${entry.compressed} compressed ones, a zip bomb.`,
      );
    }
    let bytes = await this.source.read(start, entry.compressed);
    if (entry.method === 8) {
      try {
        bytes = await inflateRaw(bytes, entry.size);
      } catch (error) {
        throw new Error(`${where} is damaged: ${(error as Error).message}`, { cause: error });
      }
      if (bytes.length !== entry.size)
        throw new Error(`${where} has ${bytes.length} bytes, but ${entry.size} in the directory.`);
    }
    if (crc32(bytes) !== entry.crc) throw new Error(`${where} is damaged: wrong checksum.`);
    return bytes;
  }
}
