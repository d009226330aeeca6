// A profile of one training step: a process of its own, told in JSON what to do; prints a table.
import { openFor } from './engine.js';
import type { Precision } from './contestants.js';
import { outside, Profiler, total, type Profile } from './profile.js';
import { digits, percent, table } from './table.js';
import { createTraining } from './training-step.js';
import { usefulFlops, type Workload } from './workloads.js';

interface Task {
  readonly name: string;
  readonly workload: Workload;
  readonly steps: number;
  readonly engine: string;
  readonly precision: Precision;
}

/** Rows below this share of the step are summed up in one. */
const SMALLEST_SHARE = 0.003;

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
  const javascript = [...profile.phases.keys()].map((phase) => ({
    phase,
    operation: 'JavaScript',
    sizes: '',
    calls: undefined as number | undefined,
    ms: outside(profile, phase),
  }));
  const rows = [...profile.rows, ...javascript].sort((a, b) => b.ms - a.ms);
  const shown = rows.filter(({ ms }) => ms >= whole * SMALLEST_SHARE);
  const hidden = rows.slice(shown.length);
  const gflops = usefulFlops(task.workload) / whole / 1e6;
  const phases = [...profile.phases].map(([name, ms]) => `${name} ${percent(ms / whole)}`).join(', ');
  const inJavaScript = javascript.reduce((sum, { ms }) => sum + ms, 0);
  const lines = [
    `${task.name} | ${task.precision} on ${engine.describe()} | fastest of ${task.steps} steps: ${digits(whole)} ms, ` +
      `${digits(gflops)} GFLOP/s (without timers ${digits(bare)} ms) | ${phases}`,
    '',
    table(
      ['operation', 'sizes', 'phase', 'calls', 'ms', 'share'],
      [
        ...shown.map(({ operation, sizes, phase, calls, ms }) => [
          operation,
          sizes,
          phase,
          calls?.toString() ?? '',
          digits(ms),
          `${((ms / whole) * 100).toFixed(1)} %`,
        ]),
        [
          `${hidden.length} smaller rows`,
          '',
          '',
          String(hidden.reduce((sum, { calls }) => sum + (calls ?? 0), 0)),
          digits(hidden.reduce((sum, { ms }) => sum + ms, 0)),
          '',
        ],
      ],
    ),
    '',
    `Outside of kernels: ${percent(inJavaScript / whole)}. Next to speed up: ${next(rows)}.`,
    '',
  ];
  console.log(lines.join('\n'));
}

/** The operation that takes most, all phases and sizes together. */
function next(rows: readonly { operation: string; ms: number }[]): string {
  const sums = new Map<string, number>();
  for (const { operation, ms } of rows) sums.set(operation, (sums.get(operation) ?? 0) + ms);
  const [operation, ms] = [...sums].sort((a, b) => b[1] - a[1])[0];
  return `${operation}, ${digits(ms)} ms of ${digits(rows.reduce((sum, row) => sum + row.ms, 0))} in all its calls`;
}
