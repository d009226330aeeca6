// A lock file with its owner's process id, refreshed while it is held. A lock of a dead owner is taken over.
// Lock files are not safe on every file system, so the content is also verified (hash, atomic rename).
import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const HEARTBEAT_MS = 5_000;
const STALE_MS = 60_000;
const POLL_MS = 200;

/** Runs `body` while holding the lock file `path`. Waits for another holder; rejects when `signal` aborts. */
export async function withFileLock<T>(
  path: string,
  signal: AbortSignal | undefined,
  body: () => Promise<T>,
): Promise<T> {
  const owner = JSON.stringify({ pid: process.pid, host: hostname(), id: randomBytes(8).toString('hex') });
  for (;;) {
    signal?.throwIfAborted();
    try {
      await writeFile(path, owner, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isAbandoned(path)) {
      // Of several processes that find the lock abandoned, the rename succeeds for one.
      const aside = `${path}.${randomBytes(6).toString('hex')}`;
      await rename(path, aside).then(
        () => rm(aside, { force: true }),
        () => undefined,
      );
      continue;
    }
    await sleep(POLL_MS, undefined, { signal });
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await body();
  } finally {
    clearInterval(heartbeat);
    const held = await readFile(path, 'utf8').catch(() => '');
    if (held === owner) await rm(path, { force: true });
  }
}

/** Whether a lock file is abandoned: its process has ended, or it has not refreshed the file for a minute. */
async function isAbandoned(path: string): Promise<boolean> {
  try {
    const [{ mtimeMs }, text] = await Promise.all([stat(path), readFile(path, 'utf8')]);
    if (Date.now() - mtimeMs > STALE_MS) return true;
    const owner = JSON.parse(text) as { pid: number; host: string };
    return owner.host === hostname() && !isRunning(owner.pid);
  } catch {
    return false; // released or being written: check again
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
