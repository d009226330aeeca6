// A `train` command as a child process, with its output in a log file and its events sent to the sweep.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT_INTERRUPTED } from '@lilformer/command-line';
import type { TrainingEvent } from '@lilformer/training';

const MAIN = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../main.ts' : '../../main.js', import.meta.url),
);

/**
 * Runs the trainer with `args` until it ends. When `signal` is aborted, the process saves and stops.
 * @throws Error with the last lines of its log when it fails
 */
export async function runProcess(
  args: readonly string[],
  log: string,
  signal: AbortSignal,
  onEvent: (event: TrainingEvent) => void,
): Promise<'done' | 'interrupted'> {
  const file = openSync(log, 'a');
  writeSync(file, `\n$ ${['train', ...args.slice(1)].join(' ')}\n`);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      // A process group of its own, so that Ctrl-C reaches it only once, through the sweep.
      const child = spawn(process.execPath, [...process.execArgv, MAIN, ...args], {
        detached: true,
        stdio: ['ignore', file, file, 'ipc'],
      });
      // Windows has no SIGINT for one process; a child whose parent disconnects saves and stops as well.
      const stop = () => {
        if (process.platform === 'win32') child.disconnect();
        else child.kill('SIGINT');
      };
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      child.on('message', (event) => onEvent(event as TrainingEvent));
      child.on('error', reject);
      child.on('close', (code, killed) => {
        signal.removeEventListener('abort', stop);
        resolve(killed === 'SIGINT' ? EXIT_INTERRUPTED : code);
      });
    });
    if (code === 0) return 'done';
    if (code === EXIT_INTERRUPTED || signal.aborted) return 'interrupted';
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-6);
    throw new Error(
      `ended with ${code === null ? 'a signal' : `exit code ${code}`}:\n    ${lines.join('\n    ')}`,
    );
  } finally {
    closeSync(file);
  }
}
