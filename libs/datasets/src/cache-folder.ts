// The folder in which downloads and encoded corpora are cached.
import { homedir } from 'node:os';
import { isAbsolute, posix, resolve, win32 } from 'node:path';

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
