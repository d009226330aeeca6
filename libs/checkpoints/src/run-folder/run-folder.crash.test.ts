// Simulates a kill at every disk operation of a run: from the n-th operation on (before, during or after it) the file system
// fails, as after the death of the process.
import type * as Fs from 'node:fs';
import type * as FsPromises from 'node:fs/promises';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RunFolder } from './run-folder.js';
import { checkFinished, checkRun } from '../testing/check-run.js';
import { saveLoop } from '../testing/save-loop.js';

const disk = vi.hoisted(() => {
  /** Where the disk stops: at which operation, at which part of it, and whether for good or for this one only. */
  const plan = { at: Infinity, when: 'before', code: '', forGood: true };
  const state = { count: 0, dead: false };
  const fail = (): never => {
    state.dead = plan.forGood;
    throw Object.assign(new Error(`${plan.code}: simulated`), { code: plan.code });
  };
  type Operation = (...args: never[]) => unknown;
  /** Counts an operation; `half` performs its first half. */
  const guard = (operation: Operation, half?: (...args: never[]) => unknown): Operation =>
    function (this: unknown, ...args: never[]) {
      if (state.dead) throw Object.assign(new Error('the process is dead'), { code: 'DEAD' });
      if (++state.count !== plan.at) return operation.apply(this, args);
      if (plan.when === 'before') fail();
      const done = plan.when === 'half' && half ? half.apply(this, args) : operation.apply(this, args);
      return done instanceof Promise ? done.then(fail) : fail();
    };
  /** Files that the exit of a process would close. */
  const open = new Set<() => unknown>();
  return { plan, state, guard, open };
});

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof FsPromises>();
  const open = async (path: string, flags: string): Promise<object> => {
    const handle = await fs.open(path, flags);
    disk.open.add(() => handle.close());
    return new Proxy(handle, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        const bound = method.bind(target) as (...args: never[]) => unknown;
        if (name === 'write') {
          return disk.guard(bound, (bytes: Uint8Array, offset: number, length: number) =>
            target.write(bytes, offset, length >> 1),
          );
        }
        // Flushing matters for power failures only; skipped for speed.
        return name === 'sync' ? disk.guard(() => Promise.resolve()) : bound;
      },
    });
  };
  return {
    ...fs,
    open: (path: string, flags: string) =>
      flags === 'r' ? open(path, flags) : disk.guard(open as never)(path as never, flags as never),
    rename: disk.guard(fs.rename as never),
    rm: disk.guard(fs.rm as never),
    mkdir: disk.guard(fs.mkdir as never),
  };
});

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  return {
    ...fs,
    writeSync: disk.guard(
      fs.writeSync as never,
      ((descriptor: number, data: Uint8Array | string, offset: number) =>
        typeof data === 'string'
          ? fs.writeSync(descriptor, data.slice(0, data.length >> 1))
          : fs.writeSync(descriptor, data, offset, (data.length - offset) >> 1)) as never,
    ),
    ftruncateSync: disk.guard(fs.ftruncateSync as never),
    fsyncSync: disk.guard(() => undefined),
    openSync: disk.guard(((path: string, flags: string) => {
      const descriptor = fs.openSync(path, flags);
      disk.open.add(() => fs.closeSync(descriptor));
      return descriptor;
    }) as never),
    closeSync: () => undefined,
  };
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crash-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Runs until the disk fails; returns whether it did. */
async function runUntil(path: string, steps: number, plan: Partial<typeof disk.plan>): Promise<unknown> {
  Object.assign(disk.plan, { when: 'before', code: 'EIO', forGood: true }, plan);
  disk.state.count = 0;
  try {
    await saveLoop(path, steps, () => undefined);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    disk.plan.at = Infinity;
    disk.state.dead = false;
    for (const close of disk.open) await Promise.resolve(close()).catch(() => undefined);
    disk.open.clear();
  }
}

/** Turns the locks left by the simulated kill, which name this live process, into locks of a dead process. */
async function leaveLock(path: string): Promise<void> {
  for (const name of await readdir(path).catch(() => [] as string[])) {
    if (!name.includes('run.lock')) continue;
    const text = await readFile(join(path, name), 'utf8');
    await writeFile(join(path, name), text.replace(`"pid":${process.pid},`, '"pid":4194304999,'));
  }
}

describe('a run that is killed', () => {
  it.each(['before', 'half', 'after'])(
    'resumes after a kill %s any disk operation',
    async (when) => {
      const steps = 3;
      let point = 1;
      let deaths = 0;
      const reached = new Set<number>();
      for (; ; point++) {
        const path = join(folder, `${when}-${point}`);
        const error = await runUntil(path, steps, { at: point, when });
        if (!error) break;
        deaths++;
        await leaveLock(path);
        const names = await readdir(path).catch(() => [] as string[]);
        if (names.includes('config.json')) {
          // A reader finds a complete run before it is repaired.
          const run = await RunFolder.open(path);
          reached.add(await checkRun(run));
          await run.close();
        }
        expect(await runUntil(path, steps, { at: Infinity })).toBeUndefined();
        await checkFinished(path, steps);
        const left = (await readdir(path)).sort();
        expect(left).toEqual(['config.json', 'metrics.jsonl', 'model.safetensors', 'samples.txt', 'state.json', 'state.safetensors', 'tokenizer.json']); // prettier-ignore
        await rm(path, { recursive: true });
      }
      expect(deaths).toBeGreaterThan(40);
      expect(reached).toEqual(new Set([0, 1, 2, 3]));
    },
    180_000,
  );

  it('resumes after another kill during resume', async () => {
    for (let point = 1; point < 30; point += 3) {
      const path = join(folder, `twice-${point}`);
      await runUntil(path, 4, { at: 45, when: 'half' });
      for (let again = point; again < point + 3; again++) {
        await leaveLock(path);
        await runUntil(path, 4, { at: again, when: 'half' });
        await leaveLock(path);
        const run = await RunFolder.open(path);
        await checkRun(run);
        await run.close();
      }
      await leaveLock(path);
      expect(await runUntil(path, 5, { at: Infinity })).toBeUndefined();
      await checkFinished(path, 5);
    }
  });
});

describe('a disk that fails once', () => {
  it.each(['ENOSPC', 'EROFS', 'EACCES'])(
    '%s: names the path and what to do, and leaves no temporary file',
    async (code) => {
      const advice = { ENOSPC: 'Free some space', EROFS: 'read-only', EACCES: 'permission' }[code]!;
      const stride = code === 'ENOSPC' ? 1 : 4;
      let writes = 0;
      for (let point = 1; ; point += stride) {
        const path = join(folder, `${code}-${point}`);
        const error = (await runUntil(path, 3, { at: point, when: 'half', code, forGood: false })) as
          Error | undefined;
        if (disk.state.count < point) break;
        // Only cleaning up may fail silently.
        if (error?.message.includes('cannot write')) {
          writes++;
          expect(error.message).toContain(path);
          expect(error.message).toContain(advice);
        }
        const names = await readdir(path).catch(() => [] as string[]);
        expect(names.filter((name) => name.endsWith('.tmp') && !name.startsWith('.run.lock'))).toEqual([]);
        await leaveLock(path);
        expect(await runUntil(path, 3, { at: Infinity })).toBeUndefined();
        await checkFinished(path, 3);
      }
      expect(writes).toBeGreaterThan(24 / stride);
    },
    180_000,
  );
});
