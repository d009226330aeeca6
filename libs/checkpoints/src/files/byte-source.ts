// Random access to the bytes of a file, a Blob or memory, with lengths checked before allocation.
import { openPath } from '#open-path';

/** Where bytes come from: a path (in a page the address of a file, which is fetched), a Blob, or the bytes. */
export type FileInput = string | Blob | ArrayBuffer | Uint8Array;

/** Input of the file format readers. */
export interface ByteSource {
  /** Path, for error messages. */
  readonly name: string;
  readonly size: number;
  /** A copy of `length` bytes from `offset`, in an ArrayBuffer of its own. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** Reads of at most this many bytes come from a window of the file, which is read in one piece. */
const WINDOW = 2 ** 16;

type ReadBytes = (offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * A source over a function that reads a range of a file.
 *
 * @param readBytes called with ranges inside the file
 */
export function byteSource(
  name: string,
  size: number,
  readBytes: ReadBytes,
  release: () => Promise<void> = () => Promise.resolve(),
): ByteSource {
  let closed = false;
  let window = { start: 0, bytes: new Uint8Array(0) };
  return {
    name,
    size,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > size) {
        throw new Error(
          `${name}: bytes ${offset} to ${offset + length} are outside its ${size} bytes. The file is truncated or damaged.`,
        );
      }
      if (closed) throw new Error(`${name}: the file is closed.`);
      if (length > WINDOW) return readBytes(offset, length);
      let held = window;
      if (offset < held.start || offset + length > held.start + held.bytes.length) {
        const bytes = await readBytes(offset, Math.min(WINDOW, size - offset));
        held = window = { start: offset, bytes };
      }
      return held.bytes.slice(offset - held.start, offset - held.start + length);
    },
    close() {
      closed = true;
      return release();
    },
  };
}

/** Name of an input in error messages: its path, or the name of a `File`. */
export function nameOf(input: FileInput): string {
  if (typeof input === 'string') return input;
  return (input as { name?: string }).name ?? 'the file';
}

/**
 * Opens a file for reading by ranges.
 *
 * @param name used in error messages for a Blob or bytes
 * @throws Error naming the path when it is missing, a folder, or not readable; TypeError for anything else
 */
export function openFile(input: FileInput, name = nameOf(input)): Promise<ByteSource> {
  if (typeof input === 'string') return openPath(input);
  if (input instanceof Blob) {
    const read: ReadBytes = async (offset, length) =>
      new Uint8Array(await input.slice(offset, offset + length).arrayBuffer());
    return Promise.resolve(byteSource(name, input.size, read));
  }
  if (input instanceof Uint8Array || input instanceof ArrayBuffer)
    return Promise.resolve(bytesSource(name, input));
  return Promise.reject(
    new TypeError(`input: ${String(input)}. Expected a path, a Blob, an ArrayBuffer or a Uint8Array.`),
  );
}

/** A source over bytes in memory. */
export function bytesSource(name: string, input: ArrayBuffer | Uint8Array): ByteSource {
  const bytes = input instanceof Uint8Array ? input : new Uint8Array(input);
  return byteSource(name, bytes.length, (offset, length) =>
    Promise.resolve(new Uint8Array(bytes.subarray(offset, offset + length))),
  );
}

/** The first bytes of a file, fewer when it is shorter. @throws Error naming the path when it cannot be read */
export async function readFirst(input: FileInput, length: number): Promise<Uint8Array> {
  const source = await openFile(input);
  try {
    return await source.read(0, Math.min(length, source.size));
  } finally {
    await source.close();
  }
}
