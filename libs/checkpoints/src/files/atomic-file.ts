// Atomic file writes: write to a temporary name in the same folder, flush, rename, flush the folder.
import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Temporary name of an incomplete file; `hex` makes it unique. */
export function temporaryName(name: string, hex: string): string {
  return `.${name}.${hex.slice(0, 12)}.tmp`;
}

/** Whether a file name is temporary: left behind by a killed process. */
export function isTemporaryName(name: string): boolean {
  return /^\..+\.[0-9a-f]{12}\.tmp$/.test(name);
}

/** Temporary files that this process is writing. */
const writing = new Set<string>();

/** A temporary name with the process id, which tells files of living processes from those of killed ones. */
function ownTemporaryName(name: string): string {
  const owner = process.pid.toString(16).padStart(8, '0').slice(-8);
  return temporaryName(name, owner + randomBytes(2).toString('hex'));
}

/** Removes the temporary files of `name` that killed processes left behind. */
async function removeAbandoned(folder: string, name: string): Promise<void> {
  for (const found of await readdir(folder).catch((): string[] => [])) {
    if (!found.startsWith(`.${name}.`) || !isTemporaryName(found) || found.length !== name.length + 18)
      continue;
    const path = join(folder, found);
    const pid = Number.parseInt(found.slice(name.length + 2, name.length + 10), 16);
    if (pid === process.pid ? !writing.has(path) : !isAlive(pid)) await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const NO_PERMISSION = 'no permission. Choose another folder or change the permissions.';

/** A file system error with the path and what to do about it. */
export function explainWriteError(path: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const advice: Record<string, string> = {
    ENOSPC: 'the disk is full. Free some space and try again.',
    EDQUOT: 'the disk quota is exceeded. Free some space and try again.',
    EFBIG: 'the file exceeds the maximum size of this file system.',
    EROFS: 'the file system is read-only. Choose another folder.',
    EACCES: NO_PERMISSION,
    EPERM: NO_PERMISSION,
    ENOENT: `the folder ${dirname(path)} does not exist. Create it first.`,
    ENOTDIR: `${dirname(path)} is not a folder.`,
    EISDIR: 'a folder has this name. Choose another name.',
    EMFILE: 'too many open files.',
  };
  if (code === undefined || !(code in advice))
    return error instanceof Error ? error : new Error(String(error));
  return new Error(`${path}: cannot write (${code}): ${advice[code]}`, { cause: error });
}

/** Makes a rename durable after a power failure, where the system supports it (Windows cannot open a folder). */
async function syncFolder(path: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    await handle.sync();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'ENOTSUP'].includes(code)) throw error;
  } finally {
    await handle?.close();
  }
}

/** Renames; on Windows again for two seconds while another process has `path` open, which makes it fail there. */
async function replace(temporary: string, path: string): Promise<void> {
  for (let wait = 8; ; wait *= 2) {
    try {
      return await rename(temporary, path);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      const busy = process.platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].includes(code);
      if (!busy || wait > 1024) throw error;
      await sleep(wait);
    }
  }
}

/** Largest single write: operating systems write at most 2 GiB at once. */
const CHUNK = 2 ** 30;

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await handle.write(bytes, done, Math.min(CHUNK, bytes.length - done))).bytesWritten;
  }
}

/**
 * Writes consecutive parts to a temporary file and renames it to `path` when complete. Temporary files of `path` that killed
 * processes left behind are removed.
 *
 * @throws Error naming the path and what to do; the previous file is unchanged
 */
export async function writePartsAtomic(path: string, parts: Iterable<Uint8Array>): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, ownTemporaryName(basename(path)));
  let handle: FileHandle | undefined;
  try {
    await removeAbandoned(folder, basename(path));
    writing.add(temporary);
    handle = await open(temporary, 'wx');
    for (const part of parts) await writeAll(handle, part);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await replace(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw explainWriteError(path, error);
  } finally {
    writing.delete(temporary);
  }
}

/**
 * Writes a file atomically: a reader, or a kill at any moment, finds the old contents or the new, never a part.
 *
 * @throws Error naming the path and what to do (full disk, no permission, missing folder); the old file is unchanged
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await writePartsAtomic(path, [typeof data === 'string' ? Buffer.from(data) : data]);
}
