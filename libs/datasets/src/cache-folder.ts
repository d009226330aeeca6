// Where downloads and encoded corpora are kept. Knows nothing of what is in there.
import { homedir } from 'node:os';
import { isAbsolute, posix, resolve, win32 } from 'node:path';

/**
 * The one folder that downloads and encoded corpora are cached in.
 *
 * The variable `LILFORMER_CACHE` moves it. Otherwise it is `lilformer` in the system's place for caches:
 * `XDG_CACHE_HOME` or `~/.cache`, on macOS `~/Library/Caches`, on Windows `%LOCALAPPDATA%`.
 * The folder is not created.
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
