// Operations of a training step, timed one by one on the shapes of the workloads: `npx nx run bench:ops -- --help`.
import { parseArgs } from 'node:util';
import { ownProgram, run } from './child.js';
import type { Precision } from './contestants.js';
import { circumstances, describeCircumstances } from './machine.js';
import { namesOf, runMain, threadCount, threadsEnvironment, wholeNumber } from './options.js';
import { readWorkloads } from './workloads.js';

const help = `Usage: npx nx run bench:ops -- [options]

  --workload NAMES    workloads, separated by commas (default: all)
  --engine NAME       (default: auto)
  --precision NAMES   float32, bf16 or both, separated by commas (default: float32)
  --batch N           batch size (default: the workload's)
  --threads N         (default: number of cores)
  --ms N              approximate time per operation in milliseconds (default 300)`;

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      workload: { type: 'string', multiple: true, default: [] },
      engine: { type: 'string', default: process.env.LILFORMER_ENGINE || 'auto' },
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
  for (const [name, own] of readWorkloads(values.workload.flatMap((names) => names.split(',')))) {
    const batch = values.batch === undefined ? own.batch : wholeNumber('batch', values.batch);
    for (const precision of namesOf<Precision>('precision', values.precision, ['float32', 'bf16'])) {
      const task = { name, workload: { ...own, batch }, engine: values.engine, precision, ms };
      const child = ownProgram('./ops-ours.ts', [JSON.stringify(task)], threadsEnvironment(threads));
      console.log((await run(child)).stdout);
    }
  }
  console.log(`    ${about.command}`);
});
