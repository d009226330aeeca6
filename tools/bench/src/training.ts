// Training steps of lilformer and PyTorch side by side: `npx nx run bench:training -- --help`.
import { parseArgs } from 'node:util';
import { run } from './child.js';
import {
  ours,
  parseTiming,
  torch,
  torchModes,
  type Contestant,
  type Precision,
  type TorchMode,
} from './contestants.js';
import { circumstances } from './machine.js';
import { namesOf, programPath, runMain, threadCount, wholeNumber } from './options.js';
import { measurePeak } from './peaks.js';
import { race, type Entry } from './race.js';
import { saveResults } from './results.js';
import { expectSameWork, keepBest, trainingMarkdown, type TrainingResults } from './training-report.js';
import { readWorkloads, usefulFlops } from './workloads.js';

const help = `Usage: npx nx run bench:training -- [options]

  --workload NAMES    workloads, separated by commas (default: all)
  --engine NAMES      engines of lilformer, separated by commas (default: auto); further ones in float32
  --precision NAMES   float32, bf16 or both, separated by commas (default: float32)
  --python FILE       a Python with torch; without it only lilformer is measured
  --mode NAMES        PyTorch modes: ${Object.keys(torchModes).join(', ')}
                      (default: eager,eager-tuned,compile,bf16; tuned: malloc keeps freed memory)
  --threads N         threads of every contestant (default: number of cores)
  --rounds N          (default 3)
  --steps N           timed steps per round after two warm-up steps (default 8); small workloads run
                      as many as 100 GFLOP take
  --save              write the results to tools/bench/results
  --json              print JSON instead of tables`;

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      workload: { type: 'string', multiple: true, default: [] },
      engine: { type: 'string', multiple: true, default: [process.env.LILFORMER_ENGINE || 'auto'] },
      precision: { type: 'string', multiple: true, default: ['float32'] },
      python: { type: 'string' },
      mode: { type: 'string', multiple: true },
      threads: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      steps: { type: 'string', default: '8' },
      save: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const [engine, ...further] = values.engine.flatMap((names) => names.split(','));
  const workloads = readWorkloads(values.workload.flatMap((names) => names.split(',')));
  const steps = wholeNumber('steps', values.steps);
  const threads = threadCount(values.threads);
  const precisions = namesOf<Precision>('precision', values.precision, ['float32', 'bf16']);
  const python = values.python === undefined ? undefined : programPath(values.python);
  const defaultModes = python === undefined ? [] : ['eager', 'eager-tuned', 'compile', 'bf16'];
  const modes = namesOf('mode', values.mode ?? defaultModes, Object.keys(torchModes) as TorchMode[]);
  const rules = { workloads, steps, threads };
  const contestants: Contestant[] = precisions.map((precision) => ours(precision, engine, rules));
  for (const name of further) contestants.push(ours('float32', name, rules, `on-${name}`));
  for (const mode of modes) {
    if (python === undefined) throw new Error(`--mode ${mode}: needs --python FILE, a Python with torch`);
    contestants.push(torch(mode, python, rules));
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
          const timing = parseTiming(stdout);
          // The cpu engine has one thread.
          if (timing.threads !== undefined && timing.threads !== threads && contestant.name !== 'on-cpu') {
            throw new Error(`ran with ${timing.threads} threads, expected ${threads}`);
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
  const outcome = await race(entries, wholeNumber('rounds', values.rounds), (soFar) => {
    Object.assign(results, soFar);
    return save();
  });
  Object.assign(results, outcome);
  console.log(values.json ? JSON.stringify(results, null, 2) : trainingMarkdown(results));
  await save();
  if (results.interrupted) process.exitCode = 130;
});
