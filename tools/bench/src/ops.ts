// Operations of a training step, timed one by one on the shapes of the workloads: `npx nx run bench:ops -- --help`.
import { parseArgs } from 'node:util';
import { ownProgram, run } from './child.js';
import type { Precision } from './contestants.js';
import { circumstances, describeCircumstances } from './machine.js';
import { namesOf, runMain, threadCount, threadsEnvironment, wholeNumber } from './options.js';
import { measureProduct } from './peaks.js';
import { digits } from './table.js';
import { readWorkloads } from './workloads.js';

const help = `Usage: npx nx run bench:ops -- [options]

  --workload NAMES    workloads, separated by commas (default: all)
  --engine NAMES      engines, separated by commas (default: auto)
  --precision NAMES   float32, bf16 or both, separated by commas (default: float32)
  --batch N           batch size (default: the workload's)
  --threads N         (default: number of cores)
  --ms N              approximate time per operation in milliseconds (default 300)`;

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      workload: { type: 'string', multiple: true, default: [] },
      engine: { type: 'string', multiple: true, default: [process.env.LILFORMER_ENGINE || 'auto'] },
      precision: { type: 'string', multiple: true, default: ['float32'] },
      batch: { type: 'string' },
      threads: { type: 'string' },
      ms: { type: 'string', default: '300' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const threads = threadCount(values.threads);
  const ms = wholeNumber('ms', values.ms);
  const about = circumstances('ops');
  console.log(`${describeCircumstances(about)} ${threads} threads.\n`);
  const engines = values.engine.flatMap((names) => names.split(','));
  const precisions = namesOf<Precision>('precision', values.precision, ['float32', 'bf16']);
  // Alternately, the best of three: another process on the machine slows one of them.
  const products = new Map<string, number>();
  for (let round = 0; round < 3; round++) {
    for (const engine of engines) {
      const gflops = await measureProduct(engine, precisions[0], threads);
      products.set(engine, Math.max(gflops, products.get(engine) ?? 0));
    }
  }
  const [first] = products.values();
  for (const [engine, gflops] of products) {
    const share = engine === engines[0] ? '' : `, ${(gflops / first).toFixed(2)} of ${engines[0]}`;
    console.log(`product 512×512×512, ${precisions[0]}, ${engine}: ${digits(gflops)} GFLOP/s${share}`);
  }
  console.log();
  for (const [name, own] of readWorkloads(values.workload.flatMap((names) => names.split(',')))) {
    const batch = values.batch === undefined ? own.batch : wholeNumber('batch', values.batch);
    for (const precision of precisions) {
      for (const engine of engines) {
        const task = { name, workload: { ...own, batch }, engine, precision, ms };
        const child = ownProgram('./ops-ours.ts', [JSON.stringify(task)], threadsEnvironment(threads));
        console.log((await run(child)).stdout);
      }
    }
  }
  console.log(`    ${about.command}`);
});
