// Worker threads that encode jobs.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Ids, Job } from './encode-jobs.js';
import type { EncodeWorkerAnswer, EncodeWorkerData } from './encode-worker.js';

interface Pending {
  resolve: (ids: Ids) => void;
  reject: (error: Error) => void;
}

/**
 * Size of V8's young generation per thread, in MB. The default, 48, is not faster and uses hundreds of megabytes with
 * many threads.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 12 };

export class EncodePool {
  private readonly lanes: { worker: Worker; pending: Pending[] }[];
  private failure: Error | undefined;

  constructor(count: number, data: EncodeWorkerData) {
    this.lanes = Array.from({ length: count }, () => {
      const lane = { worker: startWorker(data), pending: [] as Pending[] };
      lane.worker.on('message', (answer: EncodeWorkerAnswer) => {
        const job = lane.pending.shift();
        if (job === undefined) return; // the result of an abandoned job
        if ('ids' in answer) job.resolve(answer.ids);
        else job.reject(new Error(answer.error));
      });
      lane.worker.on('error', (error) => this.fail(error));
      lane.worker.on('exit', (code) => this.fail(new Error(`an encoding thread ended with code ${code}`)));
      return lane;
    });
  }

  /** Encodes a job in the thread with the fewest jobs. */
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
 * Starts a worker. With TypeScript sources (tests, an unbuilt clone), tsx is registered inside the thread, because
 * Node 20 ignores `--import` there.
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
