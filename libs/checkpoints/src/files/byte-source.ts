// Random access to the bytes of a file, with lengths checked before allocation.
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** Input of the file format readers. */
export interface ByteSource {
  /** Path, for error messages. */
  readonly name: string;
  readonly size: number;
  /** A copy of `length` bytes from `offset`, in an ArrayBuffer of its own. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Largest single read: operating systems read at most 2 GiB at once. */
const CHUNK = 2 ** 30;

/** Reads of at most this many bytes come from a window of the file, which is read in one piece. */
const WINDOW = 2 ** 16;

class FileSource implements ByteSource {
  private closed = false;
  private window = { start: 0, bytes: new Uint8Array(0) };

  constructor(
    readonly name: string,
    readonly size: number,
    private readonly handle: FileHandle,
  ) {}

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < 0 || length < 0 || offset + length > this.size) {
      throw new Error(
        `${this.name}: bytes ${offset} to ${offset + length} are outside its ${this.size} bytes. The file is truncated or damaged.`,
      );
    }
    if (this.closed) throw new Error(`${this.name}: the file is closed.`);
    if (length > WINDOW) return this.readBytes(offset, length);
    let { window } = this;
    if (offset < window.start || offset + length > window.start + window.bytes.length) {
      const bytes = await this.readBytes(offset, Math.min(WINDOW, this.size - offset));
      window = this.window = { start: offset, bytes };
    }
    return window.bytes.slice(offset - window.start, offset - window.start + length);
  }

  private async readBytes(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const part = await this.handle.read(bytes, done, Math.min(CHUNK, length - done), offset + done);
      if (part.bytesRead === 0) throw new Error(`${this.name}: the file shrank while it was read.`);
      done += part.bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    this.closed = true;
    return this.handle.close();
  }
}

/** Opens a file for reading by ranges. @throws Error naming the path when it is missing, a folder, or not readable */
export async function openFile(path: string): Promise<ByteSource> {
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK (which Windows lacks), opening a named pipe waits for a writer.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(`${path}: ${missing ? 'no such file.' : String(error)}`, { cause: error });
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error(`${path}: is a folder, device or pipe. Expected a file.`);
    return new FileSource(path, stat.size, handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The first bytes of a file, fewer when it is shorter. @throws Error naming the path when it cannot be read */
export async function readFirst(path: string, length: number): Promise<Uint8Array> {
  const source = await openFile(path);
  try {
    return await source.read(0, Math.min(length, source.size));
  } finally {
    await source.close();
  }
}
