// A few worker threads that encode jobs. Order is the caller's business: each job is a promise.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Job } from './encode-jobs.js';
import type { EncodeWorkerAnswer, EncodeWorkerData } from './encode-worker.js';

type Ids = Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

interface Pending {
  resolve: (ids: Ids) => void;
  reject: (error: Error) => void;
}

/**
 * A thread's share of short-lived memory, in MB. V8's own choice, 48, gives no speed here and costs hundreds of
 * megabytes with many threads.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 12 };

/** Worker threads with the same tokenizer. */
export class EncodePool {
  private readonly lanes: { worker: Worker; pending: Pending[] }[];
  private failure: Error | undefined;

  constructor(count: number, data: EncodeWorkerData) {
    this.lanes = Array.from({ length: count }, () => {
      const lane = { worker: startWorker(data), pending: [] as Pending[] };
      lane.worker.on('message', (answer: EncodeWorkerAnswer) => {
        const job = lane.pending.shift();
        if (job === undefined) return; // the answer to a job that was given up
        if ('ids' in answer) job.resolve(answer.ids);
        else job.reject(new Error(answer.error));
      });
      lane.worker.on('error', (error) => this.fail(error));
      lane.worker.on('exit', (code) => this.fail(new Error(`an encoding thread ended with code ${code}`)));
      return lane;
    });
  }

  /** Ids of a job, by the thread that has least to do. */
  encode(job: Job): Promise<Ids> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const lane = this.lanes.reduce((best, next) => (next.pending.length < best.pending.length ? next : best));
    return new Promise((resolve, reject) => {
      lane.pending.push({ resolve, reject });
      lane.worker.postMessage(job);
    });
  }

  async close(): Promise<void> {
    this.fail(new Error('the encoding was stopped'));
    await Promise.all(this.lanes.map((lane) => lane.worker.terminate()));
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const lane of this.lanes) for (const job of lane.pending.splice(0)) job.reject(this.failure);
  }
}

/**
 * Starts the worker's file beside this one. From TypeScript sources (tests, a clone that is not built) tsx has to be
 * registered inside the thread: given to it as `--import`, Node 20 does not apply it there.
 */
function startWorker(workerData: EncodeWorkerData): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./encode-worker.js', import.meta.url), { workerData, resourceLimits });
  }
  const api = createRequire(import.meta.url)
    .resolve('tsx/esm/api')
    .replace(/\.cjs$/, '.mjs');
  const source = new URL('./encode-worker.ts', import.meta.url).href;
  const program = `import(${JSON.stringify(pathToFileURL(api).href)}).then(({ register }) => {
    register();
    return import(${JSON.stringify(source)});
  });`;
  return new Worker(program, {
    eval: true,
    workerData,
    resourceLimits,
    execArgv: ['--conditions=@lilformer/source'],
  });
}
