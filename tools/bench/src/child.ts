// Runs one measurement in a process of its own: its output, how long it ran, and the most memory it had. Leaves out
// what is measured.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { workspace } from './workloads.js';

/** What to run. */
export interface Command {
  readonly program: string;
  readonly parameters: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What came of it. */
export interface Outcome {
  readonly stdout: string;
  readonly seconds: number;
  /** The most memory resident at once, in bytes; undefined where there is no /proc to tell. */
  readonly peakMemory: number | undefined;
}

/** How often a process is asked for its high-water mark; steps repeat, so what the last interval hides is little. */
const INTERVAL_MS = 20;

/**
 * Runs a command to its end.
 *
 * @param signal kills the process; the promise then rejects with the signal's reason
 * @throws Error with the end of what it wrote to stderr when it does not end well
 */
export function run({ program, parameters, env }: Command, signal?: AbortSignal): Promise<Outcome> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, parameters, {
      cwd: workspace,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a group of its own: Ctrl-C goes to the race alone, which then ends the whole group
    });
    let stdout = '';
    let stderr = '';
    let peakMemory: number | undefined;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4000)));
    const watch = setInterval(() => {
      void highWaterMark(child.pid!).then((bytes) => (peakMemory = bytes ?? peakMemory));
    }, INTERVAL_MS);
    const abort = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL'); // its own children too
    };
    signal?.addEventListener('abort', abort);
    const settle = (action: () => void): void => {
      clearInterval(watch);
      signal?.removeEventListener('abort', abort);
      action();
    };
    child.on('error', (error) =>
      settle(() => reject(new Error(`${program} does not run: ${error.message}`, { cause: error }))),
    );
    child.on('close', (code, killedBy) =>
      settle(() => {
        const seconds = (performance.now() - started) / 1000;
        if (signal?.aborted) reject(signal.reason as Error);
        else if (code === 0) resolve({ stdout, seconds, peakMemory });
        else reject(new Error(`${program} ended with ${killedBy ?? `exit ${code}`}: ${complaint(stderr)}`));
      }),
    );
  });
}

/** A program of this folder, run from its source by this Node. */
export function ownProgram(file: string, parameters: readonly string[], env?: Command['env']): Command {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return {
    program: process.execPath,
    parameters: ['--conditions=@lilformer/source', '--import', 'tsx', path, ...parameters],
    env,
  };
}

/** The kernel's high-water mark of resident memory, in bytes; of a process that is gone, nothing. */
async function highWaterMark(pid: number): Promise<number | undefined> {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** The last error in what a process wrote, or else its last line. */
function complaint(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const error = lines.findLastIndex((line) => /^\w*Error\b/.test(line));
  return (
    (error === -1 ? lines.at(-1) : lines.slice(error, error + 6).join('\n')) || 'it wrote nothing to stderr'
  );
}
