// A profile of one training step: a process of its own, told in JSON what to do; prints a table.
import { openFor } from './engine.js';
import type { Precision } from './contestants.js';
import { profileTable } from './profile-table.js';
import { Profiler, total, type Profile } from './profile.js';
import { digits, percent } from './table.js';
import { createTraining } from './training-step.js';
import { usefulFlops, type Workload } from './workloads.js';

interface Task {
  readonly name: string;
  readonly workload: Workload;
  readonly steps: number;
  readonly engine: string;
  readonly precision: Precision;
}

const task = JSON.parse(process.argv[2]) as Task;
const engine = await openFor(task.engine, task.precision);
const training = createTraining(task.workload);
let bare = Infinity; // without timers, to tell what they cost
for (let i = 0; i < task.steps + 2; i++) {
  const start = performance.now();
  training.step();
  if (i >= 2) bare = Math.min(bare, performance.now() - start);
}

const profiler = new Profiler();
const { model } = training;
const loss = model.loss.bind(model);
model.loss = (...given) => {
  const value = loss(...given);
  profiler.phase('backward');
  return value;
};
let best: Profile | undefined;
for (let i = 0; i < task.steps + 2; i++) {
  training.step((phase) => profiler.phase(phase === 'gradients' ? 'forward' : phase));
  const profile = profiler.take();
  if (i >= 2 && (best === undefined || total(profile) < total(best))) best = profile;
}
print(best!);

function print(profile: Profile): void {
  const whole = total(profile);
  const gflops = usefulFlops(task.workload) / whole / 1e6;
  const phases = [...profile.phases].map(([name, ms]) => `${name} ${percent(ms / whole)}`).join(', ');
  console.log(
    `${task.name} | ${task.precision} on ${engine.describe()} | fastest of ${task.steps} steps: ${digits(whole)} ms, ` +
      `${digits(gflops)} GFLOP/s (without timers ${digits(bare)} ms) | ${phases}\n\n${profileTable(profile)}\n`,
  );
}
