// Reads single files of a Python wheel, which is a zip file with a list of hashes. No zip64 (files beyond 4 GB).
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw, inflateRawSync } from 'node:zlib';

interface Entry {
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly offset: number;
}

/** An entry of RECORD. */
interface Recorded {
  readonly sha256: string;
  readonly size: number;
}

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const DEFLATED = 8;

/** An open wheel. All data read from it is checked against the hashes in RECORD. */
export class Wheel {
  readonly file: string;
  /** Name of the distribution, such as `tensorflow_cpu`, and its version. */
  readonly name: string;
  readonly version: string;
  /** Compatibility tags: `cp311-cp311-manylinux_2_27_x86_64`. */
  readonly tags: readonly string[];
  readonly #handle: FileHandle;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #records: ReadonlyMap<string, Recorded>;

  private constructor(
    file: string,
    handle: FileHandle,
    entries: ReadonlyMap<string, Entry>,
    records: ReadonlyMap<string, Recorded>,
    about: { name: string; version: string; tags: string[] },
  ) {
    this.file = file;
    this.#handle = handle;
    this.#entries = entries;
    this.#records = records;
    this.name = about.name;
    this.version = about.version;
    this.tags = about.tags;
  }

  /** @throws Error when the file is not a wheel, or truncated */
  static async open(file: string): Promise<Wheel> {
    const handle = await open(file, 'r');
    try {
      const entries = await directory(handle, file);
      const info = [...entries.keys()].find((name) => /^[^/]+\.dist-info\/RECORD$/.test(name));
      if (!info) throw new Error(`${file}: expected a wheel, which has a *.dist-info/RECORD`);
      const folder = info.slice(0, -'RECORD'.length);
      const records = parseRecord((await bytesOf(handle, file, info, entries)).toString('utf8'));
      const text = async (name: string) =>
        checked(file, name, await bytesOf(handle, file, name, entries), records).toString('utf8');
      const metadata = await text(`${folder}METADATA`);
      const field = (from: string, name: string) =>
        [...from.matchAll(new RegExp(`^${name}: (.+)$`, 'gm'))].map(([, value]) => value.trim());
      return new Wheel(file, handle, entries, records, {
        name: field(metadata, 'Name')[0] ?? '',
        version: field(metadata, 'Version')[0] ?? '',
        tags: field(await text(`${folder}WHEEL`), 'Tag'),
      });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Uncompressed size of a file in bytes. */
  sizeOf(name: string): number {
    return this.#entry(name).size;
  }

  /** Reads a small file. @throws Error when it does not match RECORD */
  async read(name: string): Promise<Buffer> {
    this.#entry(name);
    return checked(
      this.file,
      name,
      await bytesOf(this.#handle, this.file, name, this.#entries),
      this.#records,
    );
  }

  /**
   * Extracts a large file to `path` as a stream.
   * @param onBytes called with the size of each chunk
   * @throws Error when it does not match RECORD; the written data stays
   */
  async extract(name: string, path: string, onBytes: (count: number) => void): Promise<void> {
    const entry = this.#entry(name);
    const start = await dataStart(this.#handle, this.file, name, entry);
    const hash = createHash('sha256');
    let size = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _, done) {
        hash.update(chunk);
        size += chunk.length;
        onBytes(chunk.length);
        done(null, chunk);
      },
    });
    const end = start + entry.compressedSize - 1;
    const source = createReadStream(this.file, { start, end, highWaterMark: 1 << 20 });
    const target = createWriteStream(path, { flags: 'wx', flush: true });
    try {
      if (entry.method === DEFLATED) await pipeline(source, createInflateRaw(), measure, target);
      else await pipeline(source, measure, target);
    } catch (error) {
      throw new Error(`${basename(this.file)}: ${name} does not unpack`, { cause: error });
    }
    compare(this.file, name, { size, sha256: hash.digest('base64url') }, this.#records);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`${basename(this.file)} has no ${name}`);
    return entry;
  }
}

/** The central directory of a zip file. */
async function directory(handle: FileHandle, file: string): Promise<Map<string, Entry>> {
  const { size } = await handle.stat();
  const tail = await slice(handle, Math.max(0, size - 65_557), Math.min(size, 65_557));
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error(`${file}: expected a wheel (a zip file); it is none, or it is cut short`);
  const count = tail.readUInt16LE(end + 10);
  const length = tail.readUInt32LE(end + 12);
  const offset = tail.readUInt32LE(end + 16);
  if (offset === 0xffffffff || count === 0xffff) throw new Error(`${file}: zip64, which is not read here`);
  if (offset + length > size)
    throw new Error(`${file}: cut short: its directory ends beyond its ${size} bytes`);
  const bytes = await slice(handle, offset, length);
  const entries = new Map<string, Entry>();
  for (let at = 0; entries.size < count && at + 46 <= bytes.length;) {
    if (bytes.readUInt32LE(at) !== DIRECTORY_ENTRY) break;
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    entries.set(name, {
      method: bytes.readUInt16LE(at + 10),
      compressedSize: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  if (entries.size !== count) throw new Error(`${file}: its list of ${count} files is damaged`);
  return entries;
}

/** Offset of an entry's data, after its local header. */
async function dataStart(handle: FileHandle, file: string, name: string, entry: Entry): Promise<number> {
  if (entry.method !== 0 && entry.method !== DEFLATED) {
    throw new Error(`${file}: ${name} is packed by method ${entry.method}; expected 0 or 8`);
  }
  const header = await slice(handle, entry.offset, 30);
  if (header.readUInt32LE(0) !== LOCAL_ENTRY) throw new Error(`${file}: ${name} is not where the list says`);
  return entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
}

async function bytesOf(
  handle: FileHandle,
  file: string,
  name: string,
  entries: ReadonlyMap<string, Entry>,
): Promise<Buffer> {
  const entry = entries.get(name);
  if (!entry) throw new Error(`${file} has no ${name}`);
  const packed = await slice(handle, await dataStart(handle, file, name, entry), entry.compressedSize);
  return entry.method === DEFLATED ? inflateRawSync(packed, { maxOutputLength: entry.size + 1 }) : packed;
}

async function slice(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
  if (bytesRead !== length)
    throw new Error(`cut short: ${length} bytes expected at ${offset}, ${bytesRead} there`);
  return buffer;
}

/** Parses lines `path,sha256=HASH,SIZE`; paths with commas or quotes are quoted. */
function parseRecord(text: string): Map<string, Recorded> {
  const records = new Map<string, Recorded>();
  for (const line of text.split(/\r?\n/)) {
    const [, quoted, plain, sha256, size] =
      /^(?:"((?:[^"]|"")*)"|([^,]*)),sha256=([\w-]+)=*,(\d+)$/.exec(line) ?? [];
    const path = quoted?.replaceAll('""', '"') ?? plain;
    if (path !== undefined) records.set(path, { sha256, size: Number(size) });
  }
  return records;
}

function checked(file: string, name: string, bytes: Buffer, records: ReadonlyMap<string, Recorded>): Buffer {
  const sha256 = createHash('sha256').update(bytes).digest('base64url');
  compare(file, name, { size: bytes.length, sha256 }, records);
  return bytes;
}

function compare(
  file: string,
  name: string,
  { size, sha256 }: Recorded,
  records: ReadonlyMap<string, Recorded>,
): void {
  const expected = records.get(name);
  if (!expected) throw new Error(`${basename(file)}: RECORD has no hash of ${name}`);
  if (size !== expected.size || sha256 !== expected.sha256) {
    throw new Error(
      `${basename(file)}: ${name} has ${size} bytes and SHA-256 ${sha256}, but RECORD says ${expected.size} and ` +
        `${expected.sha256}: the wheel is damaged; fetch it again`,
    );
  }
}
