// Random access to the bytes of a file, or of an array in memory, with lengths checked before anything is
// allocated. Leaves out writing and caching: readers ask for what they need, once.
import { open, type FileHandle } from 'node:fs/promises';

/** What the readers of file formats read from. */
export interface ByteSource {
  /** How messages call it: the path. */
  readonly name: string;
  readonly size: number;
  /** A copy of `length` bytes from `offset`, in an ArrayBuffer of its own. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Largest single read: the operating system takes at most 2 GiB at once. */
const CHUNK = 2 ** 30;

function checkRange(source: ByteSource, offset: number, length: number): void {
  if (offset < 0 || length < 0 || offset + length > source.size) {
    throw new Error(
      `${source.name}: bytes ${offset} to ${offset + length} wanted, but it has ${source.size}; it is cut off or damaged`,
    );
  }
}

class FileSource implements ByteSource {
  constructor(
    readonly name: string,
    readonly size: number,
    private readonly handle: FileHandle,
  ) {}

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const part = await this.handle.read(bytes, done, Math.min(CHUNK, length - done), offset + done);
      if (part.bytesRead === 0) throw new Error(`${this.name}: became shorter while it was read`);
      done += part.bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/**
 * Opens a file for reading by ranges.
 *
 * @throws Error naming the path when it is missing, a folder, or not readable.
 */
export async function openFile(path: string): Promise<ByteSource> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error);
    throw new Error(`${path}: ${reason}`, { cause: error });
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error(`${path}: expected a file, found a folder or a device`);
    return new FileSource(path, stat.size, handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * The first bytes of a file, fewer where it is shorter.
 *
 * @throws Error naming the path when it is missing, a folder, or not readable.
 */
export async function readFirst(path: string, length: number): Promise<Uint8Array> {
  const source = await openFile(path);
  try {
    return await source.read(0, Math.min(length, source.size));
  } finally {
    await source.close();
  }
}
