// One training process a run folder: a lock file that names its process, and is taken over when that process is
// gone. Leaves out waiting for a lock, and shared locks: readers need none, files change by renaming only.
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainWriteError } from './atomic-file.js';

/** Name of the lock file in a run folder. */
export const LOCK_NAME = 'run.lock';

/** What the lock file says. */
interface Holder {
  pid: number;
  host: string;
  /** When the process started, in the system's own count; tells a process from a later one with its number. */
  started: string | null;
  since: string;
}

/** Start of a process in clock ticks since boot; null where the system does not say (only Linux does). */
async function processStart(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // the second field is a name in parentheses that may hold spaces; the start is field 22
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) return true; // cannot be known from here
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const started = await processStart(holder.pid);
  return started === null || holder.started === null || started === holder.started;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder>;
    return Number.isSafeInteger(value.pid) && value.pid! > 0 && typeof value.host === 'string'
      ? (value as Holder)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Takes a stale lock away; if another process was faster and the lock is a new one by now, it is put back. */
async function removeStale(path: string, folder: string, text: string): Promise<void> {
  const aside = join(folder, `.${LOCK_NAME}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) === text) await rm(aside, { force: true });
  else await rename(aside, path);
}

/**
 * Locks a run folder for this process.
 *
 * @param notify told when the lock of a process that is gone was taken over
 * @returns what unlocks it
 * @throws Error naming the process that holds the lock, or the path where it cannot be written.
 */
export async function lockFolder(
  folder: string,
  notify: (message: string) => void,
): Promise<() => Promise<void>> {
  const path = join(folder, LOCK_NAME);
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    started: await processStart(process.pid),
    since: new Date().toISOString(),
  };
  const mine = JSON.stringify({ ...holder, nonce: randomBytes(6).toString('hex') }) + '\n';

  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(path, 'wx');
      try {
        await handle.writeFile(mine);
      } finally {
        await handle.close();
      }
      return async () => {
        if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw explainWriteError(path, error);
    }

    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) continue;
    const other = parseHolder(text);
    if (other === undefined && attempt < 10) {
      // another process is between making the file and filling it, or was killed there
      await sleep(50);
      continue;
    }
    if (other !== undefined && (await isAlive(other))) {
      const elsewhere = other.host === hostname() ? '' : ` of ${other.host}`;
      throw new Error(
        `${folder}: process ${other.pid}${elsewhere} has been training here since ${other.since}; stop it first, ` +
          `or choose another folder${elsewhere && ` (if it no longer runs, delete ${path})`}`,
      );
    }
    await removeStale(path, folder, text);
    notify(
      `${folder}: took over the lock of ${other ? `process ${other.pid}, which no longer runs` : 'a process that was killed while locking'}`,
    );
  }
}
