// The folder in which downloads and encoded corpora are cached.
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, posix, resolve, win32 } from 'node:path';

/**
 * Returns the cache folder without creating it: `LILFORMER_CACHE`, by default `lilformer` in `XDG_CACHE_HOME` or
 * `~/.cache`, on macOS in `~/Library/Caches`, on Windows in `%LOCALAPPDATA%`.
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
  home: string = homedir(),
): string {
  if (env.LILFORMER_CACHE) return resolve(env.LILFORMER_CACHE);
  if (platform === 'win32') {
    return win32.join(env.LOCALAPPDATA || win32.join(home, 'AppData', 'Local'), 'lilformer', 'Cache');
  }
  // The XDG specification says to ignore a relative path.
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME))
    return posix.join(env.XDG_CACHE_HOME, 'lilformer');
  if (platform === 'darwin') return posix.join(home, 'Library', 'Caches', 'lilformer');
  return posix.join(home, '.cache', 'lilformer');
}

/**
 * Creates a folder inside the cache folder and those above it. Node's recursive mkdir hangs in file systems that take no
 * new folders, such as /proc.
 * @throws Error naming the folder, the reason and the setting
 */
export async function createCacheFolder(path: string): Promise<void> {
  try {
    await createFolder(path);
    await access(path, constants.W_OK);
  } catch (error) {
    throw cacheError(path, error);
  }
}

/** An error of writing into the cache folder, with the setting. */
export function cacheError(path: string, error: unknown): Error {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    EACCES: 'no permission',
    EPERM: 'no permission',
    EROFS: 'the file system is read-only',
    ENOENT: 'no folder can be created there',
    ENOTDIR: 'a part of the path is a file',
    EEXIST: 'a file has this name',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is exceeded',
  };
  return new Error(
    `${path}: the cache cannot be written: ${reasons[code] ?? message}. ` +
      'Set LILFORMER_CACHE to a folder that can be written.',
    { cause: error },
  );
}

/** Creates a folder and those above it. */
export async function createFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || (await stat(parent).catch(() => undefined)) !== undefined) throw error;
    await createFolder(parent);
    await createFolder(path);
  }
}
