// Trains a small model for many steps, 10,000 by default, and checks that memory does not grow after the first 200: of the
// process, of tensors, and of the engine's pool.
//
//   node --expose-gc --conditions=@lilformer/source --import tsx scripts/memory-test.ts [STEPS]
import { openEngine, tf } from '@lilformer/engine';
import { train } from '../src/index.js';
import { tinyModel, tinyWindows } from '../src/testing/tiny.js';

/** Growth of a process without a leak, from garbage collection. */
const SLACK = 20 * 2 ** 20;
const SETTLED = 200;
const steps = Number(process.argv[2] ?? 10_000);

interface Memory {
  readonly rss: number;
  readonly heap: number;
  readonly tensors: number;
  readonly bytes: number;
  /** Bytes in the native engine's pool, used and idle. */
  readonly pool: number;
}

function memory(): Memory {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const { numTensors, numBytes, pool } = tf.memory() as ReturnType<typeof tf.memory> & {
    pool?: { live: number; idle: number };
  };
  return {
    rss,
    heap: heapUsed,
    tensors: numTensors,
    bytes: numBytes,
    pool: pool ? pool.live + pool.idle : 0,
  };
}

function show(step: number, { rss, heap, tensors, bytes, pool }: Memory): void {
  const mib = (size: number): string => (size / 2 ** 20).toFixed(1);
  console.log(
    `step ${step} | rss ${mib(rss)} MiB | heap ${mib(heap)} MiB | ${tensors} tensors, ${bytes} bytes | pool ${mib(pool)} MiB`,
  );
}

const engine = await openEngine();
console.log(engine.describe());
const model = tinyModel('attention');
const { train: windows, validation } = tinyWindows();
const settings = {
  batchSize: 4,
  schedule: 1e-3,
  maxGradNorm: 1,
  maxSteps: steps,
  gradientAccumulationSteps: 2,
};
const evaluation = { evalEvery: 1000, evalBatches: 2 };
let settled: Memory | undefined;
let last: Memory | undefined;
for await (const event of train({ model, train: windows, validation, ...evaluation, ...settings })) {
  if (event.type !== 'step' || (event.step !== SETTLED && event.step % 1000 !== 0)) continue;
  last = memory();
  settled ??= last;
  show(event.step, last);
}
if (!settled || !last) throw new RangeError(`${steps} steps: expected at least ${SETTLED}`);
const grown = (Object.keys(settled) as (keyof Memory)[]).filter(
  (name) => last[name] > settled[name] + (name === 'tensors' || name === 'bytes' ? 0 : SLACK),
);
if (grown.length > 0) throw new Error(`grown since step ${SETTLED}: ${grown.join(', ')}`);
console.log('flat');
