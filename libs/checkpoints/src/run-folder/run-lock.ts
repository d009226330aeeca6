// Lock file of a run folder: one training process at a time. The lock of a dead process is taken over. Readers need no lock,
// since files change by renaming only.
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainWriteError, temporaryName } from '../files/atomic-file.js';

export const LOCK_NAME = 'run.lock';

/** Contents of the lock file. */
interface Holder {
  pid: number;
  host: string;
  /** Start time of the process in clock ticks since boot: distinguishes processes with the same pid. */
  started: string | null;
  since: string;
}

/** Start time of a process in clock ticks since boot; null except on Linux. */
async function processStart(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in parentheses that may contain spaces; the start time is field 22.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) return true; // unknown
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

/** Result of an attempt: undecided, held by a process, or ours (and whose lock it was). */
type Attempt = 'retry' | { holder: Holder } | { tookOver: Holder | 'unknown' | undefined };

async function contentsOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Creates a file that must not exist; synchronous, to keep the time before it has its contents short. */
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
 * Attempts once to acquire the lock at `path`.
 *
 * A stale lock is replaced by a rename under a second lock, whose name is derived from the contents of the stale one. Of
 * all processes that saw the stale lock, one holds the second lock at a time and checks that the stale one is unchanged.
 * The second lock can be stale in turn, and is then taken over the same way.
 *
 * @param patient retry when the file is empty: its process may be about to write it
 */
async function attemptLock(folder: string, path: string, mine: string, patient: boolean): Promise<Attempt> {
  if (createExclusive(path, mine)) return { tookOver: undefined };
  const text = await contentsOf(path);
  if (text === undefined) return 'retry';
  const other = parseHolder(text);
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
 * @param notify called when the lock of a dead process was taken over
 * @returns a function that releases the lock
 * @throws Error naming the process that holds the lock, or the path that cannot be written
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
      const elsewhere = other.host === hostname() ? '' : ` on ${other.host}`;
      throw new Error(
        `${folder}: locked by process ${other.pid}${elsewhere} since ${other.since}. Stop it first, ` +
          `or choose another folder.${elsewhere && ` If it no longer runs, delete ${path}.`}`,
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
  throw new Error(`${folder}: other processes keep taking over the lock. Delete ${path} if none runs.`);
}
