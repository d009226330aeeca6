// The operations of a training step one by one, on the shapes of the workloads: `npx nx run bench:ops -- --help`.
import { parseArgs } from 'node:util';
import { ownProgram, run } from './child.js';
import type { Precision } from './contestants.js';
import { circumstances, describeCircumstances } from './machine.js';
import { namesOf, threadCount, threadsEnvironment, wholeNumber } from './options.js';
import { peersFolder, personsPath, readWorkloads } from './workloads.js';

const help = `Usage: npx nx run bench:ops -- [options]

  --workload NAMES    only these, separated by commas (default: all)
  --engine NAME       (default: auto)
  --precision NAMES   float32, bf16 or both, separated by commas (default: float32)
  --batch N           texts in a batch, instead of the workload's own
  --peers FOLDER      where workloads.json is (default $LILFORMER_PEERS, or ../shared/bench beside the workspace)
  --threads N         (default: the cores at hand)
  --ms N              times each operation for about so many milliseconds (default 300)`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      workload: { type: 'string', multiple: true, default: [] },
      engine: { type: 'string', default: process.env.LILFORMER_ENGINE || 'auto' },
      precision: { type: 'string', multiple: true, default: ['float32'] },
      batch: { type: 'string' },
      peers: { type: 'string' },
      threads: { type: 'string' },
      ms: { type: 'string', default: '300' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const peers = values.peers === undefined ? peersFolder() : personsPath(values.peers);
  const only = values.workload.flatMap((names) => names.split(','));
  const threads = threadCount(values.threads);
  const ms = wholeNumber('ms', values.ms);
  const about = circumstances('ops');
  console.log(`${describeCircumstances(about)} ${threads} threads.\n`);
  for (const [name, own] of readWorkloads(`${peers}/workloads.json`, only)) {
    const batch = values.batch === undefined ? own.batch : wholeNumber('batch', values.batch);
    const workload = { ...own, batch };
    for (const precision of namesOf<Precision>('precision', values.precision, ['float32', 'bf16'])) {
      const task = { name, workload, engine: values.engine, precision, ms };
      const child = ownProgram('./ops-ours.ts', [JSON.stringify(task)], threadsEnvironment(threads));
      console.log((await run(child)).stdout);
    }
  }
  console.log(`    ${about.command}`);
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
