// Files and threads in Node.
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** The contents of a prebuilt binary. */
export async function readBinary(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(new URL(`../prebuilt/${name}`, import.meta.url)));
}

/** Whether threads may share memory. */
export const canShareMemory = (): boolean => true;

/** Number of cores available to this process. */
export const defaultThreads = (): number => availableParallelism();

/** An environment variable. */
export const variable = (name: string): string | undefined => process.env[name] || undefined;

/** Starts a thread that does not keep the process alive. */
export function startWorker(data: unknown): void {
  const worker = new Worker(new URL('../workers/node.js', import.meta.url), {
    workerData: data,
    // Options of the process such as --import would load its loaders into each thread.
    execArgv: [],
  });
  worker.unref();
}
