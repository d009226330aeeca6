// Whether memory stays where it is: trains a small model for thousands of steps and watches the process, the tensors
// and the engine's pool of buffers: `npx nx run bench:steady`. Exits with 1 when one of them has grown. Garbage is
// collected before each look: left alone, V8 lets tens of megabytes of it pile up before it goes through the old ones.
import { parseArgs } from 'node:util';
import { tf } from '@lilformer/engine';
import { formatDuration } from '@lilformer/training';
import { openFor } from './engine.js';
import { wholeNumber } from './options.js';
import { growth, type Sample } from './steady-growth.js';
import { table } from './table.js';
import { createTraining } from './training-step.js';
import type { TransformerWorkload } from './workloads.js';

const help = `Usage: npx nx run bench:steady -- [options]

  --steps N          (default 10000)
  --warm-up N        steps before memory is looked at (default 200)
  --engine NAME      (default: auto)
  --tolerance MB     how much the process may grow after the warm-up (default 8); the pool may by a tenth,
                     tensors not at all`;

/** Everything that a step can do, small: attention and branches with dropout, two experts, a last norm. */
const workload: TransformerWorkload = {
  kind: 'transformer',
  vocab: 256,
  d: 32,
  ff: 64,
  layers: 2,
  heads: 2,
  experts: 2,
  seq: 32,
  batch: 4,
  norm: 'layer',
  act: 'gelu',
  dropout: 0.1,
};

const ROWS = 20;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      steps: { type: 'string', default: '10000' },
      'warm-up': { type: 'string', default: '200' },
      engine: { type: 'string', default: process.env.LILFORMER_ENGINE || 'auto' },
      tolerance: { type: 'string', default: '8' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const warmUp = wholeNumber('warm-up', values['warm-up']);
  const steps = wholeNumber('steps', values.steps, warmUp + 1);
  const tolerance = wholeNumber('tolerance', values.tolerance, 0) * 1e6;
  const engine = await openFor(values.engine, 'float32');
  console.log(engine.describe());
  const { step } = createTraining(workload);

  const samples: Sample[] = [];
  const every = Math.max(1, Math.floor((steps - warmUp) / ROWS));
  const started = performance.now();
  for (let done = 1; done <= steps; done++) {
    const loss = step();
    if (!Number.isFinite(loss)) throw new Error(`loss ${loss} at step ${done}`);
    if (done < warmUp || ((done - warmUp) % every !== 0 && done !== steps)) continue;
    samples.push(look(done));
    const eta = ((performance.now() - started) / done / 1000) * (steps - done);
    process.stderr.write(`step ${done}/${steps} | loss ${loss.toFixed(3)} | eta ${formatDuration(eta)}\n`);
  }
  const mega = (bytes: number | undefined): string | undefined =>
    bytes === undefined ? undefined : (bytes / 1e6).toFixed(1);
  console.log(
    table(
      ['step', 'process MB', 'heap MB', 'tensors', 'engine MB', 'pool MB'],
      samples.map((s) => [
        String(s.step),
        mega(s.resident),
        mega(s.heap),
        String(s.tensors),
        mega(s.tensorBytes),
        mega(s.pool),
      ]),
    ),
  );
  const grown = growth(samples, tolerance);
  for (const line of grown) console.error(line);
  if (grown.length > 0) process.exitCode = 1;
  else {
    console.log(
      `\nFlat from step ${warmUp} to ${steps}: tensors exactly, the pool to a tenth, the process to ${values.tolerance} MB.`,
    );
  }
}

function look(step: number): Sample {
  (globalThis as { gc?: () => void }).gc!(); // there by --expose-gc
  const { numTensors, numBytes } = tf.memory();
  const { rss, heapUsed } = process.memoryUsage();
  const backend = tf.backend() as { poolStatistics?: () => { live: number; idle: number } };
  const pool = backend.poolStatistics?.();
  return {
    step,
    resident: rss,
    heap: heapUsed,
    tensors: numTensors,
    tensorBytes: numBytes,
    pool: pool && pool.live + pool.idle,
  };
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
