import { execFileSync, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('./testing/stop-program.ts', import.meta.url));

/** Runs the program and sends the signals as soon as it begins. */
function run(args: readonly string[], signals: readonly NodeJS.Signals[] = [], stdout?: string) {
  const child = spawn(
    process.execPath,
    ['--conditions=@lilformer/source', '--import', import.meta.resolve('tsx'), PROGRAM, ...args],
    { stdio: ['ignore', stdout === undefined ? 'pipe' : openSync(stdout, 'w'), 'pipe'] },
  );
  let [out, err] = ['', ''];
  child.stderr!.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdout?.on('data', (chunk: Buffer) => {
    if (out === '') {
      // Apart, because signals of one kind that are pending count once.
      signals.forEach((signal, i) => setTimeout(() => child.kill(signal), 300 * i));
    }
    out += chunk.toString();
  });
  return new Promise<{ code: number | null; signal: string | null; out: string; err: string }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, out, err })),
  );
}

describe.skipIf(process.platform === 'win32')('a signal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)(
    '%s lets the command stop, with exit code 130',
    async (signal) => {
      expect(await run(['computes', '800'], [signal])).toMatchObject({ code: 130, err: '' });
    },
  );

  it('that comes second ends a computation at once', async () => {
    expect(await run(['computes', '600000'], ['SIGINT', 'SIGINT'])).toMatchObject({ signal: 'SIGINT' });
  });

  it('that comes second ends a program that hangs on a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lilformer-signals-'));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    const { signal } = await run(['waits', join(folder, 'fifo')], ['SIGTERM', 'SIGINT']);
    expect(signal).toBe('SIGINT');
    await rm(folder, { recursive: true });
  });

  it('does not hide a failure while stopping', async () => {
    const { code, err } = await run(['computes', '800', 'the disk is full'], ['SIGINT']);
    expect([code, err]).toEqual([1, 'the disk is full\n']);
  });
});

describe('standard output', () => {
  it.skipIf(process.platform !== 'linux')('that is full stops the command with one line', async () => {
    const { code, err } = await run(['computes', '0'], [], '/dev/full');
    expect([code, err]).toEqual([
      1,
      'standard output: cannot write (ENOSPC). Expected a file or terminal with space.\n',
    ]);
  });
});
