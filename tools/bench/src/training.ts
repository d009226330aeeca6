// The race of training steps against PyTorch: `npx nx run bench:training -- --help`.
//
// Round by round, each contestant trains each workload in a process of its own; the fastest step of all rounds counts.
import { parseArgs } from 'node:util';
import { ownProgram, run } from './child.js';
import {
  ours,
  study,
  torch,
  torchModes,
  type Contestant,
  type Precision,
  type TorchMode,
} from './contestants.js';
import { circumstances } from './machine.js';
import { namesOf, programPath, threadCount, threadsEnvironment, wholeNumber } from './options.js';
import { measurePeak } from './peaks.js';
import { race, type Entry } from './race.js';
import { saveResults } from './results.js';
import { expectSameWork, keepBest, trainingMarkdown, type TrainingResults } from './training-report.js';
import { peersFolder, personsPath, readWorkloads, usefulFlops } from './workloads.js';

const help = `Usage: npx nx run bench:training -- [options]

  --workload NAMES    only these, separated by commas (default: all of the file)
  --engine NAME       engine of our side (default: auto)
  --precision NAMES   ours in float32, bf16 or both, separated by commas (default: float32)
  --python FILE       a Python with torch: then PyTorch takes part
  --mode NAMES        how: ${Object.keys(torchModes).join(', ')}
                      (default: eager,eager-tuned,compile,bf16; tuned: with glibc's malloc told to keep memory)
  --peers FOLDER      workloads.json, which both sides read, and the peers' scripts
                      (default $LILFORMER_PEERS, or ../shared/bench beside the workspace)
  --study FILE        the yardstick program
  --threads N         threads for everybody (default: the cores at hand)
  --rounds N          (default 3)
  --steps N           timed steps in each round, after two to warm up (default 8); of small workloads
                      as many as make 100 GFLOP
  --save              keep the results in tools/bench/results
  --json              print what was measured as JSON, not as tables
  --profile           no race: where the time of one step of ours goes, workload by workload`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      workload: { type: 'string', multiple: true, default: [] },
      engine: { type: 'string', default: process.env.LILFORMER_ENGINE || 'auto' },
      precision: { type: 'string', multiple: true, default: ['float32'] },
      python: { type: 'string' },
      mode: { type: 'string', multiple: true },
      peers: { type: 'string' },
      study: { type: 'string' },
      threads: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      steps: { type: 'string', default: '8' },
      save: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const peers = values.peers === undefined ? peersFolder() : personsPath(values.peers);
  const only = values.workload.flatMap((names) => names.split(','));
  const workloads = readWorkloads(`${peers}/workloads.json`, only);
  const steps = wholeNumber('steps', values.steps);
  const rounds = wholeNumber('rounds', values.rounds);
  const threads = threadCount(values.threads);
  const precisions = namesOf<Precision>('precision', values.precision, ['float32', 'bf16']);
  const { engine } = values;
  if (values.profile) {
    for (const [name, workload] of workloads) {
      for (const precision of precisions) {
        const task = JSON.stringify({ name, workload, steps, engine, precision });
        const profile = ownProgram('./training-profile.ts', [task], threadsEnvironment(threads));
        console.log((await run(profile)).stdout);
      }
    }
    return;
  }

  const python = values.python === undefined ? undefined : programPath(values.python);
  const usual = python === undefined ? [] : ['eager', 'eager-tuned', 'compile', 'bf16'];
  const modes = namesOf('mode', values.mode ?? usual, Object.keys(torchModes) as TorchMode[]);
  const rules = { workloads, steps, threads };
  const contestants: Contestant[] = precisions.map((precision) => ours(precision, engine, rules));
  if (values.study !== undefined) contestants.push(study(personsPath(values.study), rules));
  for (const mode of modes) {
    if (python === undefined) throw new Error(`--mode ${mode}: needs --python FILE, a Python with torch`);
    contestants.push(torch(mode, { python, peers }, rules));
  }

  const results: TrainingResults = {
    ...circumstances('training'),
    threads,
    steps,
    rounds: 0,
    interrupted: false,
    versions: {},
    peaks: {},
    workloads: Object.fromEntries(
      [...workloads].map(([name, workload]) => [name, { flops: usefulFlops(workload), best: {} }]),
    ),
    failures: {},
  };
  const entries: Entry[] = precisions.map((precision) => ({
    subject: 'matrix product',
    contestant: precision,
    async run(signal) {
      const peak = await measurePeak({ engine, precision, threads, python }, signal);
      if (peak.gflops > (results.peaks[precision]?.gflops ?? 0)) results.peaks[precision] = peak;
    },
  }));
  for (const name of workloads.keys()) {
    for (const contestant of contestants) {
      entries.push({
        subject: name,
        contestant: contestant.name,
        async run(signal) {
          const { stdout, peakMemory } = await run(contestant.command(name), signal);
          const timing = contestant.parse(stdout);
          if (timing.threads !== undefined && timing.threads !== threads) {
            throw new Error(`it ran on ${timing.threads} threads, not on ${threads}`);
          }
          expectSameWork(results.workloads[name], contestant.name, timing);
          keepBest(results.workloads[name].best, contestant.name, { ...timing, memory: peakMemory });
          results.versions[contestant.name] = timing.version;
        },
      });
    }
  }
  const save = async (): Promise<void> => {
    if (values.save) await saveResults('training', results, trainingMarkdown(results));
  };
  const outcome = await race(entries, rounds, (sofar) => {
    Object.assign(results, sofar);
    return save();
  });
  Object.assign(results, outcome);
  console.log(values.json ? JSON.stringify(results, null, 2) : trainingMarkdown(results));
  await save();
  if (results.interrupted) process.exitCode = 130;
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
