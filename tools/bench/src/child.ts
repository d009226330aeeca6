// Runs one measurement in a separate process and records its output, duration and peak memory.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { workspace } from './workloads.js';

export interface Command {
  readonly program: string;
  readonly parameters: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly stdout: string;
  readonly seconds: number;
  /** Peak resident memory in bytes; undefined without /proc. */
  readonly peakMemory: number | undefined;
}

/** Interval of reading the peak memory. */
const INTERVAL_MS = 20;

/**
 * Runs a command. The signal kills its process group and rejects with the signal's reason.
 *
 * @throws Error with the last error on stderr if the exit code is not 0
 */
export function run({ program, parameters, env }: Command, signal?: AbortSignal): Promise<Outcome> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, parameters, {
      cwd: workspace,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // own process group: Ctrl-C reaches only the parent, which kills the group
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
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    signal?.addEventListener('abort', abort);
    const settle = (action: () => void): void => {
      clearInterval(watch);
      signal?.removeEventListener('abort', abort);
      action();
    };
    child.on('error', (error) =>
      settle(() => reject(new Error(`${program}: cannot run: ${error.message}`, { cause: error }))),
    );
    child.on('close', (code, killedBy) =>
      settle(() => {
        const seconds = (performance.now() - started) / 1000;
        if (signal?.aborted) reject(signal.reason as Error);
        else if (code === 0) resolve({ stdout, seconds, peakMemory });
        else reject(new Error(`${program}: ${killedBy ?? `exit code ${code}`}: ${lastError(stderr)}`));
      }),
    );
  });
}

/** Command that runs a TypeScript file of this folder. */
export function ownProgram(file: string, parameters: readonly string[], env?: Command['env']): Command {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return {
    program: process.execPath,
    parameters: ['--conditions=@lilformer/source', '--import', 'tsx', path, ...parameters],
    env,
  };
}

/** Path of a script in peers/. */
export function peerScript(file: string): string {
  return fileURLToPath(new URL(`../peers/${file}`, import.meta.url));
}

/** Peak resident memory (VmHWM) in bytes; undefined for a finished process. */
async function highWaterMark(pid: number): Promise<number | undefined> {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** The last error on stderr, or its last line. */
function lastError(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const error = lines.findLastIndex((line) => /^\w*Error\b/.test(line));
  return (error === -1 ? lines.at(-1) : lines.slice(error, error + 6).join('\n')) || 'nothing on stderr';
}
