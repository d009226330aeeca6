// Runs agreement_peer.py and reads its progress.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { peerScript } from './child.js';
import { threadsEnvironment } from './options.js';

/** One side of a comparison. */
export interface Trained {
  /** Training loss of each step. */
  readonly losses: readonly number[];
  /** Loss of the last evaluation. */
  readonly validation: number;
  readonly parameters: number;
  readonly seconds: number;
}

/** An output line of agreement_peer.py. */
interface PeerLine {
  readonly step?: number;
  readonly loss?: number;
  readonly validation?: number;
  readonly done?: true;
  readonly seconds?: number;
  readonly parameters?: number;
  readonly torch?: string;
}

/**
 * Trains from the task in a folder. The signal ends the process.
 * @throws Error with the end of its error output when it fails; the signal's reason
 */
export async function trainPeer(
  python: string,
  folder: string,
  {
    threads,
    signal,
    onStep,
  }: { threads: number; signal: AbortSignal; onStep: (step: number, seconds: number) => void },
): Promise<Trained & { readonly torch: string }> {
  const child = spawn(python, [peerScript('agreement_peer.py'), join(folder, 'task.json')], {
    // Passive: on a busy machine, threads that spin while they wait take the time of those that compute.
    env: { ...process.env, ...threadsEnvironment(threads), OMP_WAIT_POLICY: 'PASSIVE' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // own process group: Ctrl-C reaches only this process, which ends the group
  });
  const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
  failed.catch(() => undefined);
  const kill = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', kill);
  const losses: number[] = [];
  let last: PeerLine = {};
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-2000)));
  try {
    const closed = once(child, 'close');
    closed.catch(() => undefined);
    for await (const line of createInterface({ input: child.stdout })) {
      last = JSON.parse(line) as PeerLine;
      if (last.loss === undefined) continue;
      losses.push(last.loss);
      onStep(losses.length, last.seconds!);
    }
    await Promise.race([closed, failed]);
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
  signal.throwIfAborted();
  if (!last.done) throw new Error(`${python}: agreement_peer.py failed: ${errors.trim()}`);
  const { validation, parameters, seconds, torch } = last as Required<PeerLine>;
  return { losses, validation, parameters, seconds, torch };
}
