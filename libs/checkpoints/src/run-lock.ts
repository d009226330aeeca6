// One training process a run folder: a lock file that names its process, and is taken over when that process is
// gone. Leaves out waiting for a lock, and shared locks: readers need none, files change by renaming only.
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainWriteError, temporaryName } from './atomic-file.js';

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

/** What came of trying to make a lock file: nothing yet, the one who has it, or that it is ours. */
type Attempt = 'retry' | { holder: Holder } | { tookOver: Holder | 'unknown' | undefined };

async function contentsOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes a file that must not be there yet; without a pause between making and filling it. */
function createExclusive(path: string, text: string): boolean {
  try {
    const descriptor = openSync(path, 'wx');
    try {
      writeSync(descriptor, text);
    } finally {
      closeSync(descriptor);
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw explainWriteError(path, error);
  }
}

/**
 * Tries once to make the lock file at `path` ours.
 *
 * A stale one is replaced by a rename, under a second lock whose name comes from the stale one's contents: of all
 * who saw it, one has that second lock at a time, and finds the stale one still there or gone. The second lock can
 * be stale in its turn, and is then taken over in the same way.
 */
async function attemptLock(folder: string, path: string, mine: string, patient: boolean): Promise<Attempt> {
  if (createExclusive(path, mine)) return { tookOver: undefined };
  const text = await contentsOf(path);
  if (text === undefined) return 'retry';
  const other = parseHolder(text);
  // another process is between making the file and filling it, or was killed there: only time can tell
  if (other === undefined && patient) return 'retry';
  if (other !== undefined && (await isAlive(other))) return { holder: other };

  const claim = join(
    folder,
    temporaryName(LOCK_NAME, createHash('sha256').update(path).update(text).digest('hex')),
  );
  const claimed = await attemptLock(folder, claim, mine, patient);
  if (claimed === 'retry' || 'holder' in claimed) return 'retry';
  try {
    if ((await contentsOf(path)) !== text) return 'retry';
    const replacement = join(folder, temporaryName(LOCK_NAME, randomBytes(6).toString('hex')));
    createExclusive(replacement, mine);
    await rename(replacement, path);
    return { tookOver: other ?? 'unknown' };
  } finally {
    await rm(claim, { force: true });
  }
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

  for (let tries = 0; tries < 500; tries++) {
    const attempt = await attemptLock(folder, path, mine, tries < 10);
    if (attempt === 'retry') {
      await sleep(10);
      continue;
    }
    if ('holder' in attempt) {
      const other = attempt.holder;
      const elsewhere = other.host === hostname() ? '' : ` of ${other.host}`;
      throw new Error(
        `${folder}: process ${other.pid}${elsewhere} has been training here since ${other.since}; stop it first, ` +
          `or choose another folder${elsewhere && ` (if it no longer runs, delete ${path})`}`,
      );
    }
    const { tookOver } = attempt;
    if (tookOver) {
      const whose =
        tookOver === 'unknown'
          ? 'a process that was killed while locking'
          : `process ${tookOver.pid}, which no longer runs`;
      notify(`${folder}: took over the lock of ${whose}`);
    }
    return async () => {
      if ((await contentsOf(path)) === mine) await rm(path, { force: true });
    };
  }
  throw new Error(
    `${folder}: other processes are taking over its lock, and do not come to an end; delete ${path} if none runs`,
  );
}
