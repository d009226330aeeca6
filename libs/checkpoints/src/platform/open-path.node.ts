// Opens a file of the file system.
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { byteSource, type ByteSource } from '../files/byte-source.js';

/** Largest single read: operating systems read at most 2 GiB at once. */
const CHUNK = 2 ** 30;

/** Opens a file. @throws Error naming the path when it is missing, a folder, or not readable */
export async function openPath(path: string): Promise<ByteSource> {
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
    const read = async (offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const part = await handle.read(bytes, done, Math.min(CHUNK, length - done), offset + done);
        if (part.bytesRead === 0) throw new Error(`${path}: the file shrank while it was read.`);
        done += part.bytesRead;
      }
      return bytes;
    };
    return byteSource(path, stat.size, read, () => handle.close());
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The path of a file in the folder of another. */
export const beside = (path: string, name: string): string => join(dirname(path), name);
