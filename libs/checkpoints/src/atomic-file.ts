// Files that are either the old ones or the new ones, whatever happens in between: a temporary name in the same
// folder, flushed, renamed, and the folder flushed. Leaves out locking: two writers of one path both win, in turn.
import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A name beside `name` for what is not whole yet; `hex` makes it one's own. */
export function temporaryName(name: string, hex: string): string {
  return `.${name}.${hex.slice(0, 12)}.tmp`;
}

/** Whether a file name is one that {@link writeFileAtomic} uses on the way; what a killed process leaves behind. */
export function isTemporaryName(name: string): boolean {
  return /^\..+\.[0-9a-f]{12}\.tmp$/.test(name);
}

/** An error of the file system, with the path and what to do about it. */
export function explainWriteError(path: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const advice: Record<string, string> = {
    ENOSPC: 'the disk is full; free some space and try again',
    EDQUOT: 'the disk quota is used up; free some space and try again',
    EFBIG: 'the file would be larger than this system allows',
    EROFS: 'the file system is read-only; choose another place',
    EACCES: 'no permission to write here; choose another place or change the permissions',
    EPERM: 'no permission to write here; choose another place or change the permissions',
    ENOENT: `the folder ${dirname(path)} does not exist; create it first`,
    ENOTDIR: `${dirname(path)} is not a folder`,
    EISDIR: 'there is a folder of this name; choose another name',
    EMFILE: 'too many open files',
  };
  if (code === undefined || !(code in advice))
    return error instanceof Error ? error : new Error(String(error));
  return new Error(`${path}: cannot be written: ${advice[code]} (${code})`, { cause: error });
}

/** Makes a rename in a folder last through a power cut; not every system can (Windows cannot open a folder). */
async function syncFolder(path: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    await handle.sync();
  } catch (error) {
    if (
      !['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'ENOTSUP'].includes(
        (error as NodeJS.ErrnoException).code ?? '',
      )
    )
      throw error;
  } finally {
    await handle?.close();
  }
}

/** Largest single write: the operating system takes at most 2 GiB at once. */
const CHUNK = 2 ** 30;

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await handle.write(bytes, done, Math.min(CHUNK, bytes.length - done))).bytesWritten;
  }
}

/**
 * Writes parts one after the other to a new file that takes the place of `path` only when it is whole.
 *
 * @throws Error naming the path and what to do; whatever was at `path` before is untouched then.
 */
export async function writePartsAtomic(path: string, parts: Iterable<Uint8Array>): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, temporaryName(basename(path), randomBytes(6).toString('hex')));
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx');
    for (const part of parts) await writeAll(handle, part);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw explainWriteError(path, error);
  }
}

/**
 * Writes a whole file so that a reader, or a kill at any moment, sees the old contents or the new, never a part.
 *
 * @throws Error naming the path and what to do (full disk, no permission, missing folder); the old file stays.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await writePartsAtomic(path, [typeof data === 'string' ? Buffer.from(data) : data]);
}
