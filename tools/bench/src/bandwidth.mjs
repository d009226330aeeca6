// Memory bandwidth: every thread compares two large arrays (memcmp). Prints one JSON line. Plain JavaScript, because
// worker threads start without the TypeScript loader.
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** Size of each array, larger than any cache. */
const BYTES = 256 * 2 ** 20;
const MS = 600;

if (isMainThread) {
  const threads = Number(process.argv[2]);
  console.log(JSON.stringify({ threads, gigabytesPerSecond: await measure(threads) }));
} else {
  // Filled, so that every page is allocated.
  const [a, b] = [Buffer.alloc(BYTES, 1), Buffer.alloc(BYTES, 1)];
  parentPort.on('message', () => {
    const now = () => performance.timeOrigin + performance.now();
    const from = now();
    let bytes = 0;
    while (now() - from < workerData.ms) {
      if (!a.equals(b)) throw new Error('equal arrays differ');
      bytes += 2 * BYTES;
    }
    parentPort.postMessage({ bytes, from, to: now() });
  });
  parentPort.postMessage('ready');
}

/** GB/s of all threads together; the best of three. */
async function measure(threads) {
  const workers = Array.from(
    { length: threads },
    () => new Worker(fileURLToPath(import.meta.url), { workerData: { ms: MS } }),
  );
  const next = () =>
    Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve, reject) => {
            worker.once('message', resolve);
            worker.once('error', reject);
          }),
      ),
    );
  await next();
  let best = 0;
  for (let i = 0; i < 3; i++) {
    const answers = next();
    for (const worker of workers) worker.postMessage('go');
    const readings = await answers;
    const from = Math.min(...readings.map((reading) => reading.from));
    const to = Math.max(...readings.map((reading) => reading.to));
    best = Math.max(best, readings.reduce((sum, { bytes }) => sum + bytes, 0) / (to - from) / 1e6);
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  return best;
}
