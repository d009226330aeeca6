// Runs the command in a process and a temporary folder of its own.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

const workspace = resolve(import.meta.dirname, '../../../../..');
const MAIN = join(workspace, 'apps/lilformer/src/main.ts');

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A new folder for each test. */
export function temporaryFolder(): () => string {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'lilformer-trainer-'))));
  afterEach(async () => rm(folder, { recursive: true, force: true }));
  return () => folder;
}

/** The variables that Nx sets for a command typed in `folder`. */
export const underNx = (folder: string) => ({ NX_TASK_TARGET_PROJECT: 'trainer', INIT_CWD: folder });

/** Runs a program as if typed in `folder`; as soon as it has printed `until`, it gets the signal. */
export function runProgram(
  folder: string,
  args: readonly string[],
  until?: string,
  signal: NodeJS.Signals = 'SIGINT',
): Promise<Result> {
  return new Promise<Result>((done, fail) => {
    const child = spawn(
      process.execPath,
      ['--conditions=@lilformer/source', '--import', import.meta.resolve('tsx'), MAIN, ...args],
      {
        cwd: workspace,
        env: { ...process.env, ...underNx(folder), LILFORMER_CACHE: join(folder, 'cache') },
      },
    );
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (until !== undefined && out.includes(until)) {
        until = undefined;
        child.kill(signal);
      }
    });
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.on('error', fail);
    child.on('close', (code) => done({ code, out, err }));
  });
}
